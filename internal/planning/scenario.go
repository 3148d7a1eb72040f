// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"fmt"
	"slices"

	"maillage/internal/platform/french"
)

// The words for coverage. It is a number of places for 100 children, which may pass 100; it
// is counted on the town's own register and is never mixed with the rate of the Cnaf.
const (
	CoverageLabel  = "Places pour 100 enfants de moins de 3 ans"
	CoverageCaveat = "Places du registre de la ville, ouvertes au 31 décembre, pour 100 enfants de moins de 3 ans. " +
		"Ce n'est pas le taux de couverture de la Cnaf, qui compte aussi la garde à domicile et l'école avant 3 ans, " +
		"et ne retient que les enfants effectivement gardés par les assistants maternels. Il peut dépasser 100."
	AccessLabel  = "Places accessibles pour 100 enfants de moins de 3 ans"
	AccessCaveat = "Chaque place est partagée entre les enfants qui habitent à portée, d'autant moins qu'ils sont loin, à vol d'oiseau. " +
		"Une zone bien dotée mais très peuplée, ou entourée de zones sans places, en a moins à sa portée que son nombre de places."
)

// Zone is a part of the town (IRIS, quarter, drawn zone) or a neighbour (Outside), seen from
// one point: its centre of population. Children are those under three when they were last
// counted by zone; only their shares are used.
type Zone struct {
	ID, Name string
	X, Y     float64 // Lambert-93 metres
	Children float64
	Outside  bool // its families share places with the town's, its places are not the town's
}

// Site is places outside the plan that families may reach: neighbours' crèches. They stay
// open all along.
type Site struct {
	X, Y   float64 // Lambert-93 metres
	Places int
}

// Scenario is a plan on a ground, with hypotheses on children.
type Scenario struct {
	Name       string
	Plan       Plan
	Projection Projection
	Children   Number // % of the projection's children; 0 is 100
	Zones      []Zone
	Sites      []Site
	Reach      Reach
}

// Coverage is places for 100 children; Known is false when there are no children to divide
// by, which is not the same as no places.
type Coverage struct {
	Known bool
	Band  Band
}

// Cover divides places by children; the interval is that of the children.
func Cover(places int, children Band) Coverage {
	if children.Low <= 0 || children.Mid <= 0 {
		return Coverage{}
	}
	n := 100 * float64(places)
	return Coverage{true, Band{n / children.High, n / children.Mid, n / children.Low}}
}

// Text is "32,2 places pour 100 enfants de moins de 3 ans", with its interval.
func (c Coverage) Text() string {
	if !c.Known {
		return "n. d."
	}
	return c.Band.Text(1) + " places pour 100 enfants de moins de 3 ans"
}

// ZoneYear is one zone on 31 December of a year.
type ZoneYear struct {
	Zone     string
	Name     string
	Places   int
	Children Band
	Coverage Coverage
	Access   Coverage // places within reach for 100 children
}

// OutcomeYear is the town and its zones on 31 December of a year.
type OutcomeYear struct {
	Year     int
	Places   int
	Children Band
	Coverage Coverage
	Access   Coverage   // mean of the town's zones, weighted by their children
	Zones    []ZoneYear // those of the town, in the order of the scenario
}

// Outcome is what a scenario brings.
type Outcome struct {
	Name  string
	Years []OutcomeYear
	Notes []string // what could not be placed or counted, one French sentence each
}

// Check lists what must be mended before the scenario can be computed.
func (s Scenario) Check() error {
	faults := []error{}
	for _, f := range s.Plan.Check() {
		faults = append(faults, f)
	}
	if err := s.Reach.Check(); err != nil {
		faults = append(faults, err)
	}
	seen := map[string]bool{}
	for _, z := range s.Zones {
		if z.ID == "" || seen[z.ID] {
			faults = append(faults, fmt.Errorf("« %s » : deux zones portent le même identifiant, ou aucun", z.Name))
		}
		seen[z.ID] = true
		if !(z.Children >= 0 && z.Children < 1e7) {
			faults = append(faults, fmt.Errorf("« %s » : le nombre d'enfants est négatif ou trop grand ; vérifiez-le", z.Name))
		}
	}
	if s.Children.Sign() < 0 {
		faults = append(faults, fmt.Errorf("la part d'enfants (%s %%) est négative ; écrivez 100 pour la projection telle quelle", s.Children))
	}
	return errors.Join(faults...)
}

// ground is the part of a scenario that does not change with the year.
type ground struct {
	field  *Field
	shares []float64 // of the town's children, by zone; outside zones on the same footing
	total  float64   // children counted in the town's zones
	place  []int     // index in the plan of each structure that is a facility
}

// Outcome computes the scenario, year by year.
func (s Scenario) Outcome() (Outcome, error) {
	if err := s.Check(); err != nil {
		return Outcome{}, err
	}
	g, err := s.ground()
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Name: s.Name, Notes: s.notes(g)}
	changes := s.Plan.changes()
	var access []float64
	var before []int
	for _, year := range s.Plan.Years() {
		open := make([]int, len(s.Plan.Structures))
		for i, st := range s.Plan.Structures {
			if st.Kind.Cares() {
				open[i] = placesAt(st, changes[st.ID], year)
			}
		}
		// Only the number of children changes, all zones together: accessibility is worked
		// out anew when places change, and divided by the children of each year.
		if !slices.Equal(open, before) {
			access, before = g.access(s, open), open
		}
		out.Years = append(out.Years, s.year(year, open, access, g))
	}
	return out, nil
}

func (s Scenario) ground() (ground, error) {
	var g ground
	var zones, facilities []Point
	for _, z := range s.Zones {
		zones = append(zones, Point{z.X, z.Y})
		if !z.Outside {
			g.total += z.Children
		}
	}
	for _, z := range s.Zones {
		share := 0.0
		if g.total > 0 {
			share = z.Children / g.total
		}
		g.shares = append(g.shares, share)
	}
	for i, st := range s.Plan.Structures {
		if st.Kind.Cares() && st.Located() {
			g.place = append(g.place, i)
			facilities = append(facilities, Point{st.X, st.Y})
		}
	}
	for _, site := range s.Sites {
		facilities = append(facilities, Point{site.X, site.Y})
	}
	var err error
	g.field, err = NewField(zones, facilities, s.Reach)
	return g, err
}

// access is the accessibility of each zone if the town had one child: to be divided by the
// children of a year.
func (g ground) access(s Scenario, open []int) []float64 {
	if g.total <= 0 {
		return nil
	}
	supply := make([]float64, 0, len(g.place)+len(s.Sites))
	for _, i := range g.place {
		supply = append(supply, float64(open[i]))
	}
	for _, site := range s.Sites {
		supply = append(supply, float64(max(site.Places, 0)))
	}
	return g.field.Access(g.shares, supply)
}

func (s Scenario) year(year int, open []int, access []float64, g ground) OutcomeYear {
	y := OutcomeYear{Year: year}
	inZone := map[string]int{}
	for i, st := range s.Plan.Structures {
		y.Places += open[i]
		inZone[st.Zone] += open[i]
	}
	if p, ok := s.Projection.At(year); ok {
		factor := 1.0
		if s.Children.Sign() > 0 {
			factor = s.Children.Percent().Float()
		}
		y.Children = p.Children.times(factor)
	}
	y.Coverage = Cover(y.Places, y.Children)
	mean := 0.0
	for i, z := range s.Zones {
		if z.Outside {
			continue
		}
		zy := ZoneYear{Zone: z.ID, Name: z.Name, Places: inZone[z.ID], Children: y.Children.times(g.shares[i])}
		zy.Coverage = Cover(zy.Places, zy.Children)
		if access != nil {
			zy.Access = shareOut(access[i], y.Children)
			mean += access[i] * g.shares[i]
		}
		y.Zones = append(y.Zones, zy)
	}
	if access != nil {
		y.Access = shareOut(mean, y.Children)
	}
	return y
}

// shareOut divides the accessibility of a town of one child by its children.
func shareOut(access float64, children Band) Coverage {
	if children.Low <= 0 || children.Mid <= 0 {
		return Coverage{}
	}
	return Coverage{true, Band{access / children.High, access / children.Mid, access / children.Low}}
}

func (s Scenario) notes(g ground) []string {
	var out []string
	known := map[string]bool{}
	for _, z := range s.Zones {
		known[z.ID] = !z.Outside
	}
	for _, st := range s.Plan.Structures {
		if !st.Kind.Cares() {
			continue
		}
		if !st.Located() {
			out = append(out, "« "+st.Name+" » n'est pas sur la carte : ses places ne comptent pas dans l'accessibilité.")
		}
		if !known[st.Zone] && len(s.Zones) > 0 {
			out = append(out, "« "+st.Name+" » n'est dans aucune zone de la ville : ses places comptent pour la ville seulement.")
		}
	}
	if g.total <= 0 && len(s.Zones) > 0 {
		out = append(out, "Aucun enfant n'est compté par zone : la couverture et l'accessibilité des zones ne peuvent être calculées.")
	}
	missing := 0
	for _, year := range s.Plan.Years() {
		if _, ok := s.Projection.At(year); !ok {
			missing++
		}
	}
	if missing > 0 {
		out = append(out, "Les enfants manquent pour "+french.Plural(missing, "année du plan", "années du plan")+
			" : prolongez la projection des naissances.")
	}
	return append(out, s.Projection.Notes...)
}

// Underserved are the town's zones whose accessibility is under that per cent of the town's
// mean, the worst first: a help to name the zones of D. 214-10-1, 3°, not a judgement.
func (y OutcomeYear) Underserved(percent float64) []ZoneYear {
	var out []ZoneYear
	for _, z := range y.Zones {
		if y.Access.Known && z.Access.Known && z.Children.Mid > 0 && z.Access.Band.Mid < y.Access.Band.Mid*percent/100 {
			out = append(out, z)
		}
	}
	slices.SortStableFunc(out, func(a, b ZoneYear) int {
		switch {
		case a.Access.Band.Mid < b.Access.Band.Mid:
			return -1
		case a.Access.Band.Mid > b.Access.Band.Mid:
			return 1
		}
		return 0
	})
	return out
}
