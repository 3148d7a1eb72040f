// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"errors"
	"strings"
	"testing"
)

func TestParseErrorsPointAndRemedy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src      string
		position int
		message  string
	}{
		{"", 1, "vide"},
		{"a +", 4, "s'arrête trop tôt"},
		{"a + (b * c", 5, "n'est pas fermée"},
		{"a + b)", 6, "ne ferme rien"},
		{"a b", 3, "manque un opérateur"},
		{"1 000 * a", 3, "manque un opérateur"},
		{"1,5,5 + a", 1, "plusieurs virgules"},
		{"min(a, b)", 6, "virgule ne sépare pas"},
		{"a % b", 3, "« % »"},
		{"Population / 2", 1, "n'est pas un code"},
		{"population_é", 12, "lettre « é »"},
		{"moyen(a; b)", 1, "n'existe pas"},
		{"min(a)", 1, "1 argument"},
		{"si(a < b; 1)", 1, "2 argument"},
		{"min + 1", 1, "attend ses arguments"},
		{"a[1]", 2, "années passées"},
		{"a[-99]", 2, "années passées"},
		{"a[-1", 2, "crochet"},
		{"a < b < c", 7, "ne s'enchaînent pas"},
		{"a ; b", 3, "point-virgule"},
		{"2a", 2, "sans opérateur"},
		{strings.Repeat("(", 60) + "a" + strings.Repeat(")", 60), 52, "trop emboîtée"},
		{strings.Repeat("-", 60) + "a", 52, "trop emboîtée"},
		{strings.Repeat("9", 20), 1, "trop long"},
	} {
		_, err := Parse(c.src)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%q) = %v, want an *Error", c.src, err)
			continue
		}
		if e.Position() != c.position || !strings.Contains(e.Message, c.message) || e.Remedy == "" {
			t.Errorf("Parse(%q): position %d, message %q, remedy %q; want position %d and %q", c.src, e.Position(), e.Message, e.Remedy, c.position, c.message)
		}
	}
	if _, err := Parse(strings.Repeat("a+", MaxLength)); err == nil {
		t.Error("a formula beyond the bound is accepted")
	}
}

func TestErrorShowsACaretUnderThePlace(t *testing.T) {
	t.Parallel()
	_, err := Parse("é + a")
	_, err2 := Parse("places + (enfants")
	if err == nil || err2 == nil {
		t.Fatal("accepted")
	}
	want := "Formule, caractère 10 : cette parenthèse n'est pas fermée.\n    places + (enfants\n             ^\nAjoutez « ) » à sa place."
	if err2.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", err2, want)
	}
}

func TestCanonicalSpelling(t *testing.T) {
	t.Parallel()
	for src, want := range map[string]string{
		"100*a/b":                        "100 * a / b",
		"1.5 × (a − b[-1])":              "1,5 * (a - b[-1])",
		"((a))":                          "a",
		"a-(b-c)":                        "a - (b - c)",
		"(a-b)-c":                        "a - b - c",
		"a/(b*c)":                        "a / (b * c)",
		"-(a+b)":                         "-(a + b)",
		"--a":                            "--a",
		"si(a≥0,5;a;-a)":                 "si(a >= 0,5; a; -a)",
		"moyenne( a;b ;\n c)":            "moyenne(a; b; c)",
		"si(a<>b;min(a;b);max(a;b;1,5))": "si(a <> b; min(a; b); max(a; b; 1,5))",
	} {
		e, err := Parse(src)
		if err != nil {
			t.Errorf("Parse(%q): %v", src, err)
			continue
		}
		if e.String() != want {
			t.Errorf("Parse(%q).String() = %q, want %q", src, e, want)
		}
	}
}

func TestOrderRefusesCirclesWithTheirPath(t *testing.T) {
	t.Parallel()
	parse := func(m map[string]string) map[string]*Expr {
		out := map[string]*Expr{}
		for k, v := range m {
			e, err := Parse(v)
			if err != nil {
				t.Fatal(err)
			}
			out[k] = e
		}
		return out
	}
	got, err := Order(parse(map[string]string{"a": "b + c", "b": "c * 2", "z": "x"}))
	if err != nil || strings.Join(got, " ") != "b a z" {
		t.Errorf("Order = %v, %v", got, err)
	}
	_, err = Order(parse(map[string]string{"d": "a", "a": "b + 1", "b": "c", "c": "a[-1]"}))
	if !errors.Is(err, ErrCycle) || !strings.Contains(err.Error(), "a → b → c → a") {
		t.Errorf("circle: %v", err)
	}
	if _, err = Order(parse(map[string]string{"a": "a[-1] + 1"})); !errors.Is(err, ErrCycle) {
		t.Errorf("a recurrence is a circle: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"100 * a / b", "si(a[-1] <> 0; (a - a[-1]) / a[-1]; 0)", "min(1,5;−a)", "((", "a[", "é%", "1,", "1.2.3", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src)
		if err != nil {
			if err.Error() == "" {
				t.Fatal("error without a message")
			}
			return
		}
		again, err := Parse(e.String())
		if err != nil && len(e.String()) <= MaxLength {
			t.Fatalf("%q prints as %q, which is refused: %v", src, e, err)
		}
		if err == nil && again.String() != e.String() {
			t.Fatalf("%q prints as %q then %q", src, e, again)
		}
	})
}
