// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"net/http"

	"maillage/internal/people/policy"
	"maillage/internal/platform/web"
)

// rightsPage is the policy table as people read it.
type rightsPage struct {
	web.Page
	Strong  []string
	Table   web.Table
	Reaches []web.Fact
}

var rightsTemplate = web.NewTemplate[rightsPage](pageFiles, "pages/rights.html", "pages/parts.html")

// reachWords are the reaches in words.
var reachWords = map[policy.Reach]struct{ short, long string }{
	policy.Self:    {"pour soi", "Ce qui concerne son propre compte."},
	policy.Commune: {"sa commune", "Le territoire de son organisation."},
	policy.Holder:  {"son autorité organisatrice", "Son territoire, et les communes qui lui ont transféré la compétence."},
	policy.Body:    {"ses instances", "Les instances où l'on siège."},
	policy.Home:    {"le département", "Tous les territoires du département, et ce qui leur est commun."},
	policy.Service: {"tout le service", "Tout, réglages compris."},
}

func (r *Room) rightsPage(w http.ResponseWriter, req *http.Request) error {
	p := rightsPage{Page: web.Page{Title: "Qui peut quoi", Nav: section, Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}},
		Lead:        "Chacun agit sous une fonction, et une fonction donne des droits. Ce qui n'est pas écrit ici n'est permis à personne.",
		Description: "La table des droits du service : quelle fonction permet quoi, et jusqu'où."},
		Table: web.Table{ID: "droits", Caption: "Les droits, un par ligne", Quiet: true, Stack: true, Columns: []web.Column{{Label: "Droit"}, {Label: "Qui, et jusqu'où"}}}}
	for _, h := range policy.Hats() {
		if h.Strong() {
			p.Strong = append(p.Strong, h.Label())
		}
	}
	for _, reach := range []policy.Reach{policy.Self, policy.Commune, policy.Holder, policy.Body, policy.Home, policy.Service} {
		p.Reaches = append(p.Reaches, web.Fact{Label: capital(reachWords[reach].short), Value: reachWords[reach].long})
	}
	for _, row := range r.Policy.Rows() {
		p.Table.Rows = append(p.Table.Rows, web.Row{Cells: []web.Cell{{Text: row.Label}, {Text: whoMay(row)}}})
	}
	return rightsTemplate.Render(w, req, http.StatusOK, p)
}

// whoMay is a row in words, hats of one reach together.
func whoMay(row policy.Row) string {
	if row.All == policy.Self {
		return "Toute personne connectée, pour soi."
	}
	by, count := map[policy.Reach]string{}, map[policy.Reach]int{}
	var order []policy.Reach
	for _, h := range policy.Hats() {
		reach := row.Reach[h]
		if reach == policy.Nowhere {
			continue
		}
		if count[reach]++; count[reach] == 1 {
			order = append(order, reach)
			by[reach] = h.Label()
		} else {
			by[reach] += ", " + h.Label()
		}
	}
	said := ""
	for _, reach := range order {
		who := by[reach]
		if count[reach] == len(policy.Hats()) {
			who = "Toutes les fonctions"
		}
		said += who + " : " + reachWords[reach].short + ". "
	}
	if said == "" {
		return "Personne."
	}
	return said
}
