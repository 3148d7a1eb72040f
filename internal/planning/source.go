// SPDX-License-Identifier: EUPL-1.2

package planning

import "maillage/internal/platform/clock"

// Source is where a scale was read. Address is a full https URL, or empty when only the
// title of the page was kept; Read is the day it was read.
type Source struct {
	Key     string     `toml:"key"`
	Title   string     `toml:"title"`
	Address string     `toml:"address"`
	Read    clock.Date `toml:"read"`
}

// Shape says what a scale holds.
type Shape string

// ShapeValue is one number; ShapeRange two bounds between which a funder decides; ShapeTable
// rows chosen by a quantity (number of children, share of children…).
const (
	ShapeValue Shape = "valeur"
	ShapeRange Shape = "fourchette"
	ShapeTable Shape = "tableau"
)

// Row is one line of a table. A row holds below Below (excluded) or up to UpTo (included);
// the last one may have neither. A nil Value is still to be filled in.
type Row struct {
	Below *Number `toml:"below"`
	UpTo  *Number `toml:"up_to"`
	Value *Number `toml:"value"`
}

func (r Row) holds(x Number) bool {
	switch {
	case r.Below != nil:
		return x.Compare(*r.Below) < 0
	case r.UpTo != nil:
		return x.Compare(*r.UpTo) <= 0
	}
	return true
}

// Label is the reach of the row in French: "moins de 5", "jusqu'à 0,75", "au-delà".
func (r Row) Label() string {
	switch {
	case r.Below != nil:
		return "moins de " + r.Below.String()
	case r.UpTo != nil:
		return "jusqu'à " + r.UpTo.String()
	}
	return "au-delà"
}

// Scale is one dated version of one published figure (barème). A version without figure is
// a setting that the administrator fills in: Filled says so.
type Scale struct {
	Code       string     `toml:"code"` // stable slug
	Label      string     `toml:"label"`
	Unit       string     `toml:"unit"`
	Shape      Shape      `toml:"shape"` // ShapeValue when empty
	By         string     `toml:"by"`    // what chooses the row of a table, with its unit
	Value      *Number    `toml:"value"`
	Low        *Number    `toml:"low"`
	High       *Number    `toml:"high"`
	Rows       []Row      `toml:"rows"`
	ValidFrom  clock.Date `toml:"valid_from"` // zero: the source bears no date (Doubts says so)
	ValidTo    clock.Date `toml:"valid_to"`   // included; zero: no end known
	SourceKeys []string   `toml:"sources"`
	Doubts     []string   `toml:"doubts"` // to be checked, one sentence each
	Hint       string     `toml:"hint"`   // what helps whoever fills the setting in

	// Origin is who filled the figure in and from what document; empty for what is shipped.
	Origin  string   `toml:"-"`
	Sources []Source `toml:"-"` // resolved from SourceKeys, same order
}

// Filled says whether the version bears a figure. A table counts when all its rows do.
func (s Scale) Filled() bool {
	switch s.Shape {
	case ShapeRange:
		return s.Low != nil && s.High != nil
	case ShapeTable:
		for _, r := range s.Rows {
			if r.Value == nil {
				return false
			}
		}
		return len(s.Rows) > 0
	}
	return s.Value != nil
}

// InForce says whether the version holds on the day d.
func (s Scale) InForce(d clock.Date) bool {
	return !d.Before(s.ValidFrom) && (s.ValidTo.IsZero() || !d.After(s.ValidTo))
}

// Dated is "depuis le 1er janvier 2025", "du … au …" or "source sans date".
func (s Scale) Dated() string {
	switch {
	case s.ValidFrom.IsZero() && s.ValidTo.IsZero():
		return "source sans date"
	case s.ValidFrom.IsZero():
		return "jusqu'au " + s.ValidTo.French()
	case s.ValidTo.IsZero():
		return "depuis le " + s.ValidFrom.French()
	}
	return "du " + s.ValidFrom.French() + " au " + s.ValidTo.French()
}
