// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"fmt"
	"slices"

	"maillage/internal/platform/clock"
)

// Missing is a figure that a computation needed and that nobody has filled in. The amount
// that needed it is absent from the totals, never guessed.
type Missing struct {
	Code  string     // code of the scale, or "saisie:…" for a fact of the town's own file
	Label string     // what it is
	Unit  string     // in what it is counted
	On    clock.Date // for which day; zero when it depends on no date
	Why   string     // what cannot be computed without it: "la PSU de la structure"
	Hint  string     // what is known that helps to fill it in
}

// Text is one French sentence without a full stop.
func (m Missing) Text() string {
	when := ""
	if !m.On.IsZero() {
		when = " au " + m.On.French()
	}
	return fmt.Sprintf("« %s » (%s) n'est pas renseigné%s : %s", m.Label, m.Unit, when, m.Why)
}

// book reads scales on one day and notes what was read and what was missing.
type book struct {
	scales  *Scales
	on      clock.Date
	missing []Missing
}

func (b *book) lack(m Missing) {
	if !slices.ContainsFunc(b.missing, func(o Missing) bool { return o.Code == m.Code && o.Why == m.Why }) {
		b.missing = append(b.missing, m)
	}
}

// scale is the version in force, when it bears a figure; otherwise it notes the lack.
func (b *book) scale(code, why string) (Scale, bool) {
	s, ok := b.scales.At(code, b.on)
	if ok && (s.Filled() || s.Shape == ShapeTable && len(s.Rows) > 0) {
		return s, true
	}
	if !ok {
		s, _ = b.scales.last(code)
	}
	m := Missing{Code: code, Label: s.Label, Unit: s.Unit, On: b.on, Why: why, Hint: s.Hint}
	if !ok && !s.ValidTo.IsZero() && m.Hint == "" {
		m.Hint = "Le dernier barème connu va jusqu'au " + s.ValidTo.French() + "."
	}
	b.lack(m)
	return Scale{}, false
}

func (b *book) value(code, why string) (Number, Scale, bool) {
	s, ok := b.scale(code, why)
	if !ok || s.Value == nil {
		return Number{}, s, false
	}
	return *s.Value, s, true
}

// row is the value of the row of a table that holds x.
func (b *book) row(code, why string, x Number) (Number, Scale, bool) {
	s, ok := b.scale(code, why)
	if !ok {
		return Number{}, s, false
	}
	for _, r := range s.Rows {
		if !r.holds(x) {
			continue
		}
		if r.Value == nil {
			b.lack(Missing{
				Code: code, Label: s.Label + ", ligne « " + r.Label() + " »", Unit: s.Unit,
				On: b.on, Why: why, Hint: s.Hint,
			})
			return Number{}, s, false
		}
		return *r.Value, s, true
	}
	b.lack(Missing{
		Code: code, Label: fmt.Sprintf("%s, pour %s %s", s.Label, x, s.By), Unit: s.Unit, On: b.on, Why: why,
	})
	return Number{}, s, false
}
