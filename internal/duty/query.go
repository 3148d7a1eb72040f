// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// The names of the parameters, as they are in addresses.
const (
	paramDepartement = "departement"
	paramTerritoire  = "territoire"
	paramDate        = "date"
	paramOrder       = "ordre"

	byHelp = "aide"
	byName = "alphabetique"
)

// The dates that can be asked for: from the first populations known to the end of what a
// calendar control offers.
var (
	firstDate = clock.MustDate("2021-01-01")
	lastDate  = clock.MustDate("2100-12-31")
)

// asked is what an address asks for, decoded. Form keeps what was typed, with its errors.
type asked struct {
	form        *web.Form
	departement territory.ID // of a list; territory.France for the national counts
	territoire  territory.ID // of a list that is about one territory, else ""
	date        clock.Date
	today       clock.Date
	order       string
	may         func(territory.ID) bool // who asks may record on that territory
}

// ask decodes the parameters of a page. Those that cannot be understood are errors of the
// form; an error is returned for those that no page of this room has.
func (r *Room) ask(req *http.Request, now time.Time, params ...string) (asked, error) {
	form, err := web.ReadForm(req, web.FormSpec{Fields: params})
	if err != nil {
		return asked{}, err
	}
	a := asked{form: form, today: clock.On(now), departement: r.Places.Home, order: byHelp, may: func(id territory.ID) bool {
		return web.May(req, manageDuties, web.Scope{Territory: string(id)})
	}}
	a.date = a.today
	if form.Text(paramDate) != "" {
		a.date = readDate(form, paramDate, firstDate, lastDate)
	}
	if text := form.Text(paramOrder); text != "" {
		if a.order = text; text != byHelp && text != byName {
			form.Fail(paramOrder, fmt.Sprintf("« %s » n'est pas un ordre connu : écrivez %s ou %s.", clip(text), byHelp, byName))
		}
	}
	if text := form.Text(paramDepartement); text != "" {
		a.departement = r.readDepartement(form, text)
	}
	if text := form.Text(paramTerritoire); text != "" {
		a.territoire = territory.ID(strings.ToUpper(text))
		if _, ok := r.Facts(a.territoire); !ok {
			form.Fail(paramTerritoire, fmt.Sprintf("« %s » n'est le code d'aucun territoire connu : écrivez un code Insee (93066), "+
				"un numéro SIREN (200054781) ou un code de département (93).", clip(text)))
		}
	}
	return a, nil
}

// readDate reads a date within bounds, both included.
func readDate(form *web.Form, field string, from, to clock.Date) clock.Date {
	d := form.Date(field)
	if !d.IsZero() && (d.Before(from) || d.After(to)) {
		form.Fail(field, fmt.Sprintf("Choisissez une date entre le %s et le %s.", from.French(), to.French()))
	}
	return d
}

// readDepartement accepts the code as people write it: "1" is 01, "2a" is 2A.
func (r *Room) readDepartement(form *web.Form, text string) territory.ID {
	id := territory.ID(strings.ToUpper(text))
	if len(id) == 1 {
		id = "0" + id
	}
	if t, ok := r.Places.Registry.Get(id); id != territory.France && (!ok || t.Kind != territory.Departement) {
		form.Fail(paramDepartement, fmt.Sprintf("« %s » n'est pas le code d'un département : écrivez par exemple 93, 2A ou 974, "+
			"ou FR pour toute la France.", clip(text)))
	}
	return id
}

// problem is the answer to a machine whose parameters are wrong; nil when they are right.
func (a asked) problem() error {
	if a.form.Valid() {
		return nil
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(a.form.Errors)) {
		parts = append(parts, paramError(name, a.form.Errors[name]))
	}
	return &web.Problem{Status: http.StatusBadRequest, Title: "Demande incomprise",
		Detail: strings.Join(parts, " "), Fields: a.form.Errors}
}

// paramError names the parameter at fault.
func paramError(name, message string) string {
	return fmt.Sprintf("Paramètre « %s » : %s.", name, strings.TrimSuffix(message, "."))
}

// asTyped is a control of an address's form. What was typed stays even when the control has
// no place for it: a choice that does not exist, a date that is none.
func (a asked) asTyped(c web.Field) web.Field {
	value := c.Value
	c = a.form.Field(c)
	if c.Error == "" {
		c.Value = value // as decoded: "1" is 01
		return c
	}
	switch c.Type {
	case "select":
		c.Options = append(c.Options, web.Option{Value: c.Value, Label: clip(c.Value) + " (inconnu)", Selected: true})
	case "date":
		c.Type = "text"
	}
	return c
}

// link is a path with the date asked for, when it is not today, and other parameters.
func (a asked) link(path string, pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	if a.date != a.today {
		v.Set(paramDate, a.date.String())
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// town is the address of a territory's duties on the same date.
func (a asked) town(id string) string { return a.link("/obligations/" + id) }

// clip keeps an echoed text short.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}
