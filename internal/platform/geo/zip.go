// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"archive/zip"
	"bufio"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxZipEntries: the largest deliveries of the IGN have some hundreds.
const maxZipEntries = 5000

// zipLayer is something readable in an archive: a shapefile by its .shp, or one file.
type zipLayer struct {
	name string
	file *zip.File
	with map[string]*zip.File // companions of a .shp by lower-case extension
}

func (s *source) openZip() ([]zipLayer, error) {
	z, err := zip.NewReader(s.file, s.size)
	if err != nil {
		return nil, formatErrorf("l'archive zip est abîmée ou tronquée ; téléchargez-la à nouveau")
	}
	if len(z.File) > maxZipEntries {
		return nil, tooBigf("l'archive contient plus de %d fichiers", maxZipEntries)
	}
	byStem := map[string]map[string]*zip.File{}
	var order []string
	for _, f := range z.File {
		base := path.Base(f.Name)
		if f.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		ext := path.Ext(f.Name)
		stem := strings.ToLower(strings.TrimSuffix(f.Name, ext))
		if byStem[stem] == nil {
			byStem[stem] = map[string]*zip.File{}
			order = append(order, stem)
		}
		if ext = strings.ToLower(ext); byStem[stem][ext] == nil {
			byStem[stem][ext] = f
		}
	}
	var out []zipLayer
	for _, stem := range order {
		with := byStem[stem]
		for _, ext := range []string{".shp", ".gpkg", ".geojson", ".topojson", ".json"} {
			if f := with[ext]; f != nil {
				out = append(out, zipLayer{strings.TrimSuffix(path.Base(f.Name), path.Ext(f.Name)), f, with})
				break
			}
		}
	}
	return out, nil
}

func zipInfos(layers []zipLayer) []LayerInfo {
	infos := make([]LayerInfo, len(layers))
	for i, l := range layers {
		infos[i] = LayerInfo{Name: l.name, Features: -1}
	}
	return infos
}

func (s *source) zipLayers() ([]LayerInfo, error) {
	layers, err := s.openZip()
	return zipInfos(layers), err
}

func (s *source) readZip(layer string) (*Layer, error) {
	layers, err := s.openZip()
	if err != nil {
		return nil, err
	}
	s.spent = 0
	i := slices.IndexFunc(layers, func(l zipLayer) bool { return l.name == layer })
	switch {
	case len(layers) == 0:
		return nil, formatErrorf("l'archive zip ne contient ni shapefile (.shp), ni GeoJSON, ni GeoPackage")
	case len(layers) == 1: // its one file may itself hold the named layer
		return s.readZipLayer(layers[0], layer)
	case layer == "":
		return nil, &SeveralLayersError{Layers: zipInfos(layers)}
	case i < 0:
		return nil, noLayer(layer, zipInfos(layers))
	}
	return s.readZipLayer(layers[i], "")
}

func (s *source) readZipLayer(z zipLayer, layer string) (l *Layer, err error) {
	if strings.EqualFold(path.Ext(z.file.Name), ".shp") {
		return s.readZippedShapefile(z)
	}
	r, err := s.openEntry(z.file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	in := bufio.NewReaderSize(r, 64<<10)
	c, err := s.sniffReader(in)
	if err != nil {
		return nil, err
	}
	switch {
	case c == jsonContent:
		if layer == z.name {
			layer = ""
		}
		l, err = readJSON(in, layer, &s.m)
	case c == sqliteContent:
		err = s.inTemporaryFile(in, func(path string) (err error) {
			l, err = s.readGeoPackage(path, layer)
			return err
		})
	default:
		err = formatErrorf("le fichier « %s » de l'archive n'est pas ce que son nom annonce", shorten(z.file.Name, 60))
	}
	if err != nil {
		return nil, err
	}
	if l.Name == "" {
		l.Name = z.name
	}
	return l, nil
}

// entry is an open file of an archive.
type entry struct {
	io.Reader
	io.Closer
}

func (s *source) openEntry(f *zip.File) (*entry, error) {
	r, err := f.Open()
	if err != nil {
		return nil, formatErrorf("le fichier « %s » de l'archive ne peut pas être décompressé ; refaites le zip sans mot de passe, avec la méthode ordinaire", shorten(f.Name, 60))
	}
	return &entry{&packedReader{s.metered(r)}, r}, nil
}

func (s *source) readZippedShapefile(z zipLayer) (*Layer, error) {
	parts := shapeParts{name: z.name}
	shp, err := s.openEntry(z.with[".shp"])
	if err != nil {
		return nil, err
	}
	defer func() { _ = shp.Close() }()
	parts.shp = bufio.NewReaderSize(shp, 64<<10)
	if f := z.with[".dbf"]; f != nil {
		dbf, err := s.openEntry(f)
		if err != nil {
			return nil, err
		}
		defer func() { _ = dbf.Close() }()
		parts.dbf = bufio.NewReaderSize(dbf, 64<<10)
	}
	if parts.prj, err = s.smallEntry(z.with[".prj"]); err != nil {
		return nil, err
	}
	if parts.cpg, err = s.smallEntry(z.with[".cpg"]); err != nil {
		return nil, err
	}
	return readShapefile(parts, &s.m)
}

// smallEntry is the text of a companion, "" when there is none.
func (s *source) smallEntry(f *zip.File) (string, error) {
	if f == nil {
		return "", nil
	}
	r, err := s.openEntry(f)
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Close() }()
	b, err := io.ReadAll(io.LimitReader(r, maxWKT))
	return string(b), err
}

// readBareShapefile reads a .shp that is not zipped, with the files beside it.
func (s *source) readBareShapefile() (*Layer, error) {
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, openError(err)
	}
	s.spent = 0
	stem := strings.TrimSuffix(s.path, filepath.Ext(s.path))
	parts := shapeParts{name: filepath.Base(stem), shp: bufio.NewReaderSize(s.metered(s.file), 64<<10)}
	dbf, err := beside(stem, ".dbf")
	if errors.Is(err, os.ErrNotExist) {
		return nil, formatErrorf("un shapefile est fait de plusieurs fichiers : réunissez .shp, .shx, .dbf, .prj (et .cpg) dans un .zip")
	}
	if err != nil {
		return nil, openError(err)
	}
	defer func() { _ = dbf.Close() }()
	parts.dbf = bufio.NewReaderSize(s.metered(dbf), 64<<10)
	for ext, text := range map[string]*string{".prj": &parts.prj, ".cpg": &parts.cpg} {
		f, err := beside(stem, ext)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, openError(err)
		}
		b, err := io.ReadAll(io.LimitReader(f, maxWKT))
		_ = f.Close()
		if err != nil {
			return nil, openError(err)
		}
		*text = string(b)
	}
	return readShapefile(parts, &s.m)
}

func beside(stem, ext string) (*os.File, error) {
	f, err := os.Open(stem + ext) // #nosec G304 -- beside the file the caller chose
	if errors.Is(err, os.ErrNotExist) {
		return os.Open(stem + strings.ToUpper(ext)) // #nosec G304
	}
	return f, err
}
