// SPDX-License-Identifier: EUPL-1.2

package statistic

import "fmt"

// State says what a figure is, or why there is none. The zero State is Missing, so that
// a value forgotten somewhere is never read as the number zero.
type State uint8

// The states of a value. Only Observed, Estimated and Provisional carry a number.
const (
	Missing       State = iota // the producer publishes nothing for this place and time
	Observed                   // published as such
	Provisional                // published, announced as provisional
	Estimated                  // computed or re-based, by the producer or by us
	NotApplicable              // the figure has no meaning there (a rate without a denominator)
	Secret                     // withheld by statistical secrecy
)

var states = [...]struct{ slug, label, sign string }{
	Missing:       {"manquant", "non publié", "n.p."},
	Observed:      {"observe", "", ""},
	Provisional:   {"provisoire", "provisoire", "(p)"},
	Estimated:     {"estime", "estimé", "(e)"},
	NotApplicable: {"sans-objet", "sans objet", "s.o."},
	Secret:        {"secret", "secret statistique", "s"},
}

// String is the stable name used in files, addresses and the database.
func (s State) String() string {
	if int(s) >= len(states) {
		return fmt.Sprintf("etat-%d", uint8(s))
	}
	return states[s].slug
}

// Label is what a reader sees: "secret statistique", "non publié", "sans objet",
// "estimé", "provisoire"; "" for a plain observed figure.
func (s State) Label() string {
	if int(s) >= len(states) {
		return ""
	}
	return states[s].label
}

// Sign is the short mark put in a table cell, as Insee does: "s", "n.p.", "s.o.", "(e)", "(p)".
func (s State) Sign() string {
	if int(s) >= len(states) {
		return ""
	}
	return states[s].sign
}

// HasNumber says that the value carries a number.
func (s State) HasNumber() bool { return s == Observed || s == Provisional || s == Estimated }

// ParseState reads what String writes.
func ParseState(text string) (State, error) {
	for s, names := range states {
		if names.slug == text {
			return State(s), nil
		}
	}
	return Missing, fmt.Errorf("« %s » n'est pas un état de valeur", text)
}

// MarshalText writes the stable name.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the stable name.
func (s *State) UnmarshalText(b []byte) error {
	v, err := ParseState(string(b))
	*s = v
	return err
}

// Combine is the state of a figure computed from figures in states a and b. Secrecy wins
// over absence, absence over everything else: a result may never tell what an operand hides.
func Combine(a, b State) State { return byRank[max(rank[a], rank[b])] }

// rank orders the states from the most to the least usable; byRank is its inverse.
var (
	rank   = [...]uint8{Observed: 0, Provisional: 1, Estimated: 2, NotApplicable: 3, Missing: 4, Secret: 5}
	byRank = [...]State{Observed, Provisional, Estimated, NotApplicable, Missing, Secret}
)
