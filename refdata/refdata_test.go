// SPDX-License-Identifier: EUPL-1.2

package refdata

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheShippedFileReadsAndWritesBackTheSame(t *testing.T) {
	t.Parallel()
	d, err := Open(Territories)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := Compress(Encode(d))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(packed, Territories) {
		t.Errorf("the shipped file has %d bytes, its own content packs to %d others", len(Territories), len(packed))
	}
	if !slices.IsSortedFunc(d.Communes, func(a, b Commune) int { return strings.Compare(a.Code, b.Code) }) {
		t.Error("communes are not sorted by code")
	}
}

// TestReadmeNamesEverySource keeps the README honest about versions and hashes.
func TestReadmeNamesEverySource(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(Territories)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range d.Sources {
		if !strings.Contains(string(readme), s.Version) || !strings.Contains(string(readme), s.Integrity) {
			t.Errorf("README.md does not give version %s with its hash %s", s.Version, s.Integrity)
		}
	}
}

func sample() *Dataset {
	return &Dataset{
		Years:        []int{2024, 2025},
		Sources:      []Source{{Version: "1.0.0", Vintage: 2024, Integrity: "sha512-x", Use: "essai"}},
		Exceptions:   []Exception{{"976", 2017, "2018-01-01", "note"}},
		Regions:      []Region{{"11", "Île-de-France"}},
		Departements: []Departement{{"93", "Seine-Saint-Denis", "11", "metro"}},
		Groupings: []Grouping{{
			SIREN: "200054781", Type: "METRO", Name: "Métropole", First: 2024, Last: 2025,
			Past: []GroupingState{{2024, 2024, "CC", "Avant"}},
		}},
		Communes: []Commune{{
			Code: "93066", First: 2024, Last: 2025, State: State{"Saint-Denis", "93", "929939411", "200054781", "200057867"},
			PostalCodes: "93200,93210", Into: "", SplitFrom: "",
			Past:        []PastState{{2024, 2024, State{"Saint-Denis", "93", "219300662", "200054781", ""}}},
			Populations: []Population{{1, Unknown}, {0, 0}},
		}},
		Aliases: []Alias{{"75066", "", "code", "93066"}},
	}
}

func TestDecodeEncode(t *testing.T) {
	t.Parallel()
	want := sample()
	got, err := Decode(string(Encode(want)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good := string(Encode(sample()))
	for name, text := range map[string]string{
		"empty":                  "",
		"another format":         "maillage-territoires\t9\n",
		"no vintage":             header + "\n",
		"two lists of vintages":  header + "\nA\t2024\nA\t2025\n",
		"a vintage of letters":   header + "\nA\tdeux mille\n",
		"an unknown kind":        good + "Z\tx\n",
		"a field missing":        good + "R\t11\n",
		"a field too many":       good + "R\t11\tx\ty\n",
		"an empty line":          good + "\n",
		"a negative population":  strings.Replace(good, "1/ 0/0", "-1/ 0/0", 1),
		"a population missing":   strings.Replace(good, "1/ 0/0", "1/", 1),
		"a population too many":  strings.Replace(good, "1/ 0/0", "1/ 0/0 1/1", 1),
		"a state before anybody": header + "\nA\t2024\nc\t2024\t2024\tx\t93\t\t\t\n",
	} {
		if _, err := Decode(text); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
	if _, err := Open([]byte("not compressed")); !errors.Is(err, ErrFormat) {
		t.Errorf("Open of something else: %v, want ErrFormat", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(string(Encode(sample())))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := Decode(text)
		if err != nil {
			return
		}
		again, err := Decode(string(Encode(d)))
		if err != nil {
			t.Fatalf("what was read does not read back: %v", err)
		}
		if diff := cmp.Diff(d, again); diff != "" {
			t.Error(diff)
		}
	})
}
