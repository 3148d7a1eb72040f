// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/observatory/formula"
	"maillage/internal/observatory/intake"
	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
)

var previewTemplate = web.NewTemplate[previewPage](pageFiles, "pages/apercu.html")

// previewPage shows how a file is understood, and lets it be corrected.
type previewPage struct {
	web.Page
	Action   string
	Facts    []web.Fact
	Tables   []web.Option
	Geo      []web.Option
	Period   []web.Option
	Fixed    string // the period of the whole table
	Measures []measureForm
	Sample   web.Table
	Issues   []issueGroup
	Title    web.Field
	Day      web.Field
	Ready    bool
	Count    string
	Adopted  bool
}

type measureForm struct {
	N          int
	Label      string
	Key        string
	Include    bool
	Doubtful   bool
	Indicators []web.Option
	New        bool
	Name, Unit string
}

type issueGroup struct {
	Kind  string // of a notice
	Title string
	Lines []string
}

const (
	newIndicatorValue = "+" // in the list of indicators: a new one
	maxMeasures       = 150 // more columns than a form can hold: the command line takes them all
	linesShown        = 30
)

func (m *imports) deposit(req *http.Request) (*deposit, *Examination, error) {
	d, ok := m.files.get(req.PathValue("id"))
	if !ok {
		return nil, nil, web.NotFound("Ce fichier a été importé, retiré, ou déposé il y a plus d'un jour. Déposez-le de nouveau.")
	}
	x := d.examination()
	if x == nil {
		return nil, nil, web.Conflict("Ce fichier est encore en cours de lecture : attendez un instant et rechargez la page.")
	}
	return d, x, nil
}

func (m *imports) preview(w http.ResponseWriter, req *http.Request) error {
	_, x, err := m.deposit(req)
	if err != nil {
		return err
	}
	return m.showPreview(w, req, http.StatusOK, x, nil)
}

func (m *imports) showPreview(w http.ResponseWriter, req *http.Request, status int, x *Examination, notices []web.Notice) error {
	s := m.Snapshot()
	p := previewPage{Action: req.URL.Path, Ready: x.Importable(), Adopted: x.Adopted, Fixed: string(x.Plan.Period.Fixed),
		Page: web.Page{Title: "Aperçu de " + x.File.Name, Nav: "observatoire", Robots: "noindex", Notices: notices,
			Crumbs: append(observatoryCrumbs, web.Crumb{Label: "Imports", Href: "/observatoire/imports"}),
			Lead:   "Rien n'est encore enregistré. Vérifiez comment le fichier est compris, corrigez au besoin, puis importez."}}
	p.Count = french.Plural(x.Values, "valeur", "valeurs")
	p.Facts = []web.Fact{{Label: "Format", Value: formatWords(x)}, {Label: "Valeurs lues", Value: french.Int(x.Values), Note: "dont " + french.Int(x.Known) + " avec un nombre"},
		{Label: "Territoires", Value: french.Int(x.Places)}, {Label: "Géographie", Value: x.Geography.French(), Note: "(d'après les communes présentes)"}}
	for i, t := range x.Tables {
		p.Tables = append(p.Tables, web.Option{Value: strconv.Itoa(i), Label: t.Name, Selected: i == x.Plan.Table.Index})
	}
	p.Geo, p.Period = columnOptions(x.Plan, x.Plan.Geo.Column), columnOptions(x.Plan, x.Plan.Period.Column)
	for i, me := range x.Plan.Measures {
		if i < maxMeasures {
			p.Measures = append(p.Measures, measureOf(s, i, me))
		}
	}
	p.Sample = sampleTable(x)
	p.Issues = groupIssues(x)
	p.Title = web.Field{Name: "titre", Label: "Nom de cet import", Value: x.File.Name}
	p.Day = web.Field{Name: "geographie", Label: "Géographie des codes", Type: "date", Value: x.Geography.String(),
		Hint: "Le 1er janvier de l'année dont le fichier emploie les communes"}
	return previewTemplate.Render(w, req, status, p)
}

func formatWords(x *Examination) string {
	words := []string{strings.ToUpper(x.Format.Kind)}
	if x.Format.Encoding != "" {
		words = append(words, strings.ToUpper(x.Format.Encoding))
	}
	switch x.Format.Separator {
	case 0:
	case '\t':
		words = append(words, "séparateur tabulation")
	default:
		words = append(words, "séparateur « "+string(x.Format.Separator)+" »")
	}
	return strings.Join(words, ", ")
}

func columnOptions(p *intake.Plan, selected int) []web.Option {
	var list []web.Option
	for i, label := range p.Columns {
		if i < maxMeasures {
			list = append(list, web.Option{Value: strconv.Itoa(i), Label: fmt.Sprintf("%d. %s", i+1, label), Selected: i == selected})
		}
	}
	return list
}

func measureOf(s *Snapshot, n int, m intake.Measure) measureForm {
	f := measureForm{N: n, Label: m.Label, Key: m.Key, Include: m.Include, Doubtful: m.Confidence != intake.Sure, New: m.Proposal != nil}
	if m.Proposal != nil {
		f.Name, f.Unit = m.Proposal.Title, m.Proposal.Unit
	}
	f.Indicators = []web.Option{{Value: newIndicatorValue, Label: "Nouvel indicateur", Selected: m.Proposal != nil}}
	for _, ind := range s.ordered {
		if !ind.Derived() && !isPopulation(ind.Code) {
			f.Indicators = append(f.Indicators, web.Option{Value: ind.Code, Label: ind.Title, Selected: m.Proposal == nil && ind.Code == m.Indicator})
		}
	}
	return f
}

func sampleTable(x *Examination) web.Table {
	t := web.Table{ID: "extrait", Caption: "Les premières lignes du fichier", Columns: []web.Column{{Label: "Ligne"}}}
	width := min(len(x.Plan.Columns), 12)
	for i := range width {
		t.Columns = append(t.Columns, web.Column{Label: x.Plan.Columns[i]})
	}
	for _, r := range x.Sample {
		if r.Line <= x.Plan.HeaderRow || len(t.Rows) == 8 {
			continue
		}
		row := web.Row{Cells: []web.Cell{{Text: french.Int(r.Line)}}}
		for i := range width {
			text := ""
			if i < len(r.Cells) {
				text = r.Cells[i]
			}
			row.Cells = append(row.Cells, web.Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func groupIssues(x *Examination) []issueGroup {
	var groups []issueGroup
	for _, g := range []struct {
		severity intake.Severity
		kind     string
	}{{intake.Error, web.Danger}, {intake.Warning, web.Warning}, {intake.Note, web.Info}} {
		var lines []string
		n := 0
		for _, i := range x.Issues {
			if i.Severity == g.severity {
				if n++; n <= linesShown {
					lines = append(lines, upperFirst(IssueText(i)))
				}
			}
		}
		if n > linesShown {
			lines = append(lines, "… et "+french.Plural(n-linesShown, "autre", "autres")+".")
		}
		if n > 0 {
			groups = append(groups, issueGroup{g.kind, severityTitle(g.severity, n), lines})
		}
	}
	if len(x.Warnings) > 0 {
		groups = append(groups, issueGroup{web.Info, "Le fichier lui-même", x.Warnings})
	}
	return groups
}

func previewForm() web.FormSpec {
	fields := []string{"action", "table", "geo", "periode", "periode_fixe", "titre", "geographie", "memoriser"}
	for i := range maxMeasures {
		n := strconv.Itoa(i)
		fields = append(fields, "garder_"+n, "indicateur_"+n, "nom_"+n, "unite_"+n)
	}
	return web.FormSpec{Fields: fields, MaxParts: 8 + 4*maxMeasures}
}

// decide reads the file again with the corrections made, or imports it.
func (m *imports) decide(w http.ResponseWriter, req *http.Request) error {
	d, x, err := m.deposit(req)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(req, previewForm())
	if err != nil {
		return err
	}
	defer f.Close()
	if f.Text("action") == "abandonner" {
		m.files.remove(d.id)
		return web.Redirect(w, req, "/observatoire/imports")
	}
	if n, err := strconv.Atoi(f.Text("table")); err == nil && n != x.Plan.Table.Index && n >= 0 && n < len(x.Tables) {
		return m.examine(w, req, d, n, nil)
	}
	plan, changed := correct(x.Plan, f, m.Snapshot())
	if f.Text("action") != "importer" || changed {
		return m.examine(w, req, d, x.Plan.Table.Index, plan)
	}
	decision := Decision{Title: f.Text("titre"), Geography: f.Date("geographie"), Remember: f.Checked("memoriser")}
	if !f.Valid() || !x.Importable() {
		return m.showPreview(w, req, http.StatusUnprocessableEntity, x, []web.Notice{{Kind: web.Danger, Text: "Le fichier ne peut pas encore être importé : corrigez les points signalés."}})
	}
	job := m.Jobs.Start("Import de "+d.file.Name, func(ctx context.Context, p *jobs.Progress) error {
		b, err := m.Import(ctx, x, decision, m.Now(), p)
		if err != nil {
			return err
		}
		m.files.remove(d.id)
		p.Result("/observatoire/imports/" + b.ID + "?fait=importe")
		return nil
	})
	return m.follow(w, req, job)
}

// correct applies what a person changed in the form to a copy of the plan.
func correct(old *intake.Plan, f *web.Form, s *Snapshot) (*intake.Plan, bool) {
	p := *old
	p.Measures = slices.Clone(old.Measures)
	changed := false
	set := func(differs bool) { changed = changed || differs }
	if n, err := strconv.Atoi(f.Text("geo")); err == nil && n >= 0 && n < len(p.Columns) && n != p.Geo.Column {
		p.Geo.Column, p.Geo.Confidence = n, intake.Sure
		if p.Geo.Kind == intake.GeoNone {
			p.Geo.Kind = intake.GeoCommune
		}
		set(true)
	}
	if fixed := statistic.Period(f.Text("periode_fixe")); fixed != p.Period.Fixed {
		p.Period.Fixed, p.Period.Confidence = fixed, intake.Sure
		if fixed != "" {
			p.Period.Mode = intake.PeriodFixed
		}
		set(true)
	}
	if n, err := strconv.Atoi(f.Text("periode")); err == nil && n >= 0 && n < len(p.Columns) && n != p.Period.Column {
		p.Period.Column, p.Period.Mode, p.Period.Confidence = n, intake.PeriodColumn, intake.Sure
		set(true)
	}
	for i := range p.Measures {
		if i < maxMeasures {
			set(correctMeasure(&p.Measures[i], strconv.Itoa(i), f, s))
		}
	}
	if changed {
		p.Doubts = nil
	}
	return &p, changed
}

func correctMeasure(m *intake.Measure, n string, f *web.Form, s *Snapshot) bool {
	before := *m
	m.Include = f.Checked("garder_" + n)
	code := f.Text("indicateur_" + n)
	switch ind, known := s.Indicator(code); {
	case known && code != m.Indicator:
		m.Indicator, m.Proposal, m.Unit = code, nil, ind.Unit
	case code == newIndicatorValue:
		propose(m, f.Text("nom_"+n), f.Text("unite_"+n))
	}
	return m.Include != before.Include || m.Indicator != before.Indicator ||
		m.Proposal != nil && (before.Proposal == nil || m.Proposal.Title != before.Proposal.Title || m.Proposal.Unit != before.Proposal.Unit)
}

// propose makes a measure a new indicator, under the name and unit that a person typed.
func propose(m *intake.Measure, title, unit string) {
	if title == "" {
		title = m.Label
	}
	p := Indicator{Kind: Count, Direction: Neutral, Decimals: m.Decimals, Aggregation: Aggregation{Rule: Never}}
	if m.Proposal != nil {
		p = *m.Proposal
	}
	p.Title, p.Short, p.Unit = title, title, unit
	if m.Proposal == nil {
		p.Code = codeOf(title)
		m.Indicator = p.Code
	}
	m.Proposal, m.Unit = &p, unit
}

// codeOf makes the code of an indicator from its title.
func codeOf(title string) string {
	code := strings.ReplaceAll(french.Fold(title), " ", "_")
	code = strings.TrimLeft(code, "0123456789_")
	if len(code) > 60 {
		code = strings.TrimRight(code[:60], "_")
	}
	if code == "" || !formula.ValidName(code) {
		code = "indicateur_" + code
	}
	return code
}
