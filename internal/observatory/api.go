// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"fmt"
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

// valuesBody writes the document by hand: for the whole of France a general encoder would take
// ten times as long.
func (r *room) valuesBody(s *Snapshot, c *Column, level territory.Kind, within territory.ID) ([]byte, error) {
	places := s.reg.All(territory.Commune)
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
	}
	b := make([]byte, 0, 64+16*len(places))
	b = append(b, `{"indicateur":"`+c.Indicator.Code+`","periode":"`+string(c.Period)+`","valeurs":{`...)
	var states []byte
	for i, t := range places {
		v := c.Of(t.ID)
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), t.ID...), `":`...)
		if v.Known() {
			b = strconv.AppendFloat(b, v.Number, 'f', -1, 64)
		} else {
			b = append(b, "null"...)
		}
		if v.State != Observed && v.State != Missing {
			if len(states) > 0 {
				states = append(states, ',')
			}
			states = append(append(append(append(append(states, '"'), t.ID...), `":"`...), v.State.String()...), '"')
		}
	}
	b = append(append(append(b, `},"etats":{`...), states...), "}}"...)
	return b, nil
}
