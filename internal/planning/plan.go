// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"slices"

	"maillage/internal/platform/clock"
)

// Structure is one place of the register as a plan sees it: open already, or to be opened
// by an operation (Places 0). Coordinates are Lambert-93 metres (EPSG:2154), both 0 when the
// site is not known: it then counts in its zone but not in accessibility.
type Structure struct {
	ID      string
	Name    string
	Kind    Kind
	Zone    string
	X, Y    float64
	Places  int  // open on the day before the plan begins (RPE: ETP; LAEP: sites)
	QPV     bool // in a quartier prioritaire or a ZRR: maximum of the territory bonus
	Running Running
}

// Located says whether the site is known.
func (s Structure) Located() bool { return s.X != 0 || s.Y != 0 }

// Running is how a structure runs: figures per place and year unless said otherwise.
type Running struct {
	UnitCost  Cents  // €/place/year (RPE: per ETP; LAEP: per site), prices of Plan.PriceYear
	Realised  Number // heures réalisées per place and year
	Billed    Number // heures facturées per place and year
	MeanFee   Number // mean family participation, €/h; 0: not known
	Full      bool   // nappies and meals provided
	Disabled  Number // % of the children who receive the AEEH
	Territory *Cents // bonus territoire of the existing places, €/place/year, from the convention; nil: not known
	Reserved  int    // places reserved by employers (CTRE)
	Raise     Cents  // yearly cost of the salary rise that opens the bonus attractivité, whole structure
	Missions  int    // missions renforcées of an RPE
	TownShare Number // % of the rest that the town bears; the operator bears the other part
	Grants    []Grant
}

// Grant is a sum that a funder notified or promised: it is taken as it is.
type Grant struct {
	Funder   Funder
	Label    string
	Amount   Cents
	Year     int    // running: the year, 0 for each year; investment: not read
	Replaces string // code of the computed aid that it stands for ("piaje", "psu"…), or empty
	Source   string // the document that says so
}

// PlaceChange opens (or closes, Delta < 0) places of a structure from a day on.
type PlaceChange struct {
	Structure string
	Date      clock.Date
	Delta     int
}

// Phase is a step of an operation, for the calendar.
type Phase struct {
	Label    string
	From, To clock.Date
}

// Job is work that the operation needs (D. 214-10-1, 4° b).
type Job struct {
	Title string
	FTE   Number // équivalents temps plein
	From  int    // first year
}

// Spending is an investment of one year, in prices of that year.
type Spending struct {
	Year   int
	Label  string
	Amount Cents
}

// Operation is one action of the plan on places.
type Operation struct {
	ID          string
	Title       string
	Kind        OperationKind
	Structure   string // the main structure: its kind chooses the aids
	Changes     []PlaceChange
	Phases      []Phase
	Spending    []Spending
	Grants      []Grant    // notified aids to investment
	Decision    clock.Date // day whose scales apply to the aids; zero: end of the first year of spending
	Renovated   int        // existing places that the works keep or improve
	Structural  bool       // gros œuvre
	Sustainable bool       // développement durable
	CatchUp     bool       // rattrapage territorial: coverage under the national one
	StartUp     bool       // MAM: the start-up aid is asked instead of the Piaje
	TownShare   Number     // % of the rest of the investment that the town bears
	Jobs        []Job
}

// Cost is the sum of the spending.
func (o Operation) Cost() Cents {
	var sum Cents
	for _, s := range o.Spending {
		sum += s.Amount
	}
	return sum
}

// NetPlaces is what the operation adds, over all its changes; negative when it takes away.
func (o Operation) NetPlaces() int {
	n := 0
	for _, c := range o.Changes {
		n += c.Delta
	}
	return n
}

// TownFacts is what the aids look at. Zero figures are unknown, not nil.
type TownFacts struct {
	Name         string
	Department   string // code: "93"
	Population   int    // population totale in force
	Births3      int    // naissances domiciliées of the last three years together
	Potential    Number // potentiel financier, €/inhabitant
	CTG          bool   // a convention territoriale globale is in force
	CoFunded2023 int    // places co-funded in 2023, reference of the bonus trajectoire
	Notified     map[int]Cents
}

// Plan is a town's operations over years, both included.
type Plan struct {
	Title      string
	From, To   int
	PriceYear  int    // year of the prices of Running.UnitCost
	Growth     Number // % by which running costs grow each year after PriceYear
	Town       TownFacts
	Structures []Structure
	Operations []Operation
}

// Years lists the years of the plan.
func (p Plan) Years() []int {
	var out []int
	for y := p.From; y <= p.To; y++ {
		out = append(out, y)
	}
	return out
}

// changes groups the place changes by structure.
func (p Plan) changes() map[string][]PlaceChange {
	out := map[string][]PlaceChange{}
	for _, o := range p.Operations {
		for _, c := range o.Changes {
			out[c.Structure] = append(out[c.Structure], c)
		}
	}
	return out
}

// structure finds one by its identifier.
func (p Plan) structure(id string) (Structure, bool) {
	i := slices.IndexFunc(p.Structures, func(s Structure) bool { return s.ID == id })
	if i < 0 {
		return Structure{}, false
	}
	return p.Structures[i], true
}

// placesAt is what is open on 31 December of the year, the day on which the Cnaf counts.
func placesAt(s Structure, changes []PlaceChange, year int) int {
	n := s.Places
	for _, c := range changes {
		if c.Date.Year <= year {
			n += c.Delta
		}
	}
	return n
}

// meanPlaces is the mean over the twelve months of the year; a change counts from the month
// of its date. added is the part opened since the beginning of the plan, never below zero.
func meanPlaces(s Structure, changes []PlaceChange, year int) (all, added Number) {
	months := 12 * s.Places
	for _, c := range changes {
		switch {
		case c.Date.Year < year:
			months += 12 * c.Delta
		case c.Date.Year == year:
			months += (13 - int(c.Date.Month)) * c.Delta
		}
	}
	all = Whole(max(months, 0)).Over(Whole(12))
	return all, Whole(max(months-12*s.Places, 0)).Over(Whole(12))
}

// PlaceCount is places open on 31 December of a year.
type PlaceCount struct {
	Year   int
	Zone   string
	Kind   Kind
	Places int
}

// Places counts what is open on 31 December by year, zone and kind, in that order; zones and
// kinds as they first appear.
func (p Plan) Places() []PlaceCount {
	changes := p.changes()
	var out []PlaceCount
	for _, year := range p.Years() {
		from := len(out)
		for _, s := range p.Structures {
			n := placesAt(s, changes[s.ID], year)
			i := slices.IndexFunc(out[from:], func(c PlaceCount) bool { return c.Zone == s.Zone && c.Kind == s.Kind })
			if i < 0 {
				out = append(out, PlaceCount{Year: year, Zone: s.Zone, Kind: s.Kind, Places: n})
			} else {
				out[from+i].Places += n
			}
		}
	}
	return out
}

// JobCount is the work that operations need in a year.
type JobCount struct {
	Year  int
	Title string
	FTE   Number
}

// Jobs sums the needs of the operations by year and title, titles as they first appear.
func (p Plan) Jobs() []JobCount {
	var out []JobCount
	for _, year := range p.Years() {
		from := len(out)
		for _, o := range p.Operations {
			for _, j := range o.Jobs {
				if j.From > year {
					continue
				}
				i := slices.IndexFunc(out[from:], func(c JobCount) bool { return c.Title == j.Title })
				if i < 0 {
					out = append(out, JobCount{year, j.Title, j.FTE})
				} else {
					out[from+i].FTE = out[from+i].FTE.Plus(j.FTE)
				}
			}
		}
	}
	return out
}
