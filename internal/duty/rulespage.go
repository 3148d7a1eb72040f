// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

// rulesPage is what the law asks, rule by rule, with its sources and its doubts.
type rulesPage struct {
	web.Page
	Index    web.Table
	Groups   []ruleGroup
	Readings []string
	Sources  []web.Source
}

type ruleGroup struct {
	ID, Title string
	Rules     []ruleCard
}

// ruleCard is one version of a rule.
type ruleCard struct {
	ID, Title, Explanation string
	Badge                  web.Badge
	Article, ArticleHref   string
	Facts                  []web.Fact
	Proofs, CTG, Doubts    []string
	Sources                []web.Link
}

var rulesTemplate = web.NewTemplate[rulesPage](pageFiles, "pages/rules.html", "pages/parts.html")

// lawReadings are the readings that this room takes where the law is silent or can be read
// in two ways; doc.go gives them to those who read the code.
var lawReadings = []string{
	PopulationNote,
	"Un groupement n'exerce que les compétences qui lui ont été expressément transférées. Sa population, pour une compétence, est la somme de celles " +
		"des communes qui lui ont transféré cette compétence ; le texte peut aussi se lire comme la somme des communes qui lui en ont transféré une au moins. " +
		"Quand les deux sommes ne sont pas du même côté d'un seuil, la page le dit.",
	"Le relais petite enfance suit les compétences « informer » et « soutenir la qualité » : si elles sont dans des mains différentes, " +
		"un relais unique, convenu entre les deux autorités, répond à l'une et à l'autre.",
	"L'avis préalable sur un projet d'établissement suit la compétence « planifier » : une commune qui ne l'exerce pas et ne l'a pas transférée " +
		"indique au porteur du projet qu'aucun avis n'est requis.",
	CountingNote,
	"La loi ne prévoit pas de maintien : une commune qui repasse sous un seuil n'est plus tenue. La baisse est annoncée, et rien n'est effacé.",
	"Aucune sanction n'a été trouvée pour l'absence de schéma, et le comité départemental ne peut pas se saisir d'une commune : " +
		"cette application parle d'étapes qui restent, jamais de faute.",
}

func (h *handlers) rules(w http.ResponseWriter, r *http.Request) error {
	a, err := h.ask(r, h.clock())
	if err != nil {
		return err
	}
	p := rulesPage{
		Page: web.Page{Title: "Ce que la loi demande", Nav: section,
			Lead: fmt.Sprintf("%s, avec pour chacune qui elle concerne, depuis quand, ce qui en fait preuve, le texte à lire et ce qui reste à vérifier.",
				french.Plural(len(h.Rules.Codes()), "règle", "règles")),
			Crumbs:    []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Obligations", Href: "/obligations"}},
			Downloads: downloads(a, "/obligations/regles")},
		Index: rulesIndex(h.Rules), Groups: ruleGroups(h.Rules, a.today), Readings: lawReadings,
	}
	for _, s := range h.Rules.Sources() {
		p.Sources = append(p.Sources, web.Source{Name: s.Title, Href: s.Address, Vintage: "lu le " + s.Read.French()})
	}
	return rulesTemplate.Render(w, r, http.StatusOK, p)
}

// ruleGroups gathers the rules by whom they look at.
func ruleGroups(rules *Rules, today clock.Date) []ruleGroup {
	groups := []ruleGroup{{ID: "autorites", Title: "Pour l'autorité organisatrice : la commune, ou celle à qui elle a transféré la compétence"},
		{ID: "gestionnaires", Title: "Pour les gestionnaires d'établissements"}, {ID: "communes", Title: "Pour la commune, quoi qu'elle ait transféré"},
		{ID: "departement", Title: "Au niveau du département"}}
	at := map[Who]int{ToHolder: 0, ToOperator: 1, ToTown: 2, ToDepartment: 3}
	seen := map[string]int{}
	for _, r := range rules.All() {
		g := &groups[at[r.Who]]
		seen[r.Code]++
		g.Rules = append(g.Rules, ruleCardOf(r, seen[r.Code], today))
	}
	return groups
}

func ruleCardOf(r Rule, version int, today clock.Date) ruleCard {
	c := ruleCard{ID: r.Code, Title: r.Title, Explanation: r.Explanation, Badge: versionBadge(r, today),
		Article: capital(r.Article), ArticleHref: r.ArticleURL(), Doubts: r.Doubts,
		Facts: []web.Fact{{Label: "Qui", Value: capital(whoWords(r))}, {Label: "En vigueur", Value: forceWords(r)}, {Label: "Date limite", Value: dueWords(r)}}}
	if version > 1 {
		c.ID = fmt.Sprintf("%s-%d", r.Code, version)
	}
	if r.Recipient != "" {
		c.Facts = append(c.Facts, web.Fact{Label: "Destinataire", Value: capital(r.Recipient)})
	}
	if r.NextStep != "" {
		c.Facts = append(c.Facts, web.Fact{Label: "Le plus court chemin", Value: r.NextStep})
	}
	for _, e := range r.Evidence {
		c.Proofs = append(c.Proofs, e.Label)
	}
	for _, item := range SchemeItems() {
		if slices.Contains(r.CTGItems, item.Code) {
			c.CTG = append(c.CTG, item.Label)
		}
	}
	for _, s := range r.Sources {
		c.Sources = append(c.Sources, web.Link{Label: s.Title, Href: s.Address, Note: "lu le " + s.Read.French()})
	}
	return c
}

func versionBadge(r Rule, today clock.Date) web.Badge {
	switch {
	case r.Nature == Right:
		return web.Badge{Kind: web.Info, Text: "Un droit"}
	case r.ValidFrom.After(today):
		return web.Badge{Kind: web.Pending, Text: "À venir"}
	case !r.InForce(today):
		return web.Badge{Kind: web.Neutral, Text: "Version passée"}
	}
	return web.Badge{Kind: web.Success, Text: "En vigueur"}
}

// whoWords says whom a rule binds.
func whoWords(r Rule) string {
	who := "l'autorité qui exerce " + competences(r.Competences)
	if r.Who == ToTown {
		who = "la commune"
	}
	switch {
	case r.Who == ToOperator || r.Who == ToDepartment:
		return r.Subject
	case len(r.Competences) == 0 && r.Who == ToHolder:
		who = "l'autorité organisatrice"
	}
	if r.Above == 0 {
		return who + ", quelle que soit la population"
	}
	who += ", au-dessus de " + inhabitants(r.Above)
	if r.Optional {
		who += " (facultatif en deçà)"
	}
	return who
}

func forceWords(r Rule) string {
	if r.ValidTo.IsZero() {
		return "depuis le " + r.ValidFrom.French()
	}
	return "du " + r.ValidFrom.French() + " au " + r.ValidTo.French()
}

func dueWords(r Rule) string {
	switch r.Due.Kind {
	case DueInForce:
		return "dès l'entrée en vigueur, ou dès que le seuil est dépassé"
	case DueYearly:
		return "chaque année, le " + strings.TrimSuffix(r.Due.on(2023).French(), " 2023")
	case DueMonths:
		return french.Plural(r.Due.Months, "mois", "mois") + " à compter " + eventWords(r.Due.Event)
	}
	return "la loi n'en fixe pas"
}

// eventWords names the event from which months are counted.
func eventWords(event string) string {
	switch event {
	case "dossier-complet":
		return "du dossier complet"
	case "actualisation-adoptee":
		return "de l'adoption de l'actualisation"
	case "elections-municipales":
		return "des élections municipales"
	}
	return "de l'événement « " + event + " »"
}

func rulesIndex(rules *Rules) web.Table {
	t := web.Table{ID: "regles", Caption: "Les règles en un coup d'œil", Stack: true,
		Columns: []web.Column{{Label: "Règle"}, {Label: "Qui"}, {Label: "En vigueur"}, {Label: "Article"}}}
	for _, r := range rules.All() {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: r.Title, Href: "#" + r.Code}, {Text: whoWords(r)}, {Text: forceWords(r)}, {Text: r.Article, Href: r.ArticleURL()}}})
	}
	return t
}

var rulesHeader = []string{"code", "titre", "nature", "qui", "seuil_strict", "debut", "fin", "date_limite", "destinataire", "article", "lien", "preuves", "a_verifier"}

func ruleRows(rules *Rules) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, r := range rules.All() {
			var proofs []string
			for _, e := range r.Evidence {
				proofs = append(proofs, e.Label)
			}
			if !yield([]any{r.Code, r.Title, string(r.Nature), whoWords(r), r.Above, r.ValidFrom.String(), r.ValidTo.String(), dueWords(r),
				r.Recipient, r.Article, r.ArticleURL(), strings.Join(proofs, " ; "), strings.Join(r.Doubts, " ")}) {
				return
			}
		}
	}
}

// jsonRule is a version of a rule as machines read it.
type jsonRule struct {
	Code        string            `json:"code"`
	Titre       string            `json:"titre"`
	Nature      Nature            `json:"nature"`
	Explication string            `json:"explication"`
	Qui         string            `json:"qui"`
	Competences []Competence      `json:"competences,omitempty"`
	Seuil       int               `json:"seuil_strict"`
	Debut       string            `json:"debut"`
	Fin         string            `json:"fin,omitempty"`
	Limite      string            `json:"date_limite"`
	Article     string            `json:"article"`
	Preuves     map[string]string `json:"preuves"`
	Sources     []string          `json:"sources"`
	AVerifier   []string          `json:"a_verifier,omitempty"`
}

func (h *handlers) rulesFile(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.ask(r, h.clock()); err != nil {
		return err
	}
	switch _, ext := suffix(r.URL.Path); ext {
	case ".csv":
		return sendCSV(w, r, "regles", rulesHeader, ruleRows(h.Rules))
	case ".xlsx":
		return sendXLSX(w, r, "regles", []sheet.OutSheet{{Name: "Règles", Header: rulesHeader, Rows: ruleRows(h.Rules), Notes: lawReadings}})
	}
	list := []jsonRule{}
	for _, v := range h.Rules.All() {
		j := jsonRule{Code: v.Code, Titre: v.Title, Nature: v.Nature, Explication: v.Explanation, Qui: whoWords(v), Competences: v.Competences,
			Seuil: v.Above, Debut: v.ValidFrom.String(), Fin: v.ValidTo.String(), Limite: dueWords(v), Article: v.Article,
			Preuves: map[string]string{}, AVerifier: v.Doubts}
		for _, e := range v.Evidence {
			j.Preuves[e.Kind] = e.Label
		}
		for _, s := range v.Sources {
			j.Sources = append(j.Sources, s.Address)
		}
		list = append(list, j)
	}
	return web.JSON(w, r, map[string]any{"regles": list, "lectures": lawReadings})
}
