// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"slices"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// State is where a duty stands on the evaluated date.
type State string

// The states, from what is to come to what does not concern the territory.
const (
	Upcoming     State = "a-venir"
	ToDo         State = "a-faire"
	InProgress   State = "en-cours"
	ToTransmit   State = "a-transmettre"
	OnRequest    State = "sur-demande"
	Done         State = "fait"
	Covered      State = "couvert-ctg"
	Transferred  State = "transfere"
	Optional     State = "facultatif"
	NotConcerned State = "sans-objet"
	Informed     State = "information"
	Unknown      State = "a-verifier"
)

// Open says that a step is still expected from someone.
func (s State) Open() bool { return s == ToDo || s == InProgress || s == ToTransmit }

// Note is a remark on a duty. Check marks a reading or a fact to be verified (« à vérifier »).
type Note struct {
	Text  string
	Check bool
}

// Duty is the decision for one rule, one territory and one date.
type Duty struct {
	Rule       Rule
	Applies    bool   // the rule binds this territory on this date
	Reason     string // one French sentence with the figures and the article
	State      State
	StateLabel string     // « à transmettre au plus tard le 15 avril 2026 »
	Since      clock.Date // first day of the present spell during which the rule has bound; zero unless it applies
	Due        clock.Date // next legal date, zero when the law gives none or all is done
	NextStep   string     // shortest useful step, empty when there is none
	Population int        // inhabitants counted, 0 when none was needed or known
	Holders    []Territory
	Evidence   []Evidence // oldest first
	Notes      []Note
}

// Evaluate says, for each rule that concerns the kind of the territory, whether it applies
// on the date and how it stands. The order is that of the rules file. Rules whose versions
// are all past are left out; those still to come are Upcoming.
func Evaluate(rules *Rules, facts Facts, date clock.Date) []Duty {
	var duties []Duty
	for _, code := range rules.Codes() {
		rule, ok := rules.At(code, date)
		if !ok || !concerns(rule.Who, facts.Territory.Kind) {
			continue
		}
		c := newHearing(rules, rule, facts, date)
		duties = append(duties, c.decide())
	}
	return duties
}

// Applying keeps the duties that bind on the evaluated date.
func Applying(duties []Duty) []Duty {
	return slices.DeleteFunc(slices.Clone(duties), func(d Duty) bool { return !d.Applies })
}

func concerns(who Who, kind Kind) bool {
	switch who {
	case ToDepartment:
		return kind == Departement
	case ToTown:
		return kind == Commune
	default:
		return kind != Departement
	}
}

// newHearing gathers what the decision on one rule needs.
func newHearing(rules *Rules, rule Rule, facts Facts, date clock.Date) *hearing {
	h := &hearing{rules: rules, rule: rule, facts: facts, date: date, day: date}
	if rule.ValidFrom.After(date) {
		h.day = rule.ValidFrom // who will hold the competence when the rule begins
	}
	if facts.Territory.Kind == Commune {
		for _, c := range rule.Competences {
			if a, given := facts.assignment(c, h.day); given {
				h.given = append(h.given, a)
			} else {
				h.held = append(h.held, c)
			}
		}
		h.figure = ownFigure(facts, date)
		return h
	}
	h.from = facts.transferors(rule.Competences, h.day)
	for _, c := range rule.Competences {
		if len(facts.transferors([]Competence{c}, h.day)) > 0 {
			h.held = append(h.held, c)
		}
	}
	h.figure = sumFigure(h.from, date)
	return h
}

// hearing is one rule before one territory on one date.
type hearing struct {
	rules  *Rules
	rule   Rule
	facts  Facts
	date   clock.Date   // evaluated date: populations, evidence
	day    clock.Date   // date, or the day the rule begins: holders
	held   []Competence // of the rule's, those in the territory's hands
	given  []Assignment // of the rule's, those a commune gave away
	from   []Transfer   // communes that gave to a grouping, once each
	figure figure
}

func (h *hearing) decide() Duty {
	d := Duty{Rule: h.rule, Population: h.figure.count, Evidence: h.evidence()}
	switch h.rule.Who {
	case ToDepartment:
		h.department(&d)
	case ToOperator:
		h.operator(&d)
	case ToTown:
		h.right(&d)
	default:
		h.holder(&d)
	}
	for _, doubt := range h.rule.Doubts {
		if d.Applies || d.State == Upcoming {
			d.Notes = append(d.Notes, Note{doubt, true})
		}
	}
	if d.StateLabel == "" {
		d.StateLabel = label(d)
	}
	return d
}

func (h *hearing) holder(d *Duty) {
	switch {
	case len(h.held) == 0 && len(h.given) > 0:
		h.transferred(d)
		return
	case len(h.held) == 0:
		d.State, d.Reason = NotConcerned, h.nothingReceived()
		return
	case h.rule.Above > 0 && !h.figure.known:
		d.State, d.Reason = Unknown, h.populationUnknown()
		d.NextStep = "Renseigner la population en vigueur à cette date."
		return
	}
	d.Notes = append(d.Notes, h.readings()...)
	if !h.bound() {
		h.notBound(d)
		return
	}
	d.Reason = h.boundSentence()
	if h.rule.ValidFrom.After(h.date) {
		d.State, d.Due = Upcoming, h.rule.ValidFrom
		if ready(*d) == "" {
			d.NextStep = h.rule.NextStep
		}
		return
	}
	d.Applies, d.Since = true, h.since()
	h.follow(d)
}

// bound says whether the population, or a chosen exercise, brings the rule about.
func (h *hearing) bound() bool {
	if h.figure.count > h.rule.Above || h.rule.Above == 0 {
		return true
	}
	// The opinion follows whoever exercises competence 3°, by law, by choice or by
	// transfer, whatever the population (CSP R. 2324-21, alinéas 2 and 3).
	return h.rule.Fulfilment == ByRequest && (len(h.from) > 0 || h.voluntary())
}

// since is the first day of the spell, ending on the evaluated date, during which the rule has
// bound without a break: a town that passed 10,000 in 2026 is not asked since 2025. A day
// whose population is not known does not break the spell.
func (h *hearing) since() clock.Date {
	days := []clock.Date{h.rule.ValidFrom}
	add := func(d clock.Date) {
		if d.After(h.rule.ValidFrom) && !d.After(h.date) {
			days = append(days, d)
		}
	}
	for _, p := range h.facts.Populations {
		add(p.InForce)
	}
	for _, a := range h.facts.Assignments {
		add(a.From)
		if !a.To.IsZero() {
			add(a.To.AddDays(1))
		}
	}
	for _, t := range h.facts.Transfers {
		add(t.From)
		if !t.To.IsZero() {
			add(t.To.AddDays(1))
		}
		for _, p := range t.Populations {
			add(p.InForce)
		}
	}
	slices.SortFunc(days, clock.Date.Compare)
	since := h.date
	for _, d := range slices.Backward(days) {
		then := newHearing(h.rules, h.rule, h.facts, d)
		if len(then.held) == 0 || then.figure.known && !then.bound() {
			break
		}
		since = d
	}
	return since
}

func (h *hearing) voluntary() bool {
	return slices.ContainsFunc(h.held, func(c Competence) bool { return slices.Contains(h.facts.Voluntary, c) })
}

func (h *hearing) notBound(d *Duty) {
	d.Reason = h.notBoundSentence()
	d.State = NotConcerned
	switch {
	case h.rule.Optional && h.voluntary():
		d.State, d.StateLabel = Optional, "facultatif, exercé par choix"
	case h.rule.Optional:
		d.State = Optional
	case h.rule.Fulfilment == ByRequest:
		d.NextStep = "Si une demande arrive, indiquer au porteur du projet qu'aucun avis n'est requis."
	}
}

func (h *hearing) transferred(d *Duty) {
	d.State = Transferred
	for _, a := range h.given {
		if !slices.ContainsFunc(d.Holders, func(t Territory) bool { return t.ID == a.Holder.ID }) {
			d.Holders = append(d.Holders, a.Holder)
		}
	}
	d.Reason = h.transferredSentence()
	d.StateLabel = h.transferredLabel()
	d.NextStep = "Voir ce que prévoit " + h.given[0].Holder.Name + "."
	if h.rule.Fulfilment == ByRequest {
		d.NextStep = "Si une demande arrive, la transmettre à " + h.given[0].Holder.Name + " et en informer le porteur du projet."
	}
	if h.figure.known && h.figure.count > LowThreshold {
		d.Notes = append(d.Notes, Note{Text: "L'accompagnement financier de l'État reste versé à la commune, " +
			"qui compte plus de " + inhabitants(LowThreshold) + " ; elle peut le reverser (articles R. 214-10-2 et suivants du code de l'action sociale et des familles)."})
	}
}

func (h *hearing) operator(d *Duty) {
	d.Reason = fmt.Sprintf("%s %s, quelle que soit la commune (%s).", capital(h.rule.Subject), h.rule.Asks, h.rule.Article)
	switch {
	case h.rule.ValidFrom.After(h.date):
		d.State, d.Due = Upcoming, h.rule.ValidFrom
	case !h.facts.Operator:
		d.State = Informed
	default:
		d.Applies = true
		h.follow(d)
		return
	}
	d.NextStep = h.rule.NextStep
}

func (h *hearing) right(d *Duty) {
	d.State = NotConcerned
	switch {
	case !h.figure.known:
		d.State, d.Reason = Unknown, h.populationUnknown()
	case h.figure.count > h.rule.Above:
		d.State, d.NextStep = Informed, h.rule.NextStep
		if h.rule.ValidFrom.After(h.date) {
			d.State, d.Due = Upcoming, h.rule.ValidFrom
		}
		d.Reason = h.boundSentence()
	default:
		d.Reason = fmt.Sprintf("%s compte %s : l'accompagnement financier va aux communes de plus de %s (%s).",
			h.facts.Territory.Name, h.figure.text(), inhabitants(h.rule.Above), h.rule.Article)
	}
}

func (h *hearing) department(d *Duty) {
	d.Reason = fmt.Sprintf("%s : %s %s (%s).", h.facts.Territory.Name, h.rule.Subject, h.rule.Asks, h.rule.Article)
	if h.rule.ValidFrom.After(h.date) {
		d.State, d.Due, d.NextStep = Upcoming, h.rule.ValidFrom, h.rule.NextStep
		return
	}
	d.Applies = true
	h.follow(d)
}

// readings are the notes that a reading of the law calls for on this very case.
func (h *hearing) readings() []Note {
	var notes []Note
	note := func(format string, args ...any) {
		notes = append(notes, Note{fmt.Sprintf(format, args...), true})
	}
	if h.figure.missing != "" {
		note("Population non connue à cette date pour %s : la somme est incomplète.", h.figure.missing)
	}
	if h.rule.Above == 0 {
		return notes
	}
	if p := h.figure.last; p.Missing > 0 && (!h.figure.sum || h.figure.same) {
		note("La population totale %d, en vigueur au %s, n'est pas dans les sources : la dernière connue, celle de %d, est employée.%s",
			p.Missing, p.InForce.French(), p.Year, h.alreadyAbove(p))
	}
	if h.figure.byMunicipal {
		note("La population totale n'est pas connue ; la population municipale est employée à sa place.")
	} else if h.figure.straddles(h.rule.Above) {
		note("La population municipale (%s) est au-dessous du seuil, la population totale au-dessus. "+
			"Pour une commune seule, la loi dit « habitants » sans préciser laquelle : la population totale est retenue par rapprochement "+
			"avec le III de l'article L. 214-1-3.", french.Int(h.figure.municipal))
	}
	if h.facts.Territory.Kind != Commune {
		all := sumFigure(h.facts.transferors(Competences(), h.day), h.date)
		if (all.count > h.rule.Above) != (h.figure.count > h.rule.Above) {
			note("En comptant toutes les communes qui ont transféré l'une des quatre compétences, la somme serait de %s : "+
				"le III de l'article L. 214-1-3 peut aussi se lire ainsi.", inhabitants(all.count))
		}
	}
	if h.split() {
		note("Les compétences « informer » et « soutenir la qualité » ne sont pas dans les mêmes mains ; " +
			"la loi ne dit pas qui crée alors le relais. Un relais unique, convenu entre les deux autorités, répond à l'une et à l'autre.")
	}
	return notes
}

// alreadyAbove warns that the younger population municipale settles the question the other
// way: the population totale of the same year is never smaller.
func (h *hearing) alreadyAbove(p Population) string {
	if h.figure.sum || h.bound() || p.MissingPM <= h.rule.Above {
		return ""
	}
	return fmt.Sprintf(" La population municipale %d (%s) dépasse déjà %s, et la population totale n'est jamais plus petite : "+
		"l'obligation s'applique sans doute.", p.Missing, french.Int(p.MissingPM), french.Int(h.rule.Above))
}

// split says that the competences of the rule are not all in the same hands.
func (h *hearing) split() bool {
	if len(h.rule.Competences) < 2 {
		return false
	}
	if h.facts.Territory.Kind == Commune {
		return len(h.given) > 0
	}
	for _, t := range h.from {
		for _, c := range h.rule.Competences {
			if !slices.ContainsFunc(h.facts.transferors([]Competence{c}, h.day), func(o Transfer) bool { return o.Commune.ID == t.Commune.ID }) {
				return true
			}
		}
	}
	return false
}

// evidence is what the facts hold for the rule on the date, oldest first.
func (h *hearing) evidence() []Evidence {
	var out []Evidence
	for _, e := range h.facts.Evidence {
		if !e.Date.IsZero() && !e.Date.After(h.date) &&
			slices.ContainsFunc(h.rule.Evidence, func(k EvidenceKind) bool { return k.Kind == e.Kind }) {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(a, b Evidence) int { return a.Date.Compare(b.Date) })
	return out
}
