// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

type publicPage struct {
	web.Page
	Controller []web.Fact
	Missing    []string
	Contact    string
	Count      string
	Kept       []keptGroup
	Backups    string
}

// keptGroup is a processing in plain words.
type keptGroup struct {
	ID, Title, Purpose, Life string
	Facts                    []web.Fact
}

var publicTemplate = web.NewTemplate[publicPage](pageFiles, "pages/public.html")

// publicPage says what is kept of people, from the dictionary itself.
func (r *Room) publicPage(w http.ResponseWriter, req *http.Request) error {
	set, err := r.Settings(req.Context())
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store") // it changes with the settings, that no version of data tells
	p := publicPage{Page: web.Page{Title: "Vos données personnelles", Lead: "Ce que ce service garde de vous, pourquoi, combien de temps, et comment le voir ou l'effacer.",
		Description: "Données personnelles gardées par ce service, durées, droits et contact."},
		Controller: controllerFacts(set, "responsable", "responsable-adresse", "dpo", "hebergeur"),
		Missing:    set.Missing(), Contact: set.Text("responsable-contact"), Backups: set.Text("sauvegardes")}
	columns := 0
	for _, t := range r.Dictionary.Processings {
		g := r.kept(t, set)
		columns += len(r.described(t))
		p.Kept = append(p.Kept, g)
	}
	p.Count = french.Plural(columns, "donnée", "données") + " dans " + french.Plural(len(p.Kept), "traitement", "traitements")
	return publicTemplate.Render(w, req, http.StatusOK, p)
}

// kept tells a processing to whom it is about.
func (r *Room) kept(t *Processing, set Settings) keptGroup {
	return keptGroup{ID: "t-" + t.Name, Title: t.Title, Purpose: t.Purpose, Life: r.lifeInWords(t.Category, set), Facts: []web.Fact{
		{Label: "De qui", Value: t.Persons},
		{Label: "Quoi", Value: strings.Join(plain(r.described(t)), " ; ")},
		{Label: "Qui peut le lire", Value: t.Readers},
		{Label: "D'où cela vient", Value: t.Origin},
		{Label: "Au nom de quoi", Value: t.Basis.French()},
	}}
}

// plain leaves out of a list what only machines read, and says so once.
func plain(list []string) []string {
	var kept []string
	machine := false
	for _, s := range list {
		if strings.HasPrefix(s, "Identifiant") || strings.HasPrefix(s, "Empreinte") {
			machine = true
			continue
		}
		kept = append(kept, s)
	}
	if machine {
		kept = append(kept, "Identifiants et empreintes techniques")
	}
	return kept
}

// described is what the personal columns of a processing hold, each said once.
func (r *Room) described(p *Processing) []string {
	var list []string
	for _, t := range r.Dictionary.Tables {
		if t.of != p {
			continue
		}
		for _, c := range t.order {
			if !slices.Contains(list, t.Personal[c]) {
				list = append(list, t.Personal[c])
			}
		}
	}
	return list
}

// lifeInWords is how long a category is kept on this service.
func (r *Room) lifeInWords(name string, set Settings) string {
	c := category(name)
	if c == nil {
		return ""
	}
	l := set.Life(*c)
	if l.Days == 0 {
		return c.Why
	}
	if !l.On && c.Own > 0 {
		l.Days = c.Own
	}
	said := french.Plural(l.Days, "jour", "jours") + " après " + c.From
	if !l.Chosen {
		said += " (durée proposée, à valider par le délégué à la protection des données)"
	}
	if !l.On && c.Own == 0 {
		said += ", quand l'administration du service le décide"
	}
	return said
}

// controllerFacts are settings as facts; what was not filled in says so.
func controllerFacts(set Settings, names ...string) []web.Fact {
	var list []web.Fact
	for _, c := range controllerSettings {
		if !slices.Contains(names, c.name) {
			continue
		}
		f := web.Fact{Label: c.label, Value: set.Text(c.name)}
		if c.name == "dpo" && set.Text("dpo-contact") != "" {
			f.Note = set.Text("dpo-contact")
		}
		if f.Value == "" {
			f.Value, f.Badge = "", web.Badge{Kind: web.Warning, Text: "à renseigner par l'administration du service"}
		}
		list = append(list, f)
	}
	return list
}
