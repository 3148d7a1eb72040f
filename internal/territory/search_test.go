// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func found(hits []Hit) []ID {
	var ids []ID
	for _, h := range hits {
		ids = append(ids, h.Territory.ID)
	}
	return ids
}

func TestSearchFirstAnswer(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for q, want := range map[string]ID{
		"st ouen": "93070", "St-Ouen": "93070", "saint ouen": "93070", "SAINT-OUEN-SUR-SEINE": "93070", "st ouen s seine": "93070",
		"epinay": "93031", "Épinay": "93031", "93066": "93066", "93 066": "93066", "93059": "93059", "pierrefitte": "93059",
		"Ile St Denis": "93039", "l'ile saint-denis": "93039", "denis ile": "93039", "ÎLE-SAINT-DENIS": "93039",
		"929939411": "93066", "929 939 411": "93066", "92993941100015": "93066", "219300662": "93066",
		"93450": "93039", "93": "93", "Seine-Saint-Denis": "93", "seine st denis": "93", "2a004": "2A004", "2A": "2A", "971": "971",
		"R11": "R11", "plaine com": "200057867", "est ens": "200057875", "200054781": "200054781", "metropole du grand p": "200054781",
		"courneuve": "93027", "lilas": "93045", "blanc mesnil": "93007", "pre saint gervais": "93061", "aulnaysousbois": "93005",
		"stdenis 93": "93066", "saint denis 93": "93066", "saint-denis (93200)": "93066", "pierefitte": "93059", "monfermeil": "93047",
		"paris": "75056", "lyon 3e": "69123", "75103": "75056", "anctoville": "14581", "Les Hauts-Talican": "60694", "ile de fr": "R11", "nord": "59",
		"pays de gex": "240100750", "oeting": "57521", "Œting": "57521", "y": "78", "aubervilier": "93001", "bobingy": "93008",
	} {
		hits := r.Search(q, 8)
		if len(hits) == 0 || hits[0].Territory.ID != want {
			t.Errorf("Search(%q) = %v, want %s first", q, found(hits), want)
		}
	}
}

func TestSearchFindsFormerAndPresent(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, q := range []string{"93059", "pierrefitte", "Pierrefitte-sur-Seine"} {
		hits := r.Search(q, 8)
		if ids := found(hits); !slices.Contains(ids, "93059") || !slices.Contains(ids, "93066") {
			t.Errorf("Search(%q) = %v, want both 93059 and 93066", q, ids)
		}
		if why := hits[1].Why; why != "Pierrefitte-sur-Seine (93059) a rejoint Saint-Denis (93066) le 1er janvier 2025." {
			t.Errorf("Search(%q): why Saint-Denis = %q", q, why)
		}
	}
}

func TestSearchSaysWhy(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for q, want := range map[string]string{
		"93450": "code postal 93450", "93066": "code 93066", "929939411": "SIREN 929939411", "219300662": "ancien SIREN 219300662",
		"200054781": "SIREN 200054781", "anctoville": "Anctoville en est une commune déléguée", "75059": "ancien code 75059 de Saint-Denis",
		"pierefitte": "n'existe plus depuis le 1er janvier 2025", "monfermeil": "orthographe proche", "montreuil": "", "paris 13e arr": "Paris 13e Arrondissement en est un arrondissement",
	} {
		if hits := r.Search(q, 5); len(hits) == 0 || hits[0].Why != want {
			t.Errorf("Search(%q) = %+v, want why %q", q, hits, want)
		}
	}
}

func TestSearchPrefersHome(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, c := range []struct {
		q    string
		near ID
		want ID
	}{
		{"saint denis", "", "97411"}, {"saint denis", "93", "93066"}, {"saint denis", "93048", "93066"}, {"saint denis", "200057875", "93066"},
		{"s", "93", "93"}, {"saint", "93", "93066"}, {"n", "93", "93051"}, {"port", "2A", "2A247"},
	} {
		hits := r.SearchNear(c.q, c.near, 5)
		if len(hits) == 0 || hits[0].Territory.ID != c.want {
			t.Errorf("SearchNear(%q, %q) = %v, want %s first", c.q, c.near, found(hits), c.want)
		}
	}
	for _, h := range r.SearchNear("934", "93", 20) {
		if !slices.ContainsFunc(h.Territory.PostalCodes, func(p string) bool { return strings.HasPrefix(p, "934") }) {
			t.Errorf("Search(934) gives %s", h.Territory.Name)
		}
	}
}

// TestSearchAddsNoGuessToAWholeName: who typed « Stains » means it.
func TestSearchAddsNoGuessToAWholeName(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, q := range []string{"stains", "raincy", "paris"} {
		for _, h := range r.SearchNear(q, "93", 10) {
			if h.Why == "orthographe proche" {
				t.Errorf("Search(%q) guesses %s", q, h.Territory.Name)
			}
		}
	}
}

func TestSearchOddQueries(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	for _, q := range []string{"", " ", "'", "-", "?!", "\x00", "\xff\xfe", strings.Repeat("é", 500), strings.Repeat("9", 500), "zzzzzzzzzz", "日本", "%", "' or 1=1"} {
		if hits := r.Search(q, 5); len(hits) > 5 {
			t.Errorf("Search(%q) gives %d answers, want at most 5", q, len(hits))
		}
	}
	for _, limit := range []int{-1, 0} {
		if hits := r.Search("paris", limit); len(hits) != 0 {
			t.Errorf("Search with limit %d gives %v", limit, found(hits))
		}
	}
}

// TestEveryNameFindsItsCommune: 300 answers hold every homonym.
func TestEveryNameFindsItsCommune(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	rapid.Check(t, func(t *rapid.T) {
		c := drawCommune(r).Draw(t, "commune")
		q := rapid.SampledFrom([]string{c.Name, strings.ToUpper(c.Name), strings.ReplaceAll(c.Name, "-", " "), c.Code, c.Name + " " + c.Code[:2]}).Draw(t, "query")
		if !slices.Contains(found(r.Search(q, 300)), c.ID) {
			t.Fatalf("Search(%q) does not find %s", q, c.ID)
		}
	})
}

// TestAnswersAreDistinctAndBounded holds for whatever is typed.
func TestAnswersAreDistinctAndBounded(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.OneOf(rapid.StringMatching(`[a-zé0-9 '-]{0,14}`), rapid.String()).Draw(t, "query")
		limit := rapid.IntRange(1, 12).Draw(t, "limit")
		ids := found(r.SearchNear(q, "93", limit))
		if len(ids) > limit {
			t.Fatalf("%d answers, want at most %d", len(ids), limit)
		}
		slices.Sort(ids)
		if len(slices.Compact(ids)) != len(ids) {
			t.Fatalf("Search(%q) repeats an answer: %v", q, ids)
		}
	})
}

// TestOneSlipIsForgiven: a letter lost in a name of at least eight still finds it.
func TestOneSlipIsForgiven(t *testing.T) {
	t.Parallel()
	r := loaded(t)
	list := r.In("93", Commune)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(list).Draw(t, "commune")
		letters := []rune(c.Name)
		i := rapid.IntRange(1, len(letters)-1).Draw(t, "lost")
		if len(letters) < 9 || !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz", letters[i]) {
			return
		}
		q := string(slices.Delete(slices.Clone(letters), i, i+1))
		if !slices.Contains(found(r.SearchNear(q, "93", 20)), c.ID) {
			t.Fatalf("SearchNear(%q) = %v, want %s among them", q, found(r.SearchNear(q, "93", 20)), c.ID)
		}
	})
}

// TestEitherNameFindsBoth: Pierrefitte-sur-Seine joined Saint-Denis on 1 January 2025.
func TestEitherNameFindsBoth(t *testing.T) {
	t.Parallel()
	reg, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"93066", "93059", "saint denis", "pierrefitte sur seine"} {
		found := map[ID]bool{}
		for _, h := range reg.SearchNear(q, "93", 8) {
			found[h.Territory.ID] = true
		}
		if !found["93066"] || !found["93059"] {
			t.Errorf("%q finds %v, want 93066 and 93059", q, found)
		}
	}
}
