// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"fmt"
	"math"
	"net/http"
	"strconv"

	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

type indicatorJSON struct {
	Code       string   `json:"code"`
	Title      string   `json:"titre"`
	Unit       string   `json:"unite"`
	Decimals   int      `json:"decimales"`
	Theme      string   `json:"theme"`
	Kind       string   `json:"nature"`
	Definition string   `json:"definition"`
	Limits     string   `json:"limites,omitempty"`
	Formula    string   `json:"calcul,omitempty"`
	Source     string   `json:"source"`
	Licence    string   `json:"licence,omitempty"`
	Periods    []Period `json:"periodes"`
}

func (r *room) apiIndicators(w http.ResponseWriter, req *http.Request) error {
	s := r.Snapshot()
	list := []indicatorJSON{}
	for _, ind := range s.Indicators() {
		x := indicatorJSON{Code: ind.Code, Title: ind.Title, Unit: ind.Unit, Decimals: ind.Decimals, Theme: ind.Theme, Kind: string(ind.Kind),
			Definition: ind.Definition, Limits: ind.Limits, Formula: ind.Formula, Source: s.Credit(ind.Code), Periods: s.Periods(ind.Code)}
		if src, ok := s.Source(ind.Code); ok {
			x.Licence = src.Licence
		}
		if x.Periods == nil {
			x.Periods = []Period{}
		}
		list = append(list, x)
	}
	return web.JSON(w, req, map[string]any{"indicateurs": list})
}

// apiValues answers one indicator at one period for every commune of France, or for the
// territories of a level, as {"93066": 12.5, …}: a missing number is null, and "etats" says why.
func (r *room) apiValues(w http.ResponseWriter, req *http.Request) error {
	s, q := r.Snapshot(), req.URL.Query()
	ind, ok := s.Indicator(q.Get(paramIndicator))
	if !ok {
		return web.BadRequest(fmt.Sprintf("« %s » n'est le code d'aucun indicateur ; leur liste est à l'adresse /api/v1/indicateurs.", q.Get(paramIndicator)))
	}
	period, ok := s.Latest(ind.Code)
	if asked := q.Get(paramPeriod); asked != "" {
		period, ok = Period(asked), Period(asked).Valid()
	}
	if !ok {
		return web.NotFound("Cet indicateur n'a pas de chiffre pour cette période.")
	}
	c, err := s.Column(req.Context(), ind.Code, period)
	if err != nil {
		return err
	}
	body, err := r.valuesBody(s, c, territory.Kind(q.Get("niveau")), territory.ID(q.Get(paramWithin)))
	if err != nil {
		return err
	}
	return web.Bytes(w, req, http.StatusOK, "application/json; charset=utf-8", body)
}

// valuesBody is the document of a column for the territories asked.
func (r *room) valuesBody(s *Snapshot, c *Column, level territory.Kind, within territory.ID) ([]byte, error) {
	var places []*territory.Territory
	switch {
	case within != "":
		t, ok := s.reg.Get(within)
		if !ok {
			return nil, web.BadRequest(fmt.Sprintf("« %s » n'est le code d'aucun territoire.", within))
		}
		places = s.Places(t)
	case level != "" && level != territory.Commune:
		if places = s.reg.All(level); len(places) == 0 {
			return nil, web.BadRequest(fmt.Sprintf("niveau : « %s » n'est pas commune, epci, ept, departement ou region.", level))
		}
	default:
		communes := s.reg.All(territory.Commune)
		l := newListing(c, len(communes))
		c.Each(func(i int, state State, number float64) { l.add(communes[i].ID, state, number) })
		return l.end(), nil
	}
	l := newListing(c, len(places))
	for _, t := range places {
		v := c.Of(t.ID)
		l.add(t.ID, v.State, v.Number)
	}
	return l.end(), nil
}

// listing is the document of a column, written by hand: for the whole of France a general
// encoder would take ten times as long.
type listing struct{ values, states []byte }

func newListing(c *Column, places int) *listing {
	l := &listing{values: make([]byte, 0, 128+16*places)}
	l.values = append(l.values, `{"indicateur":"`+c.Indicator.Code+`","periode":"`+string(c.Period)+`","valeurs":{`...)
	return l
}

func (l *listing) add(id territory.ID, state State, number float64) {
	l.values = append(key(l.values, id), ':')
	if state.HasNumber() {
		l.values = appendNumber(l.values, number)
	} else {
		l.values = append(l.values, "null"...)
	}
	if state != Observed && state != Missing {
		l.states = append(append(append(key(l.states, id), `:"`...), state.String()...), '"')
	}
}

// key begins a member of an object: codes need no escape.
func key(b []byte, id territory.ID) []byte {
	if len(b) > 0 && b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), id...), '"')
}

func (l *listing) end() []byte {
	return append(append(append(l.values, `},"etats":{`...), l.states...), "}}"...)
}

// appendNumber writes the shortest text that reads back the same. Most figures are whole or
// have one decimal, which needs no search.
func appendNumber(b []byte, v float64) []byte {
	const exact = 1 << 50 // below it, ten times a figure is exact enough to be told whole
	tenths := math.Round(v * 10)
	if math.Abs(tenths) >= exact || tenths/10 != v || v == 0 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	n := int64(tenths)
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/10, 10)
	if n%10 != 0 {
		b = append(b, '.', byte('0'+n%10))
	}
	return b
}
