// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// nationPage counts the communes of France by band of the law.
type nationPage struct {
	web.Page
	Filters                     []web.Field
	Stats                       []web.Stat
	Bands, Across, Departements web.Table
	AcrossSentence              string
	Vintage, Unknown            string
	Readings                    []string
}

var nationTemplate = web.NewTemplate[nationPage](pageFiles, "pages/nation.html", "pages/parts.html")

func (h *handlers) national(w http.ResponseWriter, r *http.Request, a asked) error {
	n := h.Nation(a.date)
	return nationTemplate.Render(w, r, http.StatusOK, nationPage{
		Page: web.Page{Title: "Obligations : toute la France", Nav: section, Lead: n.sentence(),
			Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Obligations", Href: a.link("/obligations")}},
			Downloads: []web.Link{{Label: "Classeur (XLSX)", Href: a.link("/obligations.xlsx", paramDepartement, "FR")},
				{Label: "Données (JSON)", Href: a.link("/obligations.json", paramDepartement, "FR")}}},
		Filters: h.filters(a), Stats: n.stats(), Bands: n.bandsTable(), AcrossSentence: n.acrossSentence(),
		Across: n.acrossTable(h.Places.Registry, a), Departements: n.departementsTable(a),
		Vintage: n.vintage(), Unknown: n.unknown(), Readings: []string{PopulationNote,
			"Ces comptes portent sur la seule population : une commune qui a transféré une compétence reste comptée dans sa tranche."},
	})
}

func (n *Nation) sentence() string {
	b := n.Bands
	return fmt.Sprintf("Au %s, %s comptent plus de %s habitants et %s en comptent de %s à %s. "+
		"Les %s autres ont %s habitants ou moins.",
		n.Date.French(), french.Plural(b.Large, "commune", "communes"), french.Int(HighThreshold),
		french.Int(b.Middle), french.Int(LowThreshold+1), french.Int(HighThreshold), french.Int(b.Small), french.Int(LowThreshold))
}

func (n *Nation) stats() []web.Stat {
	b, when := n.Bands, onDate(n.Date)
	return []web.Stat{
		{Label: "Schéma pluriannuel et relais petite enfance", Value: french.Int(b.Large), Unit: plain(b.Large, "commune", "communes"), When: when,
			Note: "Plus de " + french.Int(HighThreshold) + " habitants."},
		{Label: "Quatre compétences, sans le schéma", Value: french.Int(b.Middle), Unit: plain(b.Middle, "commune", "communes"), When: when,
			Note: fmt.Sprintf("De %s à %s habitants.", french.Int(LowThreshold+1), french.Int(HighThreshold))},
		{Label: "Quatre compétences, avec ou sans le schéma", Value: french.Int(b.Large + b.Middle), Unit: plain(b.Large+b.Middle, "commune", "communes"), When: when,
			Note: "Plus de " + french.Int(LowThreshold) + " habitants."},
		{Label: "Recenser et informer seulement", Value: french.Int(b.Small), Unit: plain(b.Small, "commune", "communes"), When: when,
			Note: french.Int(LowThreshold) + " habitants ou moins."},
	}
}

// bandsTable sets the two ways of counting side by side.
func (n *Nation) bandsTable() web.Table {
	b := n.Bands
	t := web.Table{ID: "tranches", Caption: "Communes par tranche, selon la population que l'on compte, " + onDate(n.Date), Stack: true,
		Columns: []web.Column{{Label: "Tranche"}, {Label: "Population totale", Unit: "retenue", Numeric: true},
			{Label: "Population municipale", Unit: "pour comparer", Numeric: true}, {Label: "Écart", Numeric: true}}}
	row := func(label string, total, municipal int) {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: label}, {Text: french.Int(total)}, {Text: french.Int(municipal)}, {Text: signed(municipal - total)}}})
	}
	row("Plus de "+french.Int(HighThreshold)+" habitants", b.Large, b.LargePM)
	row(fmt.Sprintf("De %s à %s", french.Int(LowThreshold+1), french.Int(HighThreshold)), b.Middle, b.MiddlePM)
	row(french.Int(LowThreshold)+" ou moins", b.Small, b.SmallPM)
	row("Ensemble au-dessus de "+french.Int(LowThreshold), b.Large+b.Middle, b.LargePM+b.MiddlePM)
	t.Rows[3].Total = true
	return t
}

func signed(n int) string {
	if n > 0 {
		return "+" + french.Int(n)
	}
	return french.Int(n)
}

func (n *Nation) acrossSentence() string {
	return fmt.Sprintf("Si l'on comptait la population municipale, %s changeraient de tranche au seuil de %s et %s au seuil de %s.",
		french.Plural(len(n.Bands.AcrossLow), "commune", "communes"), french.Int(LowThreshold),
		french.Int(len(n.Bands.AcrossHigh)), french.Int(HighThreshold))
}

func (n *Nation) acrossTable(reg *territory.Registry, a asked) web.Table {
	t := web.Table{ID: "entre-deux", Caption: "Communes dont la tranche dépend de la population comptée, " + onDate(n.Date), Stack: true,
		Columns: []web.Column{{Label: "Commune"}, {Label: "Département"}, {Label: "Seuil", Numeric: true},
			{Label: "Population totale", Numeric: true}, {Label: "Population municipale", Numeric: true}}}
	for row := range n.across(reg) {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: row.Name, Href: a.town(row.ID)}, {Text: row.departement},
			{Text: french.Int(row.threshold)}, {Text: french.Int(row.Total)}, {Text: french.Int(row.Municipal)}}})
	}
	return t
}

type acrossRow struct {
	Inhabitants
	departement string
	threshold   int
}

// across lists the communes between their two populations, the high threshold first, by name.
func (n *Nation) across(reg *territory.Registry) iter.Seq[acrossRow] {
	return func(yield func(acrossRow) bool) {
		for _, side := range []struct {
			threshold int
			list      []Inhabitants
		}{{HighThreshold, n.Bands.AcrossHigh}, {LowThreshold, n.Bands.AcrossLow}} {
			list := slices.SortedFunc(slices.Values(side.list), func(a, b Inhabitants) int { return french.Compare(a.Name, b.Name) })
			for _, c := range list {
				departement := ""
				if t, ok := reg.Get(territory.ID(c.ID)); ok {
					departement = string(t.Departement)
				}
				if !yield(acrossRow{c, departement, side.threshold}) {
					return
				}
			}
		}
	}
}

func (n *Nation) departementsTable(a asked) web.Table {
	t := web.Table{ID: "departements", Caption: "Communes par département et par tranche, " + onDate(n.Date), Stack: true,
		Columns: []web.Column{{Label: "Département"}, {Label: "Plus de " + french.Int(HighThreshold), Unit: "schéma et relais", Numeric: true},
			{Label: fmt.Sprintf("De %s à %s", french.Int(LowThreshold+1), french.Int(HighThreshold)), Unit: "quatre compétences", Numeric: true},
			{Label: french.Int(LowThreshold) + " ou moins", Unit: "recenser et informer", Numeric: true}}}
	for _, d := range n.Departements {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: d.ID + " – " + d.Name, Href: a.link("/obligations", paramDepartement, d.ID)},
			{Text: french.Int(d.Large)}, {Text: french.Int(d.Middle)}, {Text: french.Int(d.Small)}}})
	}
	return t
}

// vintage says which populations were counted: the sources do not give every one each year.
func (n *Nation) vintage() string {
	var parts []string
	for _, year := range slices.Backward(slices.Sorted(maps.Keys(n.Years))) {
		parts = append(parts, fmt.Sprintf("celle de %d pour %s", year, french.Plural(n.Years[year], "commune", "communes")))
	}
	return "Population totale la plus récente que donnent les sources à cette date : " + and(parts) + "."
}

func (n *Nation) unknown() string {
	if len(n.Unknown) == 0 {
		return ""
	}
	var parts []string
	for _, c := range n.Unknown {
		parts = append(parts, fmt.Sprintf("%s (%s)", c.Name, c.ID))
	}
	return "Population totale inconnue, non comptée : " + and(parts) + "."
}

// jsonNation is the answer for the whole of France.
type jsonNation struct {
	Territoire   string            `json:"territoire"`
	Date         string            `json:"date"`
	Resume       string            `json:"resume"`
	Totale       jsonBands         `json:"population_totale"`
	Municipale   jsonBands         `json:"population_municipale"`
	Changent3500 []string          `json:"changent_de_tranche_3500"`
	Changent10k  []string          `json:"changent_de_tranche_10000"`
	Inconnues    []string          `json:"population_totale_inconnue"`
	Millesimes   map[string]int    `json:"communes_par_annee_de_population"`
	Departements []jsonDepartement `json:"departements"`
}

type jsonBands struct {
	Large  int `json:"plus_de_10000"`
	Middle int `json:"de_3501_a_10000"`
	Small  int `json:"jusqu_a_3500"`
	Above  int `json:"plus_de_3500"`
}

type jsonDepartement struct {
	Code string `json:"code"`
	Nom  string `json:"nom"`
	jsonBands
}

func bandsJSON(large, middle, small int) jsonBands {
	return jsonBands{large, middle, small, large + middle}
}

func (n *Nation) json() jsonNation {
	b := n.Bands
	out := jsonNation{Territoire: string(territory.France), Date: n.Date.String(), Resume: n.sentence() + " " + n.acrossSentence(),
		Totale: bandsJSON(b.Large, b.Middle, b.Small), Municipale: bandsJSON(b.LargePM, b.MiddlePM, b.SmallPM),
		Changent3500: codesOf(b.AcrossLow), Changent10k: codesOf(b.AcrossHigh), Inconnues: codesOf(n.Unknown), Millesimes: map[string]int{}}
	for year, count := range n.Years {
		out.Millesimes[fmt.Sprint(year)] = count
	}
	for _, d := range n.Departements {
		out.Departements = append(out.Departements, jsonDepartement{d.ID, d.Name, bandsJSON(d.Large, d.Middle, d.Small)})
	}
	return out
}

func codesOf(list []Inhabitants) []string {
	out := []string{}
	for _, c := range list {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

func (h *handlers) sendNation(w http.ResponseWriter, r *http.Request, a asked, ext string) error {
	if ext == ".csv" {
		a.form.Fail(paramDepartement, "Ce fichier se demande département par département, par exemple departement=93. "+
			"Les comptes de toute la France sont dans le classeur (.xlsx) et les données (.json).")
		return a.problem()
	}
	n := h.Nation(a.date)
	if ext == ".json" {
		return web.JSON(w, r, n.json())
	}
	notes := []string{n.sentence(), n.acrossSentence(), n.vintage(), PopulationNote}
	if u := n.unknown(); u != "" {
		notes = append(notes, u)
	}
	return sendXLSX(w, r, "obligations-france-"+a.date.String(), []sheet.OutSheet{
		{Name: "Départements", Header: []string{"code", "nom", "plus_de_10000", "de_3501_a_10000", "jusqu_a_3500"}, Rows: n.departementRows(), Notes: notes},
		{Name: "Entre deux populations", Header: strings.Split("insee,nom,departement,seuil,population_totale,population_municipale", ","), Rows: n.acrossRows(h.Places.Registry)},
	})
}

func (n *Nation) departementRows() iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, d := range n.Departements {
			if !yield([]any{d.ID, d.Name, d.Large, d.Middle, d.Small}) {
				return
			}
		}
	}
}

func (n *Nation) acrossRows(reg *territory.Registry) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for c := range n.across(reg) {
			if !yield([]any{c.ID, c.Name, c.departement, c.threshold, c.Total, c.Municipal}) {
				return
			}
		}
	}
}
