// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/platform/figure/classes"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// View is what a person looks at in the observatory. It lives in the address alone, so that a
// link, a bookmark and a download show the same thing.
type View struct {
	Indicator *Indicator
	Period    Period
	Within    *territory.Territory // whose communes are shown; France shows its départements
	Method    string               // how classes are made, a code of Classing
	Classes   int
	Bounds    []float64 // inner bounds, for classes made by hand
	Towns     []territory.ID
	Shown     string // "carte", "tableau" or "series"

	Problems map[string]string // by parameter: what could not be understood, in French
}

// Parameters of the address.
const (
	paramIndicator = "indicateur"
	paramPeriod    = "periode"
	paramWithin    = "dans"
	paramMethod    = "classes"
	paramNumber    = "nombre"
	paramBounds    = "bornes"
	paramTowns     = "villes"
	paramShown     = "vue"
)

const (
	leastClasses, usualClasses, mostClasses = 2, 5, 7
	mostTowns                               = 6 // series beyond this cannot be told apart
	defaultIndicator                        = "couverture_globale"
)

// ReadView understands an address. What it cannot understand takes its usual value, and is told.
func (s *Snapshot) ReadView(q url.Values, home territory.ID) View {
	v := View{Problems: map[string]string{}, Classes: usualClasses, Method: "quantiles", Shown: "carte"}
	v.readWithin(s, q, home)
	v.readIndicator(s, q)
	v.readClasses(q)
	for _, word := range strings.FieldsFunc(strings.Join(q[paramTowns], ","), func(r rune) bool { return r == ',' || r == ' ' }) {
		if _, ok := s.reg.Get(territory.ID(word)); !ok {
			v.Problems[paramTowns] = fmt.Sprintf("« %s » n'est le code d'aucun territoire.", word)
		} else if len(v.Towns) < mostTowns && !slices.Contains(v.Towns, territory.ID(word)) {
			v.Towns = append(v.Towns, territory.ID(word))
		}
	}
	if shown := q.Get(paramShown); shown == "tableau" || shown == "series" {
		v.Shown = shown
	}
	return v
}

func (v *View) readIndicator(s *Snapshot, q url.Values) {
	code := q.Get(paramIndicator)
	if code == "" {
		code = defaultIndicator
	}
	ind, ok := s.Indicator(code)
	if !ok {
		v.Problems[paramIndicator] = fmt.Sprintf("« %s » n'est le code d'aucun indicateur ; en voici un autre.", code)
		ind, _ = s.Indicator(defaultIndicator)
	}
	v.Indicator = ind
	v.Period = s.usualPeriod(ind.Code, v.Within)
	if asked := Period(q.Get(paramPeriod)); asked != "" {
		if slices.Contains(s.Periods(ind.Code), asked) {
			v.Period = asked
		} else {
			v.Problems[paramPeriod] = fmt.Sprintf("Il n'y a pas de chiffre pour « %s » ; voici les plus récents.", asked)
		}
	}
}

// usualPeriod is the last one with a figure for the places shown, else the last one.
func (s *Snapshot) usualPeriod(code string, within *territory.Territory) Period {
	p, ok := s.LatestIn(context.Background(), code, s.Places(within))
	if !ok {
		p, _ = s.Latest(code)
	}
	return p
}

func (v *View) readWithin(s *Snapshot, q url.Values, home territory.ID) {
	id := territory.ID(q.Get(paramWithin))
	if id == "" {
		id = home
	}
	t, ok := s.reg.Get(id)
	if ok && t.Kind == territory.Commune {
		t, ok = s.reg.Get(t.Departement)
	}
	if !ok {
		v.Problems[paramWithin] = fmt.Sprintf("« %s » n'est le code d'aucun territoire.", id)
		t, _ = s.reg.Get(home)
	}
	v.Within = t
}

func (v *View) readClasses(q url.Values) {
	if m := q.Get(paramMethod); m != "" {
		if slices.ContainsFunc(Classing, func(c struct{ Code, Label string }) bool { return c.Code == m }) {
			v.Method = m
		} else {
			v.Problems[paramMethod] = fmt.Sprintf("« %s » n'est pas une façon de faire des classes.", m)
		}
	}
	if n := q.Get(paramNumber); n != "" {
		k, err := strconv.Atoi(n)
		if err != nil || k < leastClasses || k > mostClasses {
			v.Problems[paramNumber] = fmt.Sprintf("Le nombre de classes va de %d à %d.", leastClasses, mostClasses)
		} else {
			v.Classes = k
		}
	}
	for _, word := range strings.FieldsFunc(q.Get(paramBounds), func(r rune) bool { return r == ';' }) {
		b, err := french.ParseNumber(word)
		if err != nil {
			v.Problems[paramBounds] = err.Error()
			continue
		}
		v.Bounds = append(v.Bounds, b)
	}
	slices.Sort(v.Bounds)
	v.Bounds = slices.Compact(v.Bounds)
	if v.Method == "manuelles" && len(v.Bounds) == 0 && v.Problems[paramBounds] == "" {
		v.Problems[paramBounds] = "Donnez les bornes, de la plus petite à la plus grande, séparées par des points-virgules : 20 ; 30 ; 40."
	}
	if len(v.Bounds) > mostClasses-1 {
		v.Problems[paramBounds] = fmt.Sprintf("Au plus %d bornes.", mostClasses-1)
		v.Bounds = v.Bounds[:mostClasses-1]
	}
}

// Query is the address of the view, with some parameters changed: pairs of name and value.
func (v View) Query(changes ...string) url.Values {
	q := url.Values{paramIndicator: {v.Indicator.Code}, paramWithin: {string(v.Within.ID)}}
	if v.Period != "" {
		q.Set(paramPeriod, string(v.Period))
	}
	if v.Method != "quantiles" {
		q.Set(paramMethod, v.Method)
	}
	if v.Classes != usualClasses {
		q.Set(paramNumber, strconv.Itoa(v.Classes))
	}
	if len(v.Bounds) > 0 {
		q.Set(paramBounds, v.BoundsText())
	}
	if len(v.Towns) > 0 {
		q.Set(paramTowns, v.TownsText())
	}
	if v.Shown != "carte" {
		q.Set(paramShown, v.Shown)
	}
	for i := 0; i+1 < len(changes); i += 2 {
		if changes[i+1] == "" {
			q.Del(changes[i])
		} else {
			q.Set(changes[i], changes[i+1])
		}
	}
	return q
}

// Address is Query on a path of the observatory: "/observatoire", "/observatoire.csv".
func (v View) Address(path string, changes ...string) string {
	return path + "?" + v.Query(changes...).Encode()
}

// TownsText is the list of towns as the address writes it.
func (v View) TownsText() string {
	words := make([]string, len(v.Towns))
	for i, id := range v.Towns {
		words[i] = string(id)
	}
	return strings.Join(words, ",")
}

// BoundsText is the list of bounds as a person types it.
func (v View) BoundsText() string {
	words := make([]string, len(v.Bounds))
	for i, b := range v.Bounds {
		words[i] = french.Plain(b, -1)
	}
	return strings.Join(words, ";")
}

// Places are the territories shown: départements for France, communes otherwise.
func (s *Snapshot) Places(within *territory.Territory) []*territory.Territory {
	if within.Kind == territory.Country {
		return s.reg.All(territory.Departement)
	}
	return s.reg.In(within.ID, territory.Commune)
}

// Cut makes the classes of a view.
func (v View) Cut(c *Column, places []*territory.Territory) classes.Classes {
	method := v.Method
	if method == "manuelles" && len(v.Bounds) == 0 {
		method = "quantiles"
	}
	k, err := ClassesOf(c, places, method, v.Classes, v.Bounds)
	if err != nil { // cannot happen: ReadView knows the methods
		return classes.Classes{}
	}
	return k
}
