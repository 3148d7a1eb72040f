// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"errors"
	"fmt"
	"slices"
)

// ErrPlan is wrapped by every fault of Check, for errors.Is.
var ErrPlan = errors.New("plan")

// Fault is one thing to mend in a plan.
type Fault struct {
	Subject string // identifier of the structure or operation, empty for the plan itself
	Field   string // "annees", "structure", "places"…
	Text    string // what is wrong and how to mend it
}

// Error is one French sentence without a full stop.
func (f Fault) Error() string { return f.Text }

// Is makes errors.Is(err, ErrPlan) true.
func (f Fault) Is(target error) bool { return target == ErrPlan }

// Above these a figure is a slip or a wrong unit; under them no sum can overflow.
const (
	maxUnit   = Cents(1e9)  // 10 M€ a place, a month
	maxAmount = Cents(1e12) // 10 milliards d'euros
	maxPlaces = 10000
	maxGrowth = 20 // % a year
)

// maxYears bounds a plan: a scheme follows the departmental one, six years.
const maxYears = 30

// Check lists what must be mended before the plan can be computed, all at once.
func (p Plan) Check() []Fault {
	var faults []Fault
	add := func(subject, field, format string, args ...any) {
		faults = append(faults, Fault{subject, field, fmt.Sprintf(format, args...)})
	}
	if p.From < 2000 || p.To < p.From || p.To-p.From >= maxYears {
		add("", "annees", "les années du plan (%d à %d) ne vont pas : la fin suit le début, %d années au plus",
			p.From, p.To, maxYears)
	}
	if p.Growth.Sign() < 0 || p.Growth.Compare(Whole(maxGrowth)) > 0 {
		add("", "hausse", "la hausse annuelle des coûts (%s %%) va de 0 à %d ; vérifiez l'unité", p.Growth, maxGrowth)
	}
	seen := map[string]bool{}
	for _, s := range p.Structures {
		if s.ID == "" || seen[s.ID] {
			add(s.ID, "structure", "« %s » : deux structures portent le même identifiant, ou aucun", s.Name)
		}
		seen[s.ID] = true
		checkStructure(s, func(field, format string, args ...any) {
			add(s.ID, field, "%s", "« "+s.Name+" » : "+fmt.Sprintf(format, args...))
		})
	}
	for _, o := range p.Operations {
		p.checkOperation(o, func(field, format string, args ...any) {
			add(o.ID, field, "%s", "opération « "+o.Title+" » : "+fmt.Sprintf(format, args...))
		})
	}
	if len(faults) == 0 {
		p.checkPlaces(add)
	}
	return faults
}

func checkStructure(s Structure, fault func(field, format string, args ...any)) {
	r := s.Running
	if !s.Kind.known() {
		fault("type", "type de structure « %s » inconnu", s.Kind)
	}
	if s.Places < 0 || s.Places > maxPlaces {
		fault("places", "%d places ; écrivez un nombre de 0 à %d", s.Places, maxPlaces)
	}
	for _, v := range [...]struct {
		field, name string
		wrong       bool
	}{
		{"cout", "le coût de fonctionnement", r.UnitCost < 0 || r.UnitCost > maxUnit},
		{"heures-realisees", "les heures réalisées par place", outside(r.Realised, 8784)},
		{"heures-facturees", "les heures facturées par place", outside(r.Billed, 8784)},
		{"participation", "la participation horaire des familles", outside(r.MeanFee, 1000)},
		{"aeeh", "la part d'enfants avec l'AEEH", outside(r.Disabled, 100)},
		{"revalorisation", "la revalorisation salariale", r.Raise < 0 || r.Raise > maxAmount},
		{"reservees", "le nombre de places réservées", r.Reserved < 0 || r.Reserved > maxPlaces},
		{"missions", "le nombre de missions renforcées", r.Missions < 0 || r.Missions > 100},
		{"bonus-territoire", "le bonus territoire par place", r.Territory != nil && (*r.Territory < 0 || *r.Territory > maxUnit)},
	} {
		if v.wrong {
			fault(v.field, "%s : nombre négatif ou trop grand ; vérifiez-le et son unité", v.name)
		}
	}
	checkShare(r.TownShare, fault)
	checkGrants(r.Grants, fault)
}

// outside says that n is negative or above most.
func outside(n Number, most int) bool {
	return n.Sign() < 0 || n.Sign() > 0 && n.Compare(Whole(most)) > 0
}

func checkShare(n Number, fault func(field, format string, args ...any)) {
	if outside(n, 100) {
		fault("part-ville", "la part de la ville (%s %%) va de 0 à 100", n)
	}
}

func checkGrants(grants []Grant, fault func(field, format string, args ...any)) {
	for _, g := range grants {
		if !g.Funder.known() || g.Funder == Town || g.Funder == Operator {
			fault("financement", "« %s » : choisissez un financeur autre que la ville et le gestionnaire", g.Label)
		}
		if g.Amount < 0 || g.Amount > maxAmount {
			fault("financement", "« %s » : %s est négatif ou trop grand ; vérifiez l'unité", g.Label, g.Amount)
		}
	}
}

func (p Plan) checkOperation(o Operation, fault func(field, format string, args ...any)) {
	if !slices.Contains(OperationKinds(), o.Kind) {
		fault("type", "type « %s » inconnu : création, extension, maintien, rénovation, redéploiement ou fermeture", o.Kind)
	}
	if _, ok := p.structure(o.Structure); !ok {
		fault("structure", "choisissez la structure concernée")
	}
	for _, c := range o.Changes {
		if _, ok := p.structure(c.Structure); !ok {
			fault("places", "la structure dont les places changent n'est pas dans le plan")
		}
		if c.Date.IsZero() {
			fault("date", "indiquez la date à laquelle les places changent")
		}
		if c.Delta > maxPlaces || c.Delta < -maxPlaces {
			fault("places", "%d places de plus ou de moins ; écrivez %d au plus", c.Delta, maxPlaces)
		}
	}
	p.checkMeans(o, fault)
	switch net := o.NetPlaces(); {
	case (o.Kind == Creation || o.Kind == Extension) && net <= 0:
		fault("places", "une %s ajoute des places ; celle-ci en ajoute %d", o.Kind.Label(), net)
	case o.Kind == Closure && net >= 0:
		fault("places", "une fermeture retire des places ; indiquez combien")
	}
	checkShare(o.TownShare, fault)
	checkGrants(o.Grants, fault)
}

// checkMeans judges the spending, the calendar and the jobs of an operation.
func (p Plan) checkMeans(o Operation, fault func(field, format string, args ...any)) {
	for _, s := range o.Spending {
		if s.Amount < 0 || s.Amount > maxAmount {
			fault("investissement", "%d : la dépense (%s) est négative ou trop grande ; vérifiez l'unité", s.Year, s.Amount)
		}
		if s.Year < p.From || s.Year > p.To {
			fault("investissement", "la dépense de %d est hors des années du plan (%d à %d)", s.Year, p.From, p.To)
		}
	}
	for _, ph := range o.Phases {
		if !ph.To.IsZero() && ph.To.Before(ph.From) {
			fault("phases", "la phase « %s » finit avant de commencer", ph.Label)
		}
	}
	for _, j := range o.Jobs {
		if j.FTE.Sign() < 0 {
			fault("emplois", "« %s » : %s ETP ; écrivez 0 ou plus", j.Title, j.FTE)
		}
	}
	if o.Renovated < 0 || o.Renovated > maxPlaces {
		fault("places", "%d places rénovées ; écrivez un nombre de 0 à %d", o.Renovated, maxPlaces)
	}
}

// checkPlaces refuses a structure that would have fewer than no places.
func (p Plan) checkPlaces(add func(subject, field, format string, args ...any)) {
	changes := p.changes()
	for _, s := range p.Structures {
		cs := slices.Clone(changes[s.ID])
		slices.SortStableFunc(cs, func(a, b PlaceChange) int { return a.Date.Compare(b.Date) })
		n := s.Places
		for _, c := range cs {
			if n += c.Delta; n < 0 {
				add(s.ID, "places", "« %s » n'aurait plus que %d places au %s ; revoyez les places retirées",
					s.Name, n, c.Date.French())
				break
			}
		}
	}
}

func joinFaults(faults []Fault) error {
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return errors.Join(errs...)
}
