// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// corsica is the code that the Cnaf gives to the one territory of Corse since 2021.
const corsica = "20R"

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// cleanCode is a code without what spreadsheets and people put around it: an apostrophe, a
// ".0", a name after it ("93066 - Saint-Denis").
func cleanCode(cell string) string {
	code := strings.Trim(strings.TrimFunc(cell, invisible), `'"`)
	if rest, ok := strings.CutSuffix(code, ".0"); ok && isDigits(rest) {
		code = rest
	}
	if i := strings.IndexAny(code, " \u00a0"); i >= 4 && i <= 10 {
		if head := code[:i]; communeCode(head) != "" || irisCommune(head) != "" {
			return head
		}
	}
	return code
}

// communeCode is the INSEE code with its leading zero and capital, "" when it is not one.
func communeCode(code string) territory.ID {
	switch {
	case len(code) == 4 && isDigits(code):
		return territory.ID("0" + code)
	case len(code) == 5 && isDigits(code):
		return territory.ID(code)
	case len(code) == 5 && code[0] == '2' && strings.ContainsAny(code[1:2], "ABab") && isDigits(code[2:]):
		return territory.ID(strings.ToUpper(code))
	case len(code) == 6 && isDigits(code) && code[:2] == "97" && code[2] == code[3]:
		return territory.ID(code[:2] + code[3:]) // overseas, the département (973) before the three digits of the commune (353)
	default:
		return ""
	}
}

// irisCommune is the commune of an IRIS written "930010101", "93001_0101" or without its
// leading zero, "" when it is not one.
func irisCommune(code string) territory.ID {
	commune, iris, marked := strings.Cut(code, "_")
	if !marked {
		switch len(code) {
		case 9:
			commune, iris = code[:5], code[5:]
		case 8:
			commune, iris = code[:4], code[4:]
		default:
			return ""
		}
	}
	if len(iris) != 4 || !isDigits(iris) {
		return ""
	}
	return communeCode(commune)
}

// departementCode is "01", "2A", "971" from "1", "2a", "093"; "" when it is not one.
func departementCode(code string) territory.ID {
	switch {
	case strings.EqualFold(code, corsica):
		return "R94"
	case len(code) == 1 && isDigits(code):
		return territory.ID("0" + code)
	case len(code) == 3 && code[0] == '0' && isDigits(code):
		return territory.ID(code[1:])
	case len(code) == 2 && isDigits(code), len(code) == 3 && strings.HasPrefix(code, "97") && isDigits(code):
		return territory.ID(code)
	case len(code) == 2 && code[0] == '2' && strings.ContainsAny(code[1:], "ABab"):
		return territory.ID(strings.ToUpper(code))
	default:
		return ""
	}
}

func regionCode(code string) territory.ID {
	code = strings.TrimPrefix(strings.ToUpper(code), "R")
	switch {
	case len(code) == 1 && isDigits(code):
		return territory.ID("R0" + code)
	case len(code) == 2 && isDigits(code):
		return territory.ID("R" + code)
	default:
		return ""
	}
}

func sirenCode(code string) territory.ID {
	code = strings.ReplaceAll(code, " ", "")
	if len(code) == 9 && isDigits(code) && code[0] == '2' {
		return territory.ID(code)
	}
	return ""
}

// melodi reads "COM-93066", "2024-COM-93066", "DEP-93", "FRANCE-F": the identifier, and
// false when the kind of place is none of ours (urban units, employment areas).
func melodi(cell string) (territory.ID, bool) {
	kind, code, ok := strings.Cut(cell, "-")
	if ok && len(kind) == 4 && isDigits(kind) {
		kind, code, ok = strings.Cut(code, "-")
	}
	if !ok {
		return "", false
	}
	return ofObject(kind, code)
}

// ofObject is the identifier of a code among a kind of place, as Melodi names kinds.
func ofObject(object, code string) (territory.ID, bool) {
	var id territory.ID
	switch strings.ToUpper(object) {
	case "COM", "ARM":
		id = communeCode(code)
	case "DEP":
		id = departementCode(code)
	case "REG":
		id = regionCode(code)
	case "EPCI", "EPT", "METRO":
		id = sirenCode(code)
	case "FRANCE":
		id = territory.France
	case "IRIS":
		id = irisCommune(code)
	}
	return id, id != ""
}

// isArrondissement says that a code is a municipal arrondissement of Paris, Lyon or
// Marseille, which some files list beside their commune and others in its place.
func isArrondissement(id territory.ID) bool {
	return id >= "75101" && id <= "75120" || id >= "69381" && id <= "69389" || id >= "13201" && id <= "13216"
}

// parse reads the identifier that a geography cell holds, "" when it holds none.
func (k GeoKind) parse(cell string) territory.ID {
	code := cleanCode(cell)
	switch k {
	case GeoCommune:
		if id := communeCode(code); id != "" {
			return id
		}
		id, _ := melodi(code)
		return id
	case GeoIRIS:
		if id := irisCommune(code); id != "" {
			return id
		}
		return communeCode(code)
	case GeoEPCI:
		return sirenCode(code)
	case GeoDepartement:
		return departementCode(code)
	case GeoRegion:
		return regionCode(code)
	case GeoPrefixed:
		id, _ := melodi(code)
		return id
	case GeoOwn:
		return ownCode(code)
	default:
		return ""
	}
}

// names finds territories by their name, and remembers what it found.
type names struct {
	places Places
	found  map[string]found
}

type found struct {
	id    territory.ID
	count int // how many bear the name
}

func newNames(places Places) *names { return &names{places, map[string]found{}} }

// find looks for a commune called name; dep, when not "", decides between namesakes, and
// home does when dep does not. count is how many are left: 1 is a success.
func (n *names) find(name string, dep, home territory.ID) (territory.ID, int) {
	key := name + "\x00" + string(dep) + "\x00" + string(home)
	if f, ok := n.found[key]; ok {
		return f.id, f.count
	}
	f := n.search(name, dep, home)
	n.found[key] = f
	return f.id, f.count
}

func (n *names) search(name string, dep, home territory.ID) found {
	want := spelt(name)
	if want == "" || isNumber(name) {
		return found{}
	}
	var all, near []territory.ID
	for _, h := range n.places.Search(want, 40) {
		t := h.Territory
		if t.Kind != territory.Commune || spelt(t.Name) != want {
			continue
		}
		all = append(all, t.ID)
		if t.Departement == dep || dep == "" && t.Departement == home {
			near = append(near, t.ID)
		}
	}
	if dep != "" || len(all) > 1 && len(near) > 0 {
		all = near
	}
	if len(all) == 0 {
		return found{}
	}
	return found{all[0], len(all)}
}

// spelt is a name folded, with its article in front and its saints spelt out: "ST-DENIS",
// "Ville de Saint-Denis", "COURNEUVE (LA)".
func spelt(name string) string {
	if open := strings.IndexByte(name, '('); open > 0 && strings.HasSuffix(strings.TrimSpace(name), ")") {
		article := strings.Trim(strings.TrimSpace(name)[open:], "()")
		if len(article) <= 3 {
			name = article + " " + name[:open]
		}
	}
	words := strings.Fields(french.Fold(name))
	for i, w := range words {
		switch w {
		case "st":
			words[i] = "saint"
		case "ste":
			words[i] = "sainte"
		}
	}
	out := strings.Join(words, " ")
	for _, before := range []string{"ville de ", "commune de ", "ville d ", "commune d ", "mairie de "} {
		out = strings.TrimPrefix(out, before)
	}
	return out
}
