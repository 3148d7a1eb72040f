// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"fmt"
	"slices"
	"strings"

	"maillage/internal/observatory/statistic"
)

// periodHeaders are the folded labels of a column of years or dates, the best first.
var periodHeaders = []string{"time period", "annee", "an", "date reference", "date de reference", "annee reference", "annee de reference", "millesime", "periode", "year", "date", "exercice"}

// dateOf reads a cell as a date: "2021-01-31", "2021-01-01T00:00:00+00:00", "31/12/2021".
func dateOf(text string) (statistic.Period, bool) {
	text = strings.TrimSpace(text)
	if len(text) == 10 && text[2] == '/' && text[5] == '/' {
		text = text[6:] + "-" + text[3:5] + "-" + text[:2]
	}
	if len(text) < 10 {
		return "", false
	}
	p, err := statistic.ParsePeriod(text)
	return p, err == nil
}

// period finds where the time of the figures is said.
func (r *recogniser) period() {
	rule := &r.plan.Period
	*rule = PeriodRule{Column: None}
	if r.plan.Long == nil {
		r.sameTwice()
	}
	switch {
	case r.periodColumn():
	case slices.ContainsFunc(r.plan.Measures, func(m Measure) bool { return m.Period != "" }):
		rule.Mode, rule.Origin, rule.Confidence = PeriodHeaders, "lue dans les en-têtes des colonnes", Sure
		r.fixed() // for the columns whose header says nothing
		if rule.Fixed == "" {
			r.leaveUndated()
		}
	default:
		r.fixed()
		if rule.Fixed != "" {
			rule.Mode = PeriodFixed
		}
	}
	if rule.Mode == PeriodAsk {
		r.notPeriods()
		r.doubt(Issue{Severity: Error, Kind: KindNoPeriod, Message: "rien ne dit de quelle année sont ces chiffres",
			Remedy: "Indiquez l'année, ou la colonne qui la porte."})
	}
}

// notPeriods tells the first cell that keeps a column called like a period from being one.
func (r *recogniser) notPeriods() {
	for i, l := range r.folded {
		if !slices.Contains(periodHeaders, l) || r.facts[i].filled == 0 {
			continue
		}
		for _, row := range r.rows {
			text := cell(row, i)
			if _, date := dateOf(text); isBlank(text) || isYear(text) || date {
				continue
			}
			r.doubt(Issue{Severity: Warning, Kind: KindBadPeriod, Line: row.Line, Column: r.plan.label(i),
				Count:   r.facts[i].filled - r.facts[i].years - r.facts[i].dates,
				Message: fmt.Sprintf("trop peu de cellules de la colonne « %s » sont des années ou des dates ; la première qui n'en est pas une dit « %s »", r.plan.label(i), tidy(text)),
				Remedy:  "Écrivez une année (2021) ou une date (2021-12-31)."})
			break
		}
	}
}

func (r *recogniser) periodColumn() bool {
	column := None
	for _, h := range periodHeaders {
		for i, l := range r.folded {
			f := &r.facts[i]
			if column == None && l == h && f.periods() {
				column = i
			}
		}
	}
	if column == None {
		return false
	}
	rule := &r.plan.Period
	*rule = PeriodRule{Mode: PeriodColumn, Column: column, Origin: "colonne « " + r.plan.label(column) + " »", Confidence: Sure}
	r.taken[column] = true
	rule.YearOnly = r.facts[column].yearOnly()
	return true
}

// periods says that a column holds years or dates, a minority of slips aside, which Apply
// tells one by one; one slip is a minority of three cells.
func (f *facts) periods() bool {
	good := f.years + f.dates
	return good > 0 && (float64(good) >= enough*float64(f.filled) || good >= 2 && f.filled-good <= 1)
}

func (f *facts) yearOnly() bool { return f.dates > 0 && yearlyDates(f.distinct) }

// yearlyDates says that dates are always the first or the last day of a year: they stand for it.
func yearlyDates(distinct map[string]int) bool {
	for text := range distinct {
		if p, ok := dateOf(text); ok && !strings.HasSuffix(string(p), "-01-01") && !strings.HasSuffix(string(p), "-12-31") {
			return false
		}
	}
	return true
}

// fixed looks for one year in the name of the file, of the sheet, then above the header.
func (r *recogniser) fixed() {
	rule := &r.plan.Period
	sheet := r.plan.Table.Name
	if strings.HasPrefix(r.plan.Table.File, sheet) {
		sheet = "" // a text file has one table, called like the file
	}
	for _, place := range []struct{ text, origin string }{
		{sheet, "lue dans le nom de la feuille"},
		{r.plan.Table.File, "lue dans le nom du fichier"},
		{strings.Join(r.layout.preface, " "), "lue au-dessus du tableau"},
	} {
		years := yearsIn(place.text)
		if len(years) != 1 {
			continue
		}
		rule.Fixed, rule.Origin = statistic.YearPeriod(years[0]), place.origin
		if rule.Mode == PeriodHeaders {
			rule.Origin = "lue dans les en-têtes des colonnes ; pour les autres, " + place.origin
			return
		}
		rule.Confidence = Likely
		r.doubt(Issue{Severity: Warning, Kind: KindDoubtful, Message: fmt.Sprintf("l'année %d est %s", years[0], place.origin),
			Remedy: "Vérifiez que c'est bien l'année des chiffres, et non celle de leur publication."})
		return
	}
}

// leaveUndated leaves out the columns of which nothing says the year, when others say theirs.
func (r *recogniser) leaveUndated() {
	for i := range r.plan.Measures {
		m := &r.plan.Measures[i]
		if m.Include && m.Period == "" {
			m.Include = false
			r.doubt(Issue{Severity: Warning, Kind: KindNoPeriod, Column: m.Label, Indicator: m.Indicator,
				Message: "rien ne dit de quelle année est la colonne « " + m.Label + " » : elle est laissée de côté",
				Remedy:  "Indiquez son année pour la lire."})
		}
	}
}

// sameTwice points out two columns that give the same indicator for the same year.
func (r *recogniser) sameTwice() {
	type which struct {
		indicator string
		period    statistic.Period
	}
	seen := map[which]int{}
	for i := range r.plan.Measures {
		m := &r.plan.Measures[i]
		k := which{m.Indicator, m.Period}
		first, twice := seen[k]
		if !twice || !m.Include {
			if m.Include {
				seen[k] = i
			}
			continue
		}
		m.Include = false
		r.doubt(Issue{Severity: Warning, Kind: KindYearTwice, Column: m.Label, Indicator: m.Indicator, Period: m.Period,
			Message: fmt.Sprintf("les colonnes « %s » et « %s » donnent toutes deux « %s » pour %s ; la seconde est laissée de côté", r.plan.Measures[first].Label, m.Label, m.Indicator, m.Period),
			Remedy:  "Choisissez laquelle garder."})
	}
}
