// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// ReadFile reads the one layer of a file: GeoJSON, TopoJSON, GeoPackage, zipped shapefile,
// or one of the first three under gzip or zip. The format is told by content, never by name,
// and so is the coordinate system, as far as the file says it. Coordinates come back in
// WGS84 degrees, as the file has them: call Repair before relying on their topology.
//
// A file with several layers gives *SeveralLayersError; name one with ReadLayer. Errors are
// in French, begin with the file's name and satisfy errors.Is for ErrFormat, ErrCRS,
// ErrAxisOrder, ErrTooBig, ErrNoLayer or the context's.
func ReadFile(ctx context.Context, path string, lim Limits) (*Layer, error) {
	return ReadLayer(ctx, path, "", lim)
}

// ReadLayer is ReadFile for a named layer.
func ReadLayer(ctx context.Context, path, layer string, lim Limits) (*Layer, error) {
	var l *Layer
	err := withSource(ctx, path, lim, func(s *source) (err error) {
		l, err = s.read(layer)
		return err
	})
	if err != nil {
		return nil, inFile(err, filepath.Base(path))
	}
	if l.Name == "" {
		l.Name = bareName(path)
	}
	return l, nil
}

// Layers lists the layers of a file without reading more than it must. GeoJSON has one.
func Layers(ctx context.Context, path string, lim Limits) ([]LayerInfo, error) {
	var infos []LayerInfo
	err := withSource(ctx, path, lim, func(s *source) (err error) {
		infos, err = s.layers()
		return err
	})
	if err != nil {
		return nil, inFile(err, filepath.Base(path))
	}
	for i := range infos {
		if infos[i].Name == "" {
			infos[i].Name = bareName(path)
		}
	}
	return infos, nil
}

// bareName is the file's name without its extensions.
func bareName(path string) string {
	base := filepath.Base(path)
	for range 2 {
		switch ext := filepath.Ext(base); strings.ToLower(ext) {
		case ".gz", ".zip", ".json", ".geojson", ".topojson", ".gpkg", ".shp":
			base = strings.TrimSuffix(base, ext)
		}
	}
	return base
}

// source is a file being read, whatever its wrapping.
type source struct {
	ctx   context.Context
	path  string
	file  *os.File
	size  int64
	spent int64 // bytes read so far after decompression, all parts together
	m     meter
}

func withSource(ctx context.Context, path string, lim Limits, use func(*source) error) error {
	f, err := os.Open(path) // #nosec G304 -- the caller chose the file
	if err != nil {
		return openError(err)
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	st, err := f.Stat()
	if err != nil {
		return openError(err)
	}
	if st.IsDir() {
		return formatErrorf("c'est un dossier ; indiquez un fichier (GeoJSON, TopoJSON, GeoPackage ou shapefile zippé)")
	}
	s := &source{ctx: ctx, path: path, file: f, size: st.Size(), m: meter{lim: lim.withDefaults()}}
	if s.size > s.m.lim.MaxBytes {
		return s.tooManyBytes()
	}
	return use(s)
}

func openError(err error) error {
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("le fichier n'existe pas : %w", os.ErrNotExist)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("le fichier ne peut pas être lu, faute de droits : %w", os.ErrPermission)
	}
	return fmt.Errorf("le fichier ne peut pas être ouvert : %w", err)
}

func (s *source) tooManyBytes() error {
	return tooBigf("plus de %d Mo une fois décompressé : prenez une version généralisée des contours ou découpez le fichier", s.m.lim.MaxBytes>>20)
}

// metered counts what is read through it and stops at the limit or with the context.
func (s *source) metered(r io.Reader) io.Reader { return &meteredReader{s, r} }

type meteredReader struct {
	s *source
	r io.Reader
}

func (m *meteredReader) Read(p []byte) (int, error) {
	if err := m.s.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := m.r.Read(p)
	if m.s.spent += int64(n); m.s.spent > m.s.m.lim.MaxBytes {
		return n, m.s.tooManyBytes()
	}
	return n, err
}

// content is what the first bytes of a file or of a part of it say.
type content int

const (
	unknownContent content = iota
	jsonContent
	sqliteContent
	zipContent
	gzipContent
	shapeContent
)

// sniff tells the content and, when unknown, why in French.
func sniff(head []byte) (content, error) {
	trimmed := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch {
	case len(head) == 0:
		return 0, formatErrorf("le fichier est vide")
	case bytes.HasPrefix(head, []byte("SQLite format 3\x00")):
		return sqliteContent, nil
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return zipContent, nil
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		return gzipContent, nil
	case bytes.HasPrefix(head, []byte("\x00\x00\x27\x0a")):
		return shapeContent, nil
	case len(trimmed) > 0 && trimmed[0] == '{':
		return jsonContent, nil
	}
	return 0, formatErrorf("format non reconnu%s ; sont acceptés : GeoJSON, TopoJSON, GeoPackage (.gpkg) et shapefile dans un .zip", hint(head, trimmed))
}

func hint(head, trimmed []byte) string {
	switch {
	case len(head) > 262 && string(head[257:262]) == "ustar":
		return " (archive tar : extrayez-en un fichier)"
	case bytes.HasPrefix(trimmed, []byte("<")):
		return " (XML, KML ou page web : le lien de téléchargement a peut-être rendu une page d'erreur)"
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return " (texte en UTF-16 : réenregistrez-le en UTF-8)"
	case bytes.HasPrefix(head, []byte("7z\xbc\xaf\x27\x1c")):
		return " (archive 7z : extrayez-en un fichier)"
	case bytes.HasPrefix(head, []byte("PK")):
		return " (archive zip vide ou abîmée)"
	}
	return ""
}

const sniffed = 512

func (s *source) read(layer string) (*Layer, error) {
	r := bufio.NewReaderSize(s.metered(s.file), 64<<10)
	c, err := s.sniffReader(r)
	if err != nil {
		return nil, err
	}
	switch c {
	case jsonContent:
		return readJSON(r, layer, &s.m)
	case sqliteContent:
		return s.readGeoPackage(s.path, layer)
	case zipContent:
		return s.readZip(layer)
	case shapeContent:
		return s.readBareShapefile()
	}
	return s.readGzip(r, layer)
}

func (s *source) sniffReader(r *bufio.Reader) (content, error) {
	head, err := r.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, packError(err)
	}
	return sniff(head)
}

// packError turns the faults of compressed streams into French.
func packError(err error) error {
	var fe *fileError
	switch {
	case err == nil, errors.As(err, &fe), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return formatErrorf("le fichier s'arrête trop tôt ; il a sans doute été tronqué, téléchargez-le à nouveau")
	}
	return formatErrorf("le fichier compressé est abîmé ; téléchargez-le à nouveau")
}

func (s *source) unzipped(r io.Reader) (*bufio.Reader, content, error) {
	s.spent = 0 // what counts is the size once decompressed
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, 0, packError(err)
	}
	in := bufio.NewReaderSize(&packedReader{s.metered(z)}, 64<<10)
	c, err := s.sniffReader(in)
	return in, c, err
}

// packedReader gives the faults of decompression in French.
type packedReader struct{ r io.Reader }

func (p *packedReader) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = packError(err)
	}
	return n, err
}

func (s *source) readGzip(r io.Reader, layer string) (*Layer, error) {
	in, c, err := s.unzipped(r)
	if err != nil {
		return nil, err
	}
	switch c {
	case jsonContent:
		return readJSON(in, layer, &s.m)
	case sqliteContent:
		var l *Layer
		err := s.inTemporaryFile(in, func(path string) (err error) {
			l, err = s.readGeoPackage(path, layer)
			return err
		})
		return l, err
	}
	return nil, formatErrorf("le fichier .gz contient autre chose qu'un GeoJSON, un TopoJSON ou un GeoPackage")
}

func (s *source) layers() ([]LayerInfo, error) {
	r := bufio.NewReaderSize(s.metered(s.file), 64<<10)
	c, err := s.sniffReader(r)
	if err != nil {
		return nil, err
	}
	var in io.Reader = r
	if c == gzipContent {
		if in, c, err = s.unzipped(r); err != nil {
			return nil, err
		}
		if c == sqliteContent {
			var infos []LayerInfo
			err := s.inTemporaryFile(in, func(path string) (err error) {
				infos, err = s.geoPackageLayers(path)
				return err
			})
			return infos, err
		}
	}
	switch c {
	case jsonContent:
		f, err := parseJSON(in, &s.m)
		if err != nil {
			return nil, err
		}
		if f.kind == "Topology" {
			return f.infos(), nil
		}
		return []LayerInfo{{Name: f.name, Features: max(len(f.features), 1)}}, nil
	case sqliteContent:
		return s.geoPackageLayers(s.path)
	case zipContent:
		return s.zipLayers()
	case shapeContent:
		return []LayerInfo{{Features: -1}}, nil
	}
	return nil, formatErrorf("le fichier .gz contient autre chose qu'un GeoJSON, un TopoJSON ou un GeoPackage")
}

// inTemporaryFile writes a stream to a file of its own, for SQLite which needs one, and
// removes it afterwards.
func (s *source) inTemporaryFile(r io.Reader, use func(path string) error) (err error) {
	f, err := os.CreateTemp("", "contours-*.gpkg")
	if err != nil {
		return fmt.Errorf("pas de place pour décompresser le fichier : %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return use(f.Name())
}

func noLayer(name string, infos []LayerInfo) error {
	names := make([]string, len(infos))
	for i, l := range infos {
		names[i] = "« " + shorten(l.Name, 40) + " »"
	}
	return &fileError{kind: ErrNoLayer, text: fmt.Sprintf("aucune couche « %s » ; le fichier contient : %s", shorten(name, 40), strings.Join(names, ", "))}
}
