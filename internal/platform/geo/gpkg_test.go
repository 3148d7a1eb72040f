// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// altered copies a good GeoPackage under a name of its own and runs statements on the copy.
func altered(t *testing.T, name string, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.gpkg")
	if err := os.WriteFile(path, gunzip(t, fixture(t, "wgs84.gpkg.gz")), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	renamed := filepath.Join(filepath.Dir(path), name)
	if err := os.Rename(path, renamed); err != nil {
		t.Fatal(err)
	}
	return renamed
}

// gdalTriggers call functions that only GDAL has.
var gdalTriggers = []string{
	"drop trigger if exists trigger_insert_feature_count_communes",
	"drop trigger if exists trigger_delete_feature_count_communes",
}

func TestHostileGeoPackages(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		statements []string
		want       string
		kind       error
	}{
		{"a view that never ends", []string{
			"alter table communes rename to c2",
			"create view communes as with recursive n(i) as (select 1 union all select i + 1 from n) select i as fid, zeroblob(1000) as geom from n",
		}, "aucune couche géographique", ErrFormat},
		{"a computed geometry", []string{
			"alter table communes drop column geom",
			"alter table communes add column geom blob generated always as (zeroblob(900000000)) virtual",
		}, "aucune couche géographique", ErrFormat},
		{"an unknown system", []string{"update gpkg_geometry_columns set srs_id = 4321"}, "n° 4321, absent du fichier", ErrCRS},
		{"not a geometry", []string{"update communes set geom = x'4750000100000000' || zeroblob(10) where fid = 2"}, "entité n° 2 : la géométrie binaire est tronquée", ErrFormat},
		{"no table of layers", []string{"drop table gpkg_geometry_columns"}, "n'est pas un GeoPackage", ErrFormat},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFile(context.Background(), altered(t, "a.gpkg", append(gdalTriggers, c.statements...)...), Limits{})
			if err == nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("err = %v, want %q", err, c.want)
			}
		})
	}
}

func TestGeoPackageOddNamesAndValues(t *testing.T) {
	t.Parallel()
	path := altered(t, `Île ? # %41 & "1".gpkg`, append(gdalTriggers,
		`alter table communes rename to "couche ""à"" part; drop"`,
		`update gpkg_contents set table_name = 'couche "à" part; drop'`,
		`update gpkg_geometry_columns set table_name = 'couche "à" part; drop', srs_id = 0`,
		`alter table "couche ""à"" part; drop" rename column nom to "le ""nom"""`,
		`update "couche ""à"" part; drop" set geom = null where fid = 1`)...)
	l := read(t, path, "")
	if l.Name != `couche "à" part; drop` || l.Features[1].Props[`le "nom"`] != "Épinay-sur-Seine" || !l.Features[0].Empty() {
		t.Errorf("layer %q, %+v", l.Name, l.Features[0])
	}
	if l.Features[1].Props["taux"] != "7.5" || l.Features[1].Props["places"] != "0" || l.Features[0].Props["vide"] != "" {
		t.Errorf("props = %v", l.Features[1].Props)
	}
}
