// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
)

// Need is a condition of an aid that the facts of a plan can answer.
type Need string

// The needs that an aid may name.
const (
	NeedNewPlaces Need = "places-nouvelles"
	NeedRenovated Need = "places-renovees"
	NeedCTG       Need = "ctg"
	NeedTownShare Need = "ville"
	NeedOver3500  Need = "commune-3500"
)

// Aid is one entry of the catalogue. Empty Operations or Kinds mean any.
type Aid struct {
	Code       string          `toml:"code"`
	Label      string          `toml:"label"`
	Funder     Funder          `toml:"funder"`
	Section    Section         `toml:"section"`
	What       string          `toml:"what"` // one or two French sentences
	Operations []OperationKind `toml:"operations"`
	Kinds      []Kind          `toml:"kinds"`
	Needs      []Need          `toml:"needs"`
	Department string          `toml:"department"` // code, or empty for all
	Codes      []string        `toml:"codes"`      // its scales
	ValidFrom  clock.Date      `toml:"valid_from"`
	ValidTo    clock.Date      `toml:"valid_to"`
	Demand     string          `toml:"demand"` // how and when to ask
	Ask        string          `toml:"ask"`    // whom to ask; the town adds the person's name
	SourceKeys []string        `toml:"sources"`
	Doubts     []string        `toml:"doubts"`

	Sources []Source `toml:"-"`
}

// Match says whether an aid fits an operation, and why.
type Match struct {
	Aid     Aid
	Fits    bool
	Reasons []string  // what makes it fit, or each thing that stands in the way
	ToFill  []Missing // its scales that bear no figure on that day
}

// Aids is the catalogue, in the order of the file.
func (s *Scales) Aids() []Aid { return slices.Clone(s.aids) }

// Match sets every aid against an operation on a day: those that fit first, in the order of
// the catalogue, then the others with what stands in the way.
func (p Plan) Match(s *Scales, o Operation, on clock.Date) []Match {
	structure, _ := p.structure(o.Structure)
	var fit, other []Match
	for _, a := range s.aids {
		m := p.match(s, a, o, structure, on)
		if m.Fits {
			fit = append(fit, m)
		} else {
			other = append(other, m)
		}
	}
	return append(fit, other...)
}

func (p Plan) match(s *Scales, a Aid, o Operation, st Structure, on clock.Date) Match {
	m := Match{Aid: a}
	var grounds, against []string
	judge := func(ok bool, yes, no string) {
		if ok {
			grounds = append(grounds, yes)
		} else {
			against = append(against, no)
		}
	}
	if len(a.Operations) > 0 {
		judge(slices.Contains(a.Operations, o.Kind), "l'opération est de type "+o.Kind.Label(),
			"une opération de type "+o.Kind.Label()+" n'y ouvre pas droit")
	}
	if len(a.Kinds) > 0 {
		judge(slices.Contains(a.Kinds, st.Kind), "la structure est de type "+st.Kind.Label(),
			"une structure de type "+st.Kind.Label()+" n'y ouvre pas droit")
	}
	if a.Department != "" {
		judge(a.Department == p.Town.Department, "la ville est dans le département "+a.Department,
			"réservé au département "+a.Department)
	}
	for _, n := range a.Needs {
		yes, no, ok := p.need(n, o, st)
		judge(ok, yes, no)
	}
	switch {
	case on.Before(a.ValidFrom):
		judge(false, "", "commence le "+a.ValidFrom.French())
	case !a.ValidTo.IsZero() && on.After(a.ValidTo):
		judge(false, "", "a pris fin le "+a.ValidTo.French())
	case !a.ValidTo.IsZero():
		judge(true, "ouvert jusqu'au "+a.ValidTo.French(), "")
	}
	m.Fits, m.Reasons = len(against) == 0, grounds
	if !m.Fits {
		m.Reasons = against
	}
	b := &book{scales: s, on: on}
	for _, code := range a.Codes {
		b.scale(code, "le montant de l'aide « "+a.Label+" »")
	}
	m.ToFill = b.missing
	return m
}

// need answers a condition by the facts, with the sentence for each answer.
func (p Plan) need(n Need, o Operation, st Structure) (yes, no string, ok bool) {
	switch n {
	case NeedNewPlaces:
		net := o.NetPlaces()
		return fmt.Sprintf("elle ajoute %d places", net), "elle n'ajoute pas de place", net > 0
	case NeedRenovated:
		return fmt.Sprintf("elle garde ou améliore %d places", o.Renovated), "indiquez les places existantes concernées", o.Renovated > 0
	case NeedCTG:
		return "une convention territoriale globale est en cours", "il faut une convention territoriale globale en cours", p.Town.CTG
	case NeedTownShare:
		return "la ville cofinance les places", "la ville ne cofinance pas les places", st.Running.TownShare.Sign() > 0
	}
	return "la commune compte plus de 3 500 habitants", "réservé aux communes de plus de 3 500 habitants",
		p.Town.Population > 3500
}

// checkAid refuses an entry that names something unknown.
func checkAid(a Aid, scales []Scale, fault func(format string, args ...any)) {
	if !slug.MatchString(a.Code) {
		fault("le code doit être en minuscules sans accent, mots séparés par un tiret")
	}
	for _, f := range []struct{ name, text string }{{"label", a.Label}, {"what", a.What}, {"ask", a.Ask}} {
		if strings.TrimSpace(f.text) == "" {
			fault("le champ « %s » est vide", f.name)
		}
	}
	if !a.Funder.known() || a.Section != InvestmentSection && a.Section != RunningSection {
		fault("financeur « %s » ou section « %s » inconnus", a.Funder, a.Section)
	}
	for _, o := range a.Operations {
		if !slices.Contains(OperationKinds(), o) {
			fault("opération « %s » inconnue", o)
		}
	}
	for _, k := range a.Kinds {
		if !k.known() {
			fault("type de structure « %s » inconnu", k)
		}
	}
	for _, n := range a.Needs {
		if !slices.Contains([]Need{NeedNewPlaces, NeedRenovated, NeedCTG, NeedTownShare, NeedOver3500}, n) {
			fault("condition « %s » inconnue", n)
		}
	}
	for _, code := range a.Codes {
		if !slices.ContainsFunc(scales, func(s Scale) bool { return s.Code == code }) {
			fault("le barème « %s » n'est pas décrit", code)
		}
	}
	if len(a.SourceKeys) == 0 {
		fault("aucune source ; chaque aide en cite au moins une (sources)")
	}
}
