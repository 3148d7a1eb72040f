// SPDX-License-Identifier: EUPL-1.2

package planning

import "slices"

// Figures are what a scenario gives for the town or one zone in a year.
type Figures struct {
	Known    bool // the scenario has this year and zone
	Places   int
	Children Band
	Coverage Coverage
	Access   Coverage
}

// Comparison is one row of the table that sets scenarios side by side: a year, the town (Zone
// empty) or one of its zones, and the figures of each scenario in the order given.
type Comparison struct {
	Year    int
	Zone    string
	Name    string // of the zone, "" for the town
	Figures []Figures
}

// Gap is the difference of the i-th scenario with the first: places, coverage, accessibility.
// A difference with something unknown is not known.
func (c Comparison) Gap(i int) (places int, coverage, access float64, known bool) {
	a, b := c.Figures[0], c.Figures[i]
	if !a.Known || !b.Known {
		return 0, 0, 0, false
	}
	places = b.Places - a.Places
	if a.Coverage.Known && b.Coverage.Known {
		coverage = b.Coverage.Band.Mid - a.Coverage.Band.Mid
	}
	if a.Access.Known && b.Access.Known {
		access = b.Access.Band.Mid - a.Access.Band.Mid
	}
	return places, coverage, access, true
}

// Compare sets outcomes side by side: for each year, rising, the town, then its zones as they
// first appear.
func Compare(outcomes ...Outcome) []Comparison {
	rows := map[int][]Comparison{}
	var years []int
	put := func(year, i int, zone, name string, f Figures) {
		f.Known = true
		at := slices.IndexFunc(rows[year], func(c Comparison) bool { return c.Zone == zone })
		if at < 0 {
			at = len(rows[year])
			rows[year] = append(rows[year], Comparison{
				Year: year, Zone: zone, Name: name, Figures: make([]Figures, len(outcomes)),
			})
		}
		rows[year][at].Figures[i] = f
	}
	for i, o := range outcomes {
		for _, y := range o.Years {
			if !slices.Contains(years, y.Year) {
				years = append(years, y.Year)
			}
			put(y.Year, i, "", "", Figures{Places: y.Places, Children: y.Children, Coverage: y.Coverage, Access: y.Access})
			for _, z := range y.Zones {
				put(y.Year, i, z.Zone, z.Name, Figures{
					Places: z.Places, Children: z.Children, Coverage: z.Coverage, Access: z.Access,
				})
			}
		}
	}
	slices.Sort(years)
	var out []Comparison
	for _, year := range years {
		out = append(out, rows[year]...)
	}
	return out
}
