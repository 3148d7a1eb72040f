// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// geoPackage is an open GeoPackage (OGC 12-128r18), on one connection.
type geoPackage struct {
	s    *source
	db   *sql.DB
	conn *sql.Conn
}

// gpkgLayer is a row of gpkg_geometry_columns.
type gpkgLayer struct {
	info   LayerInfo
	column string
	srs    int64
}

// withGeoPackage opens a file that may be hostile: read only, never written beside, foreign
// schemas not trusted, no text or blob larger than the file may be.
func (s *source) withGeoPackage(path string, use func(*geoPackage) error) (err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return openError(err)
	}
	u := url.URL{Scheme: "file", OmitHost: true, Path: abs, RawQuery: "mode=ro&immutable=1" +
		"&_pragma=query_only(1)&_pragma=trusted_schema(0)&_pragma=cell_size_check(1)&_pragma=mmap_size(0)"}
	db, err := sql.Open("sqlite", u.String())
	if err != nil {
		return openError(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(s.ctx)
	if err != nil {
		return sqliteError(err)
	}
	defer func() { _ = conn.Close() }() // the database is closed after it
	longest := min(s.m.lim.MaxBytes, 1<<28)
	if _, err := sqlite.Limit(conn, sqlite3.SQLITE_LIMIT_LENGTH, int(longest)); err != nil {
		return openError(err)
	}
	return use(&geoPackage{s, db, conn})
}

// sqliteError keeps SQLite's English from people; the context's errors pass.
func sqliteError(err error) error {
	var se *sqlite.Error
	if errors.As(err, &se) {
		if se.Code()&0xff == sqlite3.SQLITE_INTERRUPT {
			return err
		}
		return formatErrorf("la base SQLite est abîmée ou n'est pas un GeoPackage (%s) ; réexportez la couche", shorten(se.Error(), 80))
	}
	return err
}

func (g *geoPackage) layers() ([]gpkgLayer, error) {
	// A view could be made to run for ever, a computed column to fill the memory; an honest
	// layer is a table with a plain column.
	rows, err := g.conn.QueryContext(g.s.ctx, `
		select c.table_name, c.column_name, c.geometry_type_name, c.srs_id
		from gpkg_geometry_columns c
		join gpkg_contents t on lower(t.table_name) = lower(c.table_name)
		join sqlite_master m on lower(m.name) = lower(c.table_name)
		join pragma_table_xinfo(m.name) x on lower(x.name) = lower(c.column_name) and x.hidden = 0
		where t.data_type = 'features' and m.type = 'table' and m.rootpage > 0
		order by c.table_name
		limit 1000`)
	if err != nil {
		return nil, sqliteError(err)
	}
	defer func() { _ = rows.Close() }()
	var out []gpkgLayer
	for rows.Next() {
		var l gpkgLayer
		var kind string
		if err := rows.Scan(&l.info.Name, &l.column, &kind, &l.srs); err != nil {
			return nil, sqliteError(err)
		}
		l.info.Geometry = frenchKind(kind)
		out = append(out, l)
	}
	if err := rows.Err(); err != nil {
		return nil, sqliteError(err)
	}
	for i := range out {
		if err := g.complete(&out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// complete counts the features of a layer and, when it may hold any geometry, looks at the
// first.
func (g *geoPackage) complete(l *gpkgLayer) error {
	table := quoted(l.info.Name) // #nosec G202 -- quoted, and the file is the user's own
	if err := g.conn.QueryRowContext(g.s.ctx, "select count(*) from "+table).Scan(&l.info.Features); err != nil {
		return sqliteError(err)
	}
	if l.info.Geometry != "" {
		return nil
	}
	var blob []byte
	column := quoted(l.column)
	err := g.conn.QueryRowContext(g.s.ctx, "select "+column+" from "+table+" where "+column+" is not null limit 1").Scan(&blob)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return sqliteError(err)
	}
	var f Feature
	m := meter{lim: g.s.m.lim}
	if _, err := readGPB(blob, &f, &m); err == nil && len(f.Geometry) > 0 {
		l.info.Geometry = "polygones"
	} else if err == nil && len(f.Points) > 0 {
		l.info.Geometry = "points"
	}
	return nil
}

func frenchKind(kind string) string {
	switch kind = strings.ToUpper(kind); {
	case strings.Contains(kind, "POLYGON"), strings.Contains(kind, "SURFACE"):
		return "polygones"
	case strings.Contains(kind, "POINT"):
		return "points"
	case strings.Contains(kind, "LINE"), strings.Contains(kind, "CURVE"):
		return "lignes"
	}
	return ""
}

// quoted makes an SQL identifier of any name.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (s *source) geoPackageLayers(path string) (infos []LayerInfo, err error) {
	err = s.withGeoPackage(path, func(g *geoPackage) error {
		layers, err := g.layers()
		for _, l := range layers {
			infos = append(infos, l.info)
		}
		return err
	})
	return infos, err
}

func (s *source) readGeoPackage(path, layer string) (*Layer, error) {
	var l *Layer
	err := s.withGeoPackage(path, func(g *geoPackage) error {
		layers, err := g.layers()
		if err != nil {
			return err
		}
		chosen, err := chooseLayer(layers, layer)
		if err != nil {
			return err
		}
		l, err = g.read(chosen)
		return err
	})
	return l, err
}

// chooseLayer takes the named layer, or else the only one, or the only one of polygons.
func chooseLayer(layers []gpkgLayer, name string) (gpkgLayer, error) {
	infos := make([]LayerInfo, len(layers))
	polygons, only := 0, 0
	for i, l := range layers {
		infos[i] = l.info
		if name != "" && l.info.Name == name {
			return l, nil
		}
		if l.info.Geometry == "polygones" {
			polygons, only = polygons+1, i
		}
	}
	switch {
	case len(layers) == 0:
		return gpkgLayer{}, formatErrorf("la base SQLite ne contient aucune couche géographique : ce n'est pas un GeoPackage de contours")
	case name != "":
		return gpkgLayer{}, noLayer(name, infos)
	case len(layers) == 1 || polygons == 1:
		return layers[only], nil
	}
	return gpkgLayer{}, &SeveralLayersError{Layers: infos}
}

func (g *geoPackage) read(from gpkgLayer) (*Layer, error) {
	if from.info.Features > g.s.m.lim.MaxFeatures {
		return nil, tooBigf("la couche « %s » annonce %d entités, plus que les %d admises", shorten(from.info.Name, 40), from.info.Features, g.s.m.lim.MaxFeatures)
	}
	found, err := g.crs(from.srs)
	if err != nil {
		return nil, err
	}
	columns, err := g.columns(from)
	if err != nil {
		return nil, err
	}
	l := &Layer{Name: from.info.Name, Format: "GeoPackage"}
	if err := g.features(l, from, columns); err != nil {
		return nil, err
	}
	return l, l.settle(found)
}

// crs finds the system of a layer: 0 and -1 mean that it is not known.
func (g *geoPackage) crs(id int64) (*crs, error) {
	if id == 0 || id == -1 {
		return nil, nil //nolint:nilnil // nil is "not said", which settle handles
	}
	var organization, definition string
	var code int
	err := g.conn.QueryRowContext(g.s.ctx, `
		select organization, organization_coordsys_id, definition
		from gpkg_spatial_ref_sys where srs_id = $1`, id).Scan(&organization, &code, &definition)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, crsErrorf("la couche renvoie au système de coordonnées n° %d, absent du fichier ; %s", id, accepted)
	}
	if err != nil {
		return nil, sqliteError(err)
	}
	if strings.EqualFold(organization, "EPSG") {
		if c, ok := crsByCode(code); ok {
			return &c, nil
		}
	}
	c, err := crsByWKT(definition)
	if err != nil {
		err = crsErrorf("le système de coordonnées %s:%d n'est pas reconnu ; %s", shorten(organization, 20), code, accepted)
	}
	return &c, err
}

type gpkgColumn struct {
	name string
	key  bool
}

// columns are the attributes, geometry apart. Blobs and computed columns are left out: the
// latter could cost anything.
func (g *geoPackage) columns(from gpkgLayer) ([]gpkgColumn, error) {
	rows, err := g.conn.QueryContext(g.s.ctx,
		`select name, type, hidden, pk from pragma_table_xinfo($1) order by cid limit 2000`, from.info.Name)
	if err != nil {
		return nil, sqliteError(err)
	}
	defer func() { _ = rows.Close() }()
	var out []gpkgColumn
	for rows.Next() {
		var name, kind string
		var hidden, pk int
		if err := rows.Scan(&name, &kind, &hidden, &pk); err != nil {
			return nil, sqliteError(err)
		}
		switch {
		case hidden != 0, strings.EqualFold(name, from.column), strings.EqualFold(kind, "blob"):
		default:
			out = append(out, gpkgColumn{name, pk == 1})
		}
	}
	return out, sqliteError(rows.Err())
}

func (g *geoPackage) features(l *Layer, from gpkgLayer, columns []gpkgColumn) error {
	names := []string{quoted(from.column)}
	for _, c := range columns {
		names = append(names, quoted(c.name))
	}
	q := "select " + strings.Join(names, ", ") + " from " + quoted(from.info.Name) // #nosec G202 -- quoted
	rows, err := g.conn.QueryContext(g.s.ctx, q)
	if err != nil {
		return sqliteError(err)
	}
	defer func() { _ = rows.Close() }()
	var blob []byte
	cells := make([]any, len(columns))
	targets := []any{&blob}
	for i := range cells {
		targets = append(targets, &cells[i])
	}
	ignored := map[string]int{}
	for rows.Next() {
		if err := g.s.m.feature(); err != nil {
			return err
		}
		blob = nil
		if err := rows.Scan(targets...); err != nil {
			return sqliteError(err)
		}
		f := Feature{}
		if err := f.attributes(columns, cells, g.s.m.attributes()); err != nil {
			return fmt.Errorf("entité n° %d : %w", len(l.Features)+1, err)
		}
		kind, err := readGPB(blob, &f, &g.s.m)
		if errors.Is(err, ErrTooBig) {
			return err
		}
		if err != nil {
			return formatErrorf("couche « %s », entité n° %d : %v", shorten(from.info.Name, 40), len(l.Features)+1, err)
		}
		if kind == wkbLineString || kind == wkbMultiLineString {
			ignored["LineString"]++
		}
		l.Features = append(l.Features, f)
	}
	l.warnIgnored(ignored)
	return sqliteError(rows.Err())
}

func (f *Feature) attributes(columns []gpkgColumn, cells []any, size featureText) error {
	f.Props = make(map[string]string, len(columns))
	for i, c := range columns {
		text := cellText(cells[i])
		if err := size.add(c.name, text); err != nil {
			return err
		}
		if c.key {
			f.ID = text
			continue
		}
		f.Props[c.name] = text
	}
	return nil
}

func cellText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case interface{ Format(string) string }: // a time.Time, from a column declared as one
		return strings.TrimSuffix(v.Format("2006-01-02T15:04:05"), "T00:00:00")
	}
	return ""
}

// readGPB reads a GeoPackage binary: "GP", version, flags, srs_id, an optional envelope, WKB.
func readGPB(blob []byte, to *Feature, m *meter) (kind int, err error) {
	if blob == nil {
		return 0, nil
	}
	if len(blob) < 8 || blob[0] != 'G' || blob[1] != 'P' {
		return 0, errWKB
	}
	envelope := []int{0, 32, 48, 48, 64}
	i := int(blob[3] >> 1 & 7)
	if i >= len(envelope) || len(blob) < 8+envelope[i] {
		return 0, errWKB
	}
	if blob[3]&0x10 != 0 { // empty
		return 0, nil
	}
	return readWKB(blob[8+envelope[i]:], to, m)
}
