// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// Overview is a département on one date: its communes and who acts in their place.
type Overview struct {
	Departement   Territory
	Date          clock.Date
	Towns         []Town   // its communes of that day, by name
	Holders       []Holder // bodies that exercise a competence for one of them, by name
	Own           Town     // what is asked of the département itself
	Announcements []Announced
	Tally         Tally
}

// Holder is a body to which communes transferred competences, with its own duties.
type Holder struct {
	Town
	Received []Received // by competence, in the order of the law
}

// Received tells how many communes transferred a competence, and how many people live there.
type Received struct {
	Competence Competence
	Communes   int
	Population int // inhabitants in force on the evaluated date
}

// Announced is an announcement and the territory it is about.
type Announced struct {
	Territory Territory
	Announcement
}

// Overview evaluates a département; false when the identifier is not one.
func (r *Room) Overview(departement territory.ID, date clock.Date) (Overview, bool) {
	own, _, ok := r.Town(departement, date)
	if !ok || own.Territory.Kind != Departement {
		return Overview{}, false
	}
	o := Overview{Departement: own.Territory, Own: own, Date: date}
	holders := map[string]bool{}
	for _, id := range communesOn(r.Places.Registry, departement, date) {
		town, facts, ok := r.Town(id, date)
		if !ok {
			continue
		}
		if past, ok := r.Places.Registry.At(id, date); ok {
			town.Territory.Name = past.Name
		}
		o.Towns = append(o.Towns, town)
		o.announce(r.Rules, facts)
		for _, a := range facts.Assignments {
			if during(a.From, a.To, date) {
				holders[a.Holder.ID] = true
			}
		}
	}
	for id := range holders {
		town, facts, ok := r.Town(territory.ID(id), date)
		if ok {
			o.Holders = append(o.Holders, Holder{town, received(facts, date)})
			o.announce(r.Rules, facts)
		}
	}
	byName := func(a, b Territory) int { return cmp.Or(french.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }
	slices.SortFunc(o.Towns, func(a, b Town) int { return byName(a.Territory, b.Territory) })
	slices.SortFunc(o.Holders, func(a, b Holder) int { return byName(a.Territory, b.Territory) })
	slices.SortStableFunc(o.Announcements, func(a, b Announced) int { return byName(a.Territory, b.Territory) })
	o.Tally = TallyOf(o.Towns)
	return o, true
}

func (o *Overview) announce(rules *Rules, facts Facts) {
	for _, a := range Announce(rules, facts, o.Date) {
		o.Announcements = append(o.Announcements, Announced{facts.Territory, a})
	}
}

// All lists the communes and then the holders, as the export does.
func (o Overview) All() []Town {
	all := slices.Clone(o.Towns)
	for _, h := range o.Holders {
		all = append(all, h.Town)
	}
	return all
}

// communesOn lists the communes that a département had on a day.
func communesOn(reg *territory.Registry, departement territory.ID, day clock.Date) []territory.ID {
	var ids []territory.ID
	years := reg.Years()
	for _, c := range reg.In(departement, territory.Commune) {
		if day.Year >= years[len(years)-1] {
			ids = append(ids, c.ID)
			continue
		}
		for _, p := range reg.Parts(c.ID, day) {
			ids = append(ids, p.ID)
		}
	}
	slices.Sort(ids) // two communes of today may come from one of that day
	return slices.Compact(ids)
}

// received adds up what was transferred to a body on a day.
func received(f Facts, day clock.Date) []Received {
	var list []Received
	for _, c := range Competences() {
		from := f.transferors([]Competence{c}, day)
		if len(from) > 0 {
			list = append(list, Received{c, len(from), sumFigure(from, day).count})
		}
	}
	return list
}

// Tally counts communes by what is asked of them. Each commune is in one of Moved, Scheme,
// Four, Two and Unknown.
type Tally struct {
	Communes int
	Moved    int // a competence at least is transferred
	Scheme   int // the four competences and the scheme
	Four     int // the four competences without the scheme
	Two      int // taking stock and informing only
	Unknown  int // population not known
	Relay    int // owe a relay, among all of them
	// Coming is the day on which the scheme or the relay begins, when it is after the
	// evaluated date; zero otherwise.
	SchemeComing, RelayComing clock.Date
}

// TallyOf counts what binds now or is about to.
func TallyOf(towns []Town) Tally {
	t := Tally{Communes: len(towns)}
	for _, town := range towns {
		scheme, relay := find(town.Duties, codeScheme), find(town.Duties, codeRelay)
		switch {
		case slices.ContainsFunc(town.Duties, func(d Duty) bool { return d.State == Transferred }):
			t.Moved++
		case scheme.binds():
			t.Scheme++
		case find(town.Duties, codePlan).binds():
			t.Four++
		case find(town.Duties, codePlan).State == Unknown:
			t.Unknown++
		default:
			t.Two++
		}
		if relay.binds() {
			t.Relay++
		}
		if scheme.State == Upcoming && scheme.Due == scheme.Rule.ValidFrom {
			t.SchemeComing = scheme.Due
		}
		if relay.State == Upcoming {
			t.RelayComing = relay.Due
		}
	}
	return t
}

// binds says that the rule applies, or will when it comes into force.
func (d Duty) binds() bool {
	return d.Applies || d.State == Upcoming && d.Due == d.Rule.ValidFrom
}

// The codes of the rules that the overview names.
const (
	codePlan   = "planifier"
	codeScheme = "schema"
	codeRelay  = "rpe"
)

func find(duties []Duty, code string) Duty {
	for _, d := range duties {
		if d.Rule.Code == code {
			return d
		}
	}
	return Duty{}
}

// Sentence says the counts in one sentence.
func (t Tally) Sentence(date clock.Date) string {
	if t.Communes == 0 {
		return "Aucune commune connue à cette date."
	}
	scheme, relay := "d'avoir un schéma pluriannuel et un relais petite enfance", ""
	if !t.RelayComing.IsZero() || t.Relay != t.Scheme {
		scheme = "d'avoir un schéma pluriannuel" + from(t.SchemeComing)
		relay = bound(t.Relay) + "d'avoir un relais petite enfance" + from(t.RelayComing)
	}
	parts := []string{bound(t.Scheme) + scheme, relay,
		bound(t.Four) + "d'exercer les quatre compétences, sans le schéma",
		bound(t.Two) + "de recenser et d'informer seulement (" + french.Int(LowThreshold) + " habitants ou moins)"}
	if t.Moved > 0 {
		parts = append(parts, french.Plural(t.Moved, "a", "ont")+" transféré une compétence au moins")
	}
	if t.Unknown > 0 {
		parts = append(parts, french.Plural(t.Unknown, "a", "ont")+" une population inconnue à cette date")
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return fmt.Sprintf("Au %s, sur %s : %s.", date.French(), french.Plural(t.Communes, "commune", "communes"), strings.Join(parts, " ; "))
}

// bound is « 35 sont tenues », « aucune n'est tenue ».
func bound(n int) string {
	if n == 0 {
		return "aucune n'est tenue "
	}
	return french.Plural(n, "est tenue ", "sont tenues ")
}

func from(day clock.Date) string {
	if day.IsZero() {
		return ""
	}
	return " à compter du " + day.French()
}
