// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"errors"
	"strings"
	"unicode"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
)

// signs are what producers write in place of a number. Insee: s is secret, ns not
// significant, nd not available, /// absent by nature. The others were seen in files.
var signs = map[string]statistic.State{
	"s": statistic.Secret, "c": statistic.Secret, "secret": statistic.Secret, "secret statistique": statistic.Secret,
	"ss": statistic.Secret, "confidentiel": statistic.Secret, "masqué": statistic.Secret, "(s)": statistic.Secret,
	"ns": statistic.Missing, "n.s.": statistic.Missing, "nd": statistic.Missing, "n.d.": statistic.Missing, "nc": statistic.Missing, "n.c.": statistic.Missing,
	"n.p.": statistic.Missing, "np": statistic.Missing, "nr": statistic.Missing, "n.r.": statistic.Missing, "na": statistic.Missing, "n/a": statistic.Missing, "#n/a": statistic.Missing,
	"null": statistic.Missing, "nan": statistic.Missing, "nn_": statistic.Missing, "nn": statistic.Missing, "x": statistic.Missing, "xx": statistic.Missing, "xxx": statistic.Missing,
	"…": statistic.Missing, "...": statistic.Missing, "..": statistic.Missing, ".": statistic.Missing, "-": statistic.Missing, "–": statistic.Missing, "—": statistic.Missing, "?": statistic.Missing,
	"non publié": statistic.Missing, "non disponible": statistic.Missing, "non renseigné": statistic.Missing,
	"///": statistic.NotApplicable, "//": statistic.NotApplicable, "s.o.": statistic.NotApplicable, "so": statistic.NotApplicable, "sans objet": statistic.NotApplicable,
}

// readCell reads a number, or the state that stands in its place; a blank is missing, never
// zero. The error is that of french.ParseNumber.
func readCell(cell string) (float64, statistic.State, error) {
	n, err := french.ParseNumber(cell)
	if err == nil {
		return n, statistic.Observed, nil
	}
	if errors.Is(err, french.ErrEmpty) {
		return 0, statistic.Missing, nil
	}
	text := strings.ToLower(strings.TrimFunc(cell, unicode.IsSpace))
	if s, ok := signs[text]; ok {
		return 0, s, nil
	}
	// "<5", "moins de 5": the producer hides a small count.
	for _, hidden := range []string{"<", "moins de "} {
		if rest, ok := strings.CutPrefix(text, hidden); ok {
			if _, err := french.ParseNumber(strings.TrimPrefix(rest, "=")); err == nil {
				return 0, statistic.Secret, nil
			}
		}
	}
	// "12,5 (p)", "12,5 (e)".
	for mark, s := range map[string]statistic.State{"(p)": statistic.Provisional, "(e)": statistic.Estimated} {
		if rest, ok := strings.CutSuffix(text, mark); ok {
			if n, err := french.ParseNumber(rest); err == nil {
				return n, s, nil
			}
		}
	}
	return 0, statistic.Missing, err
}

// isNumber says that a cell holds a number.
func isNumber(cell string) bool {
	_, s, err := readCell(cell)
	return err == nil && s.HasNumber()
}

// isBlank says that a cell shows nothing.
func isBlank(cell string) bool { return strings.TrimFunc(cell, invisible) == "" }

func invisible(r rune) bool {
	return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' || r == '\u2060'
}

// tidy makes a label readable: no byte order mark, even read in the wrong encoding, no
// quotes around, no line break.
func tidy(cell string) string {
	cell = strings.TrimPrefix(strings.TrimFunc(cell, invisible), "ï»¿")
	cell = strings.Trim(cell, `"'`)
	return strings.Join(strings.FieldsFunc(cell, invisible), " ")
}

// decimals counts the digits after the decimal sign of a number as written.
func decimals(cell string) int {
	i := strings.LastIndexAny(cell, ",.")
	if i < 0 {
		return 0
	}
	n := 0
	for _, r := range cell[i+1:] {
		if r < '0' || r > '9' {
			break
		}
		n++
	}
	return n
}

// Rows that are no territory.
func isPlaceholder(code string) bool {
	code = strings.ToUpper(strings.TrimFunc(code, invisible))
	return code != "" && (strings.Trim(code, "X") == "" || strings.Trim(code, "Z") == "" || strings.HasPrefix(code, "NN_"))
}

var totals = []string{"total", "totaux", "ensemble", "somme", "moyenne", "france entiere", "france metropolitaine", "sous total"}

// isTotal says that a name is that of a sum of rows.
func isTotal(name string) bool {
	f := french.Fold(name)
	for _, t := range totals {
		if f == t || strings.HasPrefix(f, t+" ") {
			return true
		}
	}
	return false
}
