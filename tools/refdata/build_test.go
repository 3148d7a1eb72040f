// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"

	"maillage/refdata"
)

func number(n int) *int { return &n }

// country makes a package of n towns in one EPCI, whose PMUN is 100 × their number + year.
func country(n, epciYear, communesYear int) *published {
	p := &published{
		regions:      []placeRow{{Code: "11", Nom: "Région", Zone: "metro"}},
		departements: []placeRow{{Code: "01", Nom: "Département", Region: "11", Zone: "metro"}},
		epci:         []groupingRow{{Code: "200000001", Nom: "CC  Essai", Type: "CC"}},
	}
	for i := 1; i <= n; i++ {
		code := "010" + string(rune('0'+i/10)) + string(rune('0'+i%10))
		p.communes = append(p.communes, communeRow{
			Code: code, Nom: "Ville " + code, Type: "commune-actuelle", Departement: "01",
			Population: number(100*i + communesYear),
		})
		p.epci[0].Membres = append(p.epci[0].Membres, memberRow{
			Code: code, SIREN: "2101" + code, PopulationMunicipale: number(100*i + epciYear), PopulationTotale: number(100*i + epciYear + 5),
		})
	}
	return p
}

// packages is the country in six years, built like the real ones.
func packages() map[string]*published {
	all := map[string]*published{
		"1.1.1": country(40, 1, 2), "2.3.1": country(40, 2, 3), "3.1.1": country(40, 3, 3), "4.0.0": country(40, 4, 4),
		"4.1.0": country(40, 4, 5), "5.3.0": country(40, 5, 6), "6.0.0": country(40, 5, 6),
	}
	// Only the EPT has the total population of the last year, as in the real package.
	all["6.0.0"].ept = []groupingRow{{Code: "200000002", Nom: "EPT", Type: "EPT", Membres: []memberRow{
		{Code: "01001", PopulationMunicipale: number(106), PopulationTotale: number(111)},
	}}}
	return all
}

func TestNeverPairsTwoYears(t *testing.T) {
	t.Parallel()
	d, err := build(packages())
	if err != nil {
		t.Fatal(err)
	}
	first, second := d.Communes[0].Populations, d.Communes[1].Populations
	want := []refdata.Population{{Municipal: 101, Total: 106}, {Municipal: 102, Total: 107}, {Municipal: 103, Total: 108}, {Municipal: 104, Total: 109}, {Municipal: 105, Total: 110}, {Municipal: 106, Total: 111}}
	if !slices.Equal(first, want) {
		t.Errorf("a town of an EPT: %v, want %v", first, want)
	}
	if got := second[5]; got.Municipal != 206 || got.Total != refdata.Unknown {
		t.Errorf("a town of no EPT in the last year: %v, want PMUN 206 and an unknown PTOT", got)
	}
	if d.Communes[0].SIREN != "210101001" || d.Groupings[0].Name != "CC Essai" {
		t.Errorf("SIREN %q, grouping %q", d.Communes[0].SIREN, d.Groupings[0].Name)
	}
}

func TestFileOfAnotherYearIsRefused(t *testing.T) {
	t.Parallel()
	all := packages()
	all["3.1.1"].epci = country(40, 2, 3).epci // the pairs are a year late
	if _, err := build(all); err == nil || !strings.Contains(err.Error(), "2023") {
		t.Errorf("build = %v, want an error that names the vintage 2023", err)
	}
}

func TestMergersAndSplits(t *testing.T) {
	t.Parallel()
	all := packages()
	for _, v := range []string{"5.3.0", "6.0.0"} { // 01002 joins 01001 in 2025
		p := all[v]
		p.communes = slices.DeleteFunc(p.communes, func(c communeRow) bool { return c.Code == "01002" })
		p.communes[0].AnciensCodes = []string{"01002"}
		p.communes = append(p.communes, communeRow{Code: "01002", Nom: "Ville 01002", Type: "commune-deleguee", ChefLieu: "01001"},
			communeRow{Code: "01001", Nom: "Vieille-Ville", Type: "commune-deleguee", ChefLieu: "01001"})
		p.epci[0].Membres = slices.DeleteFunc(p.epci[0].Membres, func(m memberRow) bool { return m.Code == "01002" })
	}
	for _, v := range []string{"1.1.1", "2.3.1"} { // 01040 leaves 01039 in 2023
		p := all[v]
		p.communes = slices.DeleteFunc(p.communes, func(c communeRow) bool { return c.Code == "01040" })
		p.communes = append(p.communes, communeRow{Code: "01040", Nom: "Ville 01040", Type: "commune-deleguee", ChefLieu: "01039"})
		p.epci[0].Membres = slices.DeleteFunc(p.epci[0].Membres, func(m memberRow) bool { return m.Code == "01040" })
	}
	d, err := build(all)
	if err != nil {
		t.Fatal(err)
	}
	at := func(code string) refdata.Commune {
		i := slices.IndexFunc(d.Communes, func(c refdata.Commune) bool { return c.Code == code })
		return d.Communes[i]
	}
	if c := at("01002"); c.Into != "01001" || c.Last != 2024 {
		t.Errorf("01002 = %+v, want it to end in 2024 in 01001", c)
	}
	if c := at("01040"); c.SplitFrom != "01039" || c.First != 2023 {
		t.Errorf("01040 = %+v, want it to leave 01039 in 2023", c)
	}
	if want := []refdata.Alias{{Code: "01001", Name: "Vieille-Ville", Kind: "deleguee", Commune: "01001"}}; !slices.Equal(d.Aliases, want) {
		t.Errorf("aliases = %+v, want %+v", d.Aliases, want)
	}
	if !bytes.Equal(refdata.Encode(d), refdata.Encode(must(build(all)))) {
		t.Error("building twice does not give the same bytes")
	}
	all["6.0.0"].communes = slices.DeleteFunc(all["6.0.0"].communes, func(c communeRow) bool { return c.Code == "01003" })
	if _, err := build(all); err == nil || !strings.Contains(err.Error(), "01003") {
		t.Errorf("build = %v, want an error that names the commune that vanished", err)
	}
}

func must(d *refdata.Dataset, err error) *refdata.Dataset {
	if err != nil {
		panic(err)
	}
	return d
}

func TestUnpack(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	tw := tar.NewWriter(zw)
	for name, text := range map[string]string{
		"package/data/communes.json": `[{"code":"93066","nom":"Saint-Denis","type":"commune-actuelle","population":149077}]`,
		"package/data/epci.json":     `[{"code":"200054781","membres":[{"code":"93066","populationTotale":149781}]}]`,
		"package/data/regions.json":  `[{"code":"11"}]`, "package/data/departements.json": `[{"code":"93"}]`,
	} {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if tw.Close() != nil || zw.Close() != nil {
		t.Fatal("cannot write the archive")
	}
	p, err := unpack(b.Bytes())
	if err != nil || *p.communes[0].Population != 149077 || *p.epci[0].Membres[0].PopulationTotale != 149781 {
		t.Errorf("unpack = %+v, %v", p, err)
	}
	if _, err := unpack(b.Bytes()[:40]); err == nil {
		t.Error("a truncated archive is accepted")
	}
}
