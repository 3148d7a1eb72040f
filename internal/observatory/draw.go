// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"maillage/internal/platform/figure"
	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// Drawn turns a value into what a figure draws: a number, or the reason why there is none.
func Drawn(v Value) figure.Value {
	out := figure.Num(v.Number)
	switch {
	case v.Known():
		out.Estimated = v.State == Estimated
		return out
	case v.State == Secret:
		return figure.Absent(figure.Secret)
	case v.State == NotApplicable:
		return figure.Absent(figure.NotApplicable)
	}
	return figure.Absent(figure.NotPublished)
}

// unitOf is how the numbers of an indicator are written.
func unitOf(ind *Indicator) figure.Unit {
	if ind.Unit == "%" {
		return figure.Unit{Suffix: "\u202f%", Decimals: ind.Decimals}
	}
	return figure.Unit{Name: ind.Unit, Decimals: ind.Decimals}
}

// Credit is the line under a figure: who published it and when.
func (s *Snapshot) Credit(code string) string {
	src, ok := s.Source(code)
	if !ok {
		return "fichier importé"
	}
	return src.Name
}

// LinesOf draws the series of one indicator for a few territories, the first set off. A year
// without a value breaks the line, and so does a merger.
func (s *Snapshot) LinesOf(ctx context.Context, ind *Indicator, ids []territory.ID, f figure.Frame) (figure.Lines, error) {
	f.Unit, f.Source = unitOf(ind), s.Credit(ind.Code)
	chart := figure.Lines{Frame: f}
	for i, id := range ids {
		values, err := s.Series(ctx, ind.Code, id)
		if err != nil {
			return chart, err
		}
		line := figure.Series{Name: s.Name(id), Highlight: i == 0}
		for _, v := range values {
			line.Points = append(line.Points, figure.Point{Year: v.Period.Year(), Value: Drawn(v)})
		}
		chart.Series = append(chart.Series, line)
		chart.Notes = addNotes(chart.Notes, values)
	}
	trim(chart.Series)
	return chart, nil
}

// trim leaves out the years before the first figure of any line and after the last.
func trim(series []figure.Series) {
	first, last := 1<<31, 0
	for _, s := range series {
		for _, p := range s.Points {
			if p.Value.State == figure.Known {
				first, last = min(first, p.Year), max(last, p.Year)
			}
		}
	}
	for i := range series {
		series[i].Points = slices.DeleteFunc(series[i].Points, func(p figure.Point) bool { return p.Year < first || p.Year > last })
	}
}

// addNotes adds what values say of themselves, each thing once.
func addNotes(notes []string, values []Value) []string {
	for _, v := range values {
		if v.Known() && v.Note != "" && !slices.Contains(notes, v.Note) {
			notes = append(notes, v.Note)
		}
	}
	return notes
}

// notesShown is how many remarks on the values stand under a figure; the table has them all.
const notesShown = 3

func firstNotes(notes []string) []string {
	if len(notes) > notesShown {
		return append(notes[:notesShown:notesShown], "Les autres remarques sont dans le tableau.")
	}
	return notes
}

// Name is the name of a territory, its identifier when it is unknown.
func (s *Snapshot) Name(id territory.ID) string {
	if t, ok := s.reg.Get(id); ok {
		return t.Name
	}
	return string(id)
}

// BarsOf draws one column for some territories, with the references given.
func (s *Snapshot) BarsOf(c *Column, ids []territory.ID, highlight territory.ID, refs []territory.ID, f figure.Frame) figure.Bars {
	f.Unit, f.Source, f.Period = unitOf(c.Indicator), s.Credit(c.Indicator.Code), c.Period.French()
	chart := figure.Bars{Frame: f}
	for _, id := range ids {
		chart.Rows = append(chart.Rows, figure.BarRow{Label: s.Name(id), Value: Drawn(c.Of(id)),
			Highlight: id == highlight, Href: "/territoires/" + string(id)})
	}
	for _, id := range refs {
		if v := c.Of(id); v.Known() {
			chart.Refs = append(chart.Refs, figure.Reference{Label: s.Name(id), Value: v.Number})
		}
	}
	return chart
}

// MapRequest says which territories are drawn and how.
type MapRequest struct {
	Places   []*territory.Territory
	Selected []territory.ID
	Classes  classes.Classes
	Shapes   map[territory.ID]orb.MultiPolygon // contours known; when one place lacks, cells are drawn
	Frame    figure.Frame
	Href     func(territory.ID) string
}

// MapOf draws one column as a map: contours when all are known, equal cells otherwise; false
// when neither can be drawn.
func (s *Snapshot) MapOf(c *Column, q MapRequest) (figure.Map, bool) {
	f := q.Frame
	f.Unit, f.Source, f.Period = unitOf(c.Indicator), s.Credit(c.Indicator.Code), c.Period.French()
	var shown []Value
	for _, t := range q.Places {
		shown = append(shown, c.Of(t.ID))
	}
	f.Notes = firstNotes(addNotes(nil, shown))
	m := figure.Map{Frame: f, Classes: q.Classes}
	shaped := !slices.ContainsFunc(q.Places, func(t *territory.Territory) bool { return len(q.Shapes[t.ID]) == 0 })
	cells, celled := s.cellsOf(q.Places, shaped)
	if !shaped && !celled || len(q.Places) == 0 {
		return m, false
	}
	m.Cells = !shaped
	if q.Places[0].Kind == territory.Departement {
		m.One = "département"
	}
	if shaped && c.Indicator.Kind != Rate { // a large territory coloured by a count would seem to have more
		m.Uncoloured, m.Circles = true, &figure.Circles{Name: c.Indicator.Title, Unit: f.Unit}
	}
	for _, t := range q.Places {
		area := figure.Area{Code: string(t.ID), Name: t.Name, Value: Drawn(c.Of(t.ID)), Size: Drawn(c.Of(t.ID)),
			Selected: slices.Contains(q.Selected, t.ID)}
		if shaped {
			area.Shape, area.Short = q.Shapes[t.ID], shortName(t.Name)
		} else {
			area.Col, area.Row = cells[t.ID].Col, cells[t.ID].Row
		}
		if q.Href != nil {
			area.Href = q.Href(t.ID)
		}
		m.Areas = append(m.Areas, area)
	}
	return m, true
}

// cellsOf lays out the places as squares, unless their contours are known.
func (s *Snapshot) cellsOf(places []*territory.Territory, shaped bool) (map[territory.ID]geo.Cell, bool) {
	if shaped {
		return nil, false
	}
	return s.LayOut(places)
}

// shortName is what fits in a small area: "St-Denis", "Aulnay", "Épinay".
func shortName(name string) string {
	name = strings.NewReplacer("Saint-", "St-", "Sainte-", "Ste-").Replace(name)
	for _, cut := range []string{"-sur-", "-sous-", "-en-", "-le-", "-lès-", "-la-"} {
		if i := strings.Index(name, cut); i > 3 {
			name = name[:i]
		}
	}
	for _, article := range []string{"Le ", "La ", "Les ", "L'"} {
		name = strings.TrimPrefix(name, article)
	}
	return name
}

// Text writes a value in the unit's decimals, or says why there is none.
func Text(ind *Indicator, v Value) string {
	switch {
	case !v.Known():
		return v.State.Label()
	case ind.Unit == "%":
		return french.Percent(v.Number, ind.Decimals)
	}
	return french.Number(v.Number, ind.Decimals)
}

// Classing names the ways of cutting values into classes.
var Classing = []struct{ Code, Label string }{
	{"quantiles", "Effectifs égaux (quantiles)"},
	{"jenks", "Ruptures naturelles (Jenks)"},
	{"egales", "Amplitudes égales"},
	{"manuelles", "Bornes choisies à la main"},
}

// ClassesOf cuts the known values of some territories into classes.
func ClassesOf(c *Column, places []*territory.Territory, method string, n int, bounds []float64) (classes.Classes, error) {
	var values []float64
	for _, t := range places {
		if v := c.Of(t.ID); v.Known() {
			values = append(values, v.Number)
		}
	}
	switch method {
	case "jenks":
		return classes.Jenks(values, n), nil
	case "egales":
		return classes.Equal(values, n), nil
	case "manuelles":
		return classes.Manual(values, bounds...), nil
	case "quantiles", "":
		return classes.Quantile(values, n), nil
	}
	return classes.Classes{}, fmt.Errorf("« %s » n'est pas une façon de faire des classes", method)
}

// figureCSS is linked by every page: figures are everywhere.
var _ = web.AddStyle("figure.css", []byte(figure.CSS))

// FigureOf makes of a drawing the figure of a page, with its data beside it.
func FigureOf(id, title string, spec figure.Spec, source, limits string) web.Figure {
	t := spec.Table()
	table := &web.Table{ID: id + "-donnees", Caption: title, Quiet: true}
	for _, h := range t.Header {
		table.Columns = append(table.Columns, web.Column{Label: h})
	}
	for _, cells := range t.Rows {
		var row web.Row
		for i, c := range cells {
			table.Columns[i].Numeric = table.Columns[i].Numeric || c.Number
			row.Cells = append(row.Cells, web.Cell{Text: c.Text, Void: c.Absent})
		}
		table.Rows = append(table.Rows, row)
	}
	return web.Figure{ID: id, Title: title, SVG: figure.Responsive(spec), Source: "Source : " + source + ".", Limits: limits, Table: table}
}
