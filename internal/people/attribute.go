// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"strings"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/history"
	"maillage/internal/territory"
)

// attribute is one thing that people change on a T, as text: history, its undo, the comparison
// of duplicates and of two people's edits all walk the same list.
type attribute[T any] struct {
	name, label string
	personal    bool
	get         func(*T) string
	set         func(*T, string) error
}

// text is an attribute kept in a string.
func text[T any](name, label string, personal bool, at func(*T) *string) attribute[T] {
	return attribute[T]{name, label, personal, func(x *T) string { return *at(x) },
		func(x *T, v string) error { *at(x) = v; return nil }}
}

// day is an attribute kept in a date.
func day[T any](name, label string, personal bool, at func(*T) *clock.Date) attribute[T] {
	return attribute[T]{name, label, personal, func(x *T) string { return at(x).String() },
		func(x *T, v string) error { return at(x).UnmarshalText([]byte(v)) }}
}

var organisationAttributes = []attribute[Organisation]{
	text("nom", "Nom", false, func(o *Organisation) *string { return &o.Name }),
	{"genre", "Genre", false, func(o *Organisation) string { return string(o.Kind) }, func(o *Organisation, v string) error { o.Kind = Kind(v); return nil }},
	text("siren", "SIREN", false, func(o *Organisation) *string { return &o.SIREN }),
	{"territoire", "Territoire", false, func(o *Organisation) string { return string(o.Territory) },
		func(o *Organisation, v string) error { o.Territory = territory.ID(v); return nil }},
}

var personAttributes = []attribute[Person]{
	text("nom", "Nom", true, func(p *Person) *string { return &p.FamilyName }),
	text("prenom", "Prénom", true, func(p *Person) *string { return &p.GivenName }),
	text("courriel", "Courriel professionnel", true, func(p *Person) *string { return &p.Mail }),
	text("telephone", "Téléphone professionnel", true, func(p *Person) *string { return &p.Phone }),
	day("absence-du", "Absence, premier jour", true, func(p *Person) *clock.Date { return &p.Absence.From }),
	day("absence-au", "Absence, dernier jour", true, func(p *Person) *clock.Date { return &p.Absence.To }),
	text("suppleant", "Personne qui supplée", true, func(p *Person) *string { return &p.Absence.Deputy }),
	text("rythme", "Rythme des courriels", true, func(p *Person) *string { return &p.Rhythm }),
}

var affiliationAttributes = []attribute[Affiliation]{
	text("titre", "Fonction", true, func(a *Affiliation) *string { return &a.Title }),
	day("du", "Depuis le", true, func(a *Affiliation) *clock.Date { return &a.From }),
	day("au", "Jusqu'au", true, func(a *Affiliation) *clock.Date { return &a.To }),
}

var hatAttributes = []attribute[Hat]{
	{"role", "Rôle", true, func(h *Hat) string { return string(h.Role) }, func(h *Hat, v string) error { h.Role = policy.Hat(v); return nil }},
	text("instance", "Instance", true, func(h *Hat) *string { return &h.Body }),
	day("du", "Depuis le", true, func(h *Hat) *clock.Date { return &h.From }),
	day("au", "Jusqu'au", true, func(h *Hat) *clock.Date { return &h.To }),
}

// differences are the fields of history between two values; nil is one that does not exist.
func differences[T any](of []attribute[T], before, after *T, person string) []history.Field {
	var list []history.Field
	read := func(a attribute[T], x *T) string {
		if x == nil {
			return ""
		}
		return a.get(x)
	}
	for _, a := range of {
		f := history.Field{Name: a.name, Label: a.label, Before: read(a, before), After: read(a, after)}
		if a.personal {
			f.Personal = person
		}
		if f.Before != f.After {
			list = append(list, f)
		}
	}
	return list
}

// attributeNamed finds an attribute.
func attributeNamed[T any](of []attribute[T], name string) (attribute[T], bool) {
	for _, a := range of {
		if a.name == name {
			return a, true
		}
	}
	return attribute[T]{}, false
}

// shown is a value of an attribute as people read it.
func (r *Room) shown(name, value string) string {
	switch name {
	case "genre":
		return Kind(value).Label()
	case "territoire":
		return r.placeLabel(territory.ID(value))
	case "siren":
		return spacedSIREN(value)
	}
	return value
}

// spacedSIREN writes a SIREN as people read it: "219 300 100".
func spacedSIREN(s string) string {
	if len(s) != 9 {
		return s
	}
	return strings.Join([]string{s[:3], s[3:6], s[6:]}, "\u00a0")
}
