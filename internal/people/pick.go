// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// pick is a field where a name is typed, with suggestions, and found on the server: one answer
// is taken, several are offered as choices, none is an error.
type pick struct {
	web.Field
	Among   []string // suggestions
	Choices *web.Field
}

// choice is one thing a pick may find.
type choice struct{ id, label string }

const maxSuggestions = 400

// resolve finds what was typed in a field among all; the choice field bears its name and "-choix".
func resolve(form *web.Form, name string, all []choice, what string) (id string, hesitates []choice) {
	typed := form.Text(name)
	if typed == "" {
		return "", nil
	}
	folded := french.Fold(typed)
	var near []choice
	for _, c := range all {
		switch {
		case c.id == typed, french.Fold(c.label) == folded:
			near = append(near, c)
			if c.id == typed || c.label == typed {
				return c.id, nil
			}
		case allIn(french.Fold(c.label), folded):
			near = append(near, c)
		}
	}
	picked := form.Text(name + "-choix")
	switch {
	case slices.ContainsFunc(near, func(c choice) bool { return c.id == picked }):
		return picked, nil
	case len(near) == 1:
		return near[0].id, nil
	case len(near) == 0:
		form.Fail(name, fmt.Sprintf("%s ne répond au nom de « %s ». Vérifiez la frappe.", what, clip(typed)))
		return "", nil
	}
	near = near[:min(len(near), 12)]
	form.Fail(name+"-choix", fmt.Sprintf("Plusieurs réponses à « %s » : choisissez.", clip(typed)))
	return "", near
}

func allIn(label, typed string) bool {
	for _, w := range strings.Fields(typed) {
		if !strings.Contains(label, w) {
			return false
		}
	}
	return typed != ""
}

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// field is the pick as the form shows it.
func pickField(form *web.Form, f web.Field, all, hesitates []choice) pick {
	p := pick{Field: form.Field(f)}
	for _, c := range all[:min(len(all), maxSuggestions)] {
		p.Among = append(p.Among, c.label)
	}
	if len(hesitates) > 0 {
		radio := web.Field{Name: f.Name + "-choix", Label: "Laquelle de ces réponses ?", Type: "radio", Required: true}
		for _, c := range hesitates {
			radio.Options = append(radio.Options, web.Option{Value: c.id, Label: c.label})
		}
		radio = form.Field(radio)
		p.Choices = &radio
	}
	return p
}

// organisationChoices are all organisations; a name borne twice says its kind and place.
func (r *Room) organisationChoices(ctx context.Context) ([]choice, error) {
	list, err := db.Query(ctx, r.DB.Read(), scanOrganisation, `
		select `+organisationColumns+` from people_organisation o
		where o.merged_into = '' and o.deleted_at = ''
		order by o.folded, o.id
		limit 5000`)
	count := map[string]int{}
	for _, o := range list {
		count[o.Name]++
	}
	all := make([]choice, len(list))
	for i, o := range list {
		label := o.Name
		if count[o.Name] > 1 {
			label += ", " + strings.TrimSuffix(o.Kind.Label()+", "+r.placeLabel(o.Territory), ", ")
		}
		all[i] = choice{o.ID, label}
	}
	return all, err
}

// personChoices are the persons that who asks may choose among, "Prénom Nom, Organisation": all
// with a current post for who reads the directory, else colleagues only.
func (r *Room) personChoices(req *http.Request, except string) ([]choice, error) {
	ctx, today := req.Context(), r.Today()
	list, _, err := r.Persons(ctx, Query{Day: today, Limit: 5000})
	if err != nil {
		return nil, err
	}
	ties, err := r.tiesByPerson(ctx, list)
	if err != nil {
		return nil, err
	}
	everyone := web.May(req, readDirectory, web.Scope{})
	mine := map[string]bool{}
	for _, t := range ties[me(req)] {
		mine[t.Org.ID] = t.On(today) || mine[t.Org.ID]
	}
	var all []choice
	for _, p := range list {
		label, colleague := p.Name(), false
		for _, t := range ties[p.ID] {
			if !t.On(today) {
				continue
			}
			colleague = colleague || mine[t.Org.ID]
			if label == p.Name() {
				label += ", " + t.Org.Name
			}
		}
		if p.ID != except && (everyone || colleague) {
			all = append(all, choice{p.ID, label})
		}
	}
	return all, nil
}

// tiesByPerson reads the posts of a list of persons, in batches.
func (r *Room) tiesByPerson(ctx context.Context, list []Person) (map[string][]Tie, error) {
	all := map[string][]Tie{}
	const batch = 200
	for start := 0; start < len(list); start += batch {
		var ids []string
		for _, p := range list[start:min(start+batch, len(list))] {
			ids = append(ids, p.ID)
		}
		by, err := r.tiesOf(ctx, r.DB.Read(), ids)
		if err != nil {
			return nil, err
		}
		for id, ties := range by {
			all[id] = ties
		}
	}
	return all, nil
}

// placeChoices are the territories that a form suggests: those of the département, the others
// are found by their name or code.
func (r *Room) placeChoices() []choice {
	reg, home := r.Places.Registry, r.Places.Home
	var all []choice
	add := func(list []*territory.Territory) {
		for _, t := range list {
			all = append(all, choice{string(t.ID), t.Name + " (" + string(t.ID) + ")"})
		}
	}
	if t, ok := reg.Get(home); ok {
		add([]*territory.Territory{t})
		if region, ok := reg.Get(t.Region); ok {
			add([]*territory.Territory{region})
		}
	}
	add(reg.In(home, territory.Commune))
	add(reg.In(home, territory.EPCI))
	add(reg.In(home, territory.EPT))
	for _, s := range r.Places.State().Syndicats {
		all = append(all, choice{string(s.ID), s.Name + " (" + string(s.ID) + ")"})
	}
	return all
}

// placeOf finds the territory typed: one of the suggestions, else any of France.
func (r *Room) placeOf(form *web.Form, name string) (territory.ID, []choice) {
	typed := form.Text(name)
	for _, c := range r.placeChoices() {
		if typed == c.label || french.Fold(typed) == french.Fold(c.label) {
			return territory.ID(c.id), nil
		}
	}
	code := typed
	if i := strings.LastIndexByte(typed, '('); i >= 0 {
		code = strings.TrimSuffix(typed[i+1:], ")")
	}
	if t, ok := r.Places.Registry.Get(territory.ID(strings.ToUpper(strings.TrimSpace(code)))); ok {
		return t.ID, nil
	}
	var near []choice
	for _, h := range r.Places.Registry.SearchNear(typed, r.Places.Home, 12) {
		c := choice{string(h.Territory.ID), h.Territory.Name + " (" + string(h.Territory.ID) + ")"}
		if french.Fold(h.Territory.Name) == french.Fold(typed) && h.Territory.Departement == r.Places.Home {
			return h.Territory.ID, nil
		}
		near = append(near, c)
	}
	id, hesitates := resolve(form, name, near, "Aucun territoire")
	return territory.ID(id), hesitates
}

// onPerson is the scope of a route that names a person: themself.
func (r *Room) onPerson(req *http.Request) (web.Scope, error) {
	p, err := r.personAsIs(req.Context(), r.DB.Read(), req.PathValue("id"))
	if err != nil {
		return web.Scope{}, foreign(err)
	}
	return web.Scope{Person: p.ID}, nil
}

// onOrganisation is the scope of a route that names an organisation: the directory is a common
// good, so it is the service as a whole once the organisation exists.
func (r *Room) onOrganisation(req *http.Request) (web.Scope, error) {
	_, err := r.organisationAsIs(req.Context(), r.DB.Read(), req.PathValue("id"))
	return web.Scope{}, foreign(err)
}
