// SPDX-License-Identifier: EUPL-1.2

package intake

import "slices"

// readings notes what each column could be, so that a remembered choice of column can be
// checked against the fresh file.
func (r *recogniser) readings() {
	for i := range r.plan.Columns {
		f, read := &r.facts[i], Reading{Column: i}
		for _, kind := range finest {
			if f.decimals == 0 && r.share(i, kind) >= enough {
				read.Kinds = append(read.Kinds, kind)
			}
		}
		if read.Period = f.periods(); read.Period {
			read.YearOnly = f.yearOnly()
		}
		if read.Period || len(read.Kinds) > 0 {
			r.plan.Readings = append(r.plan.Readings, read)
		}
	}
}

// reading is what a column of the fresh file can be read as.
func (p *Plan) reading(column int) Reading {
	i := slices.IndexFunc(p.Readings, func(r Reading) bool { return r.Column == column })
	if i < 0 {
		return Reading{Column: column}
	}
	return p.Readings[i]
}

// geoAfter is where p reads the territories once the choice of column of old is taken up. A
// fixed territory is never: two files with the same header speak of two towns.
func (p *Plan) geoAfter(old *Plan) Geo {
	c := p.sameColumn(old, old.Geo.Column)
	kinds := p.reading(c).Kinds
	g := p.Geo
	switch {
	case c == None:
		return g
	case c == g.Column:
	case len(kinds) > 0:
		g = Geo{Column: c, Kind: kinds[0], NameColumn: None, DepColumn: None, ObjectColumn: None, Split: kinds[0] == GeoIRIS, Confidence: Likely}
	case old.Geo.Kind == GeoName && c == g.NameColumn:
		g = Geo{Column: c, Kind: GeoName, NameColumn: c, DepColumn: None, ObjectColumn: None, Confidence: Doubtful}
	default:
		return g
	}
	if g.Kind != old.Geo.Kind && slices.Contains(kinds, old.Geo.Kind) {
		// 93 is a département and a région: what was said last time holds, to be looked at.
		g.Kind, g.Confidence = old.Geo.Kind, Doubtful
	}
	if g.Kind == old.Geo.Kind {
		g.Split = old.Geo.Split
	}
	if n := p.sameColumn(old, old.Geo.NameColumn); n != None {
		g.NameColumn = n
	}
	if n := p.sameColumn(old, old.Geo.DepColumn); n != None {
		g.DepColumn = n
	}
	return g
}

// periodAfter is where p reads the years. What the fresh table says wins; the column chosen
// last time serves when it says nothing, or only the name of the file does.
func (p *Plan) periodAfter(old *Plan) PeriodRule {
	if p.Period.Mode == PeriodColumn || p.Period.Mode == PeriodHeaders || old.Period.Mode != PeriodColumn {
		return p.Period
	}
	read := p.reading(p.sameColumn(old, old.Period.Column))
	if !read.Period {
		return p.Period
	}
	return PeriodRule{Mode: PeriodColumn, Column: read.Column, YearOnly: read.YearOnly,
		Origin: "colonne « " + p.label(read.Column) + " »", Confidence: Sure}
}
