// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"slices"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
	"maillage/internal/territory"
)

// card is one duty as its section shows it.
type card struct {
	Code, Title          string
	Badge                web.Badge
	Explanation, Reason  string
	Article, ArticleHref string
	Facts                []web.Fact
	Next                 string
	Evidence             []evidenceLine
	Proofs               []string // what would fulfil it
	Record               string   // address of the form, empty when nothing can be recorded
	Notes, Checks        []string
}

// evidenceLine is a document recorded for a duty.
type evidenceLine struct {
	Label, Date, ISO    string
	Reference, Document string
	Withdraw            string // where to post to take it out
}

// cards sorts the duties of a territory into sections; what does not bind goes to a table.
func (h *handlers) cards(id territory.ID, t Town, a asked) ([]cardGroup, web.Table) {
	bound := cardGroup{ID: "s-appliquent", Title: "Ce qui s'applique " + onDate(a.date)}
	coming := cardGroup{ID: "a-venir", Title: "Ce qui viendra"}
	moved := cardGroup{ID: "ailleurs", Title: "Ce qu'une autre autorité exerce"}
	unsure := cardGroup{ID: "a-verifier", Title: "Ce qui reste à vérifier"}
	others := web.Table{ID: "autres", Caption: "Ce qui ne s'applique pas " + onDate(a.date) + ", et pourquoi", Quiet: true, Stack: true,
		Columns: []web.Column{{Label: "Obligation"}, {Label: "État"}, {Label: "Raison"}}}
	said := map[string]bool{}
	for _, d := range t.Duties {
		group := &bound
		switch {
		case d.Applies:
		case d.State == Upcoming:
			group = &coming
		case d.State == Transferred:
			group = &moved
		case d.State == Unknown:
			group = &unsure
		default:
			others.Rows = append(others.Rows, web.Row{Cells: []web.Cell{{Text: d.Rule.Title}, {Badge: d.State.Badge()}, {Text: web.Unbreakable(d.Reason)}}})
			continue
		}
		c := h.card(id, d, a)
		c.Notes = slices.DeleteFunc(c.Notes, func(n string) bool { return said[n] }) // once a page is enough
		for _, n := range c.Notes {
			said[n] = true
		}
		group.Cards = append(group.Cards, c)
	}
	groups := []cardGroup{bound, coming, moved, unsure}
	return slices.DeleteFunc(groups, func(g cardGroup) bool { return len(g.Cards) == 0 }), others
}

func (h *handlers) card(id territory.ID, d Duty, a asked) card {
	c := card{Code: d.Rule.Code, Title: d.Rule.Title, Badge: d.State.Badge(), Explanation: d.Rule.Explanation, Reason: d.Reason,
		Article: capital(d.Rule.Article), ArticleHref: d.Rule.ArticleURL(), Next: d.NextStep, Facts: factsOf(d, a)}
	if len(d.Rule.Evidence) > 0 && d.State != Transferred { // in other hands, the proof is theirs
		for _, e := range d.Rule.Evidence {
			c.Proofs = append(c.Proofs, e.Label)
		}
		if a.may(id) {
			c.Record = "/obligations/" + string(id) + "/preuves/nouvelle?obligation=" + d.Rule.Code
		}
	}
	for _, n := range d.Notes {
		if n.Check {
			c.Checks = append(c.Checks, n.Text)
		} else {
			c.Notes = append(c.Notes, n.Text)
		}
	}
	recorded, _ := h.Recorded(id)
	for _, e := range recorded {
		if !e.Date.After(a.date) && slices.ContainsFunc(d.Rule.Evidence, func(k EvidenceKind) bool { return k.Kind == e.Kind }) {
			line := lineOfEvidence(h.Rules, e, d.Rule.Code)
			if !a.may(id) {
				line.Withdraw = ""
			}
			c.Evidence = append(c.Evidence, line)
		}
	}
	return c
}

// factsOf are the dates and people of a duty.
func factsOf(d Duty, a asked) []web.Fact {
	var facts []web.Fact
	if said := capital(d.StateLabel); said != d.State.Badge().Text && d.State != Transferred {
		facts = append(facts, web.Fact{Label: "Où en est-on", Value: said})
	}
	if !d.Since.IsZero() {
		facts = append(facts, web.Fact{Label: "S'applique depuis", Value: "le " + d.Since.French()})
	}
	if !d.Due.IsZero() && !d.Due.Before(a.date) {
		label := "Prochaine date"
		if d.State == Covered {
			label = "Fin de la convention"
		}
		facts = append(facts, web.Fact{Label: label, Value: "le " + d.Due.French(), Note: Countdown(a.date, d.Due)})
	}
	if d.Rule.Recipient != "" && d.State != Transferred {
		facts = append(facts, web.Fact{Label: "Destinataire", Value: capital(d.Rule.Recipient)})
	}
	for _, t := range d.Holders {
		facts = append(facts, web.Fact{Label: "Autorité qui agit", Value: t.Name, Href: a.town(t.ID) + "#" + d.Rule.Code})
	}
	return facts
}

func lineOfEvidence(rules *Rules, e RecordedEvidence, code string) evidenceLine {
	l := evidenceLine{Label: capital(rules.evidenceLabel(e.Kind, code)), Date: e.Date.French(), ISO: e.Date.String(), Reference: e.Reference,
		Document: e.Document, Withdraw: "/obligations/" + e.Territory + "/preuves/" + e.ID + "/retirer"}
	if e.Year > 0 {
		l.Label += fmt.Sprintf(" pour %d", e.Year)
	}
	return l
}

// evidenceLabel names a kind of evidence; a kind that no rule has any more keeps its code.
// Rules may word it differently: code names the rule whose words are wanted, "" the first.
func (rs *Rules) evidenceLabel(kind, code string) string {
	label := kind
	for _, r := range slices.Backward(rs.all) {
		for _, k := range r.Evidence {
			if k.Kind == kind {
				if r.Code == code {
					return k.Label
				}
				label = k.Label
			}
		}
	}
	return label
}

// ctgCard is a recorded convention: what it covers and what it lacks.
type ctgCard struct {
	Title, Period       string
	Badge               web.Badge
	Reference, Document string
	Sentence            string
	Found               []foundItem
	Missing             []string
	Complete, Withdraw  string // addresses: read on, take out
}

// foundItem is an item of the scheme and the page of the convention where it is.
type foundItem struct {
	Label string
	Page  int // 0: not noted
}

// conventions shows the conventions of a territory that may stand for a scheme.
func (p *townPage) conventions(h *handlers, id territory.ID, t Town) {
	if t.Territory.Kind == Departement {
		return
	}
	base := "/obligations/" + string(id) + "/ctg/"
	p.NewCTG = base + "nouvelle"
	_, ctgs := h.Recorded(id)
	today := clock.On(h.clock())
	for _, c := range ctgs {
		v := ctgCard{Title: strings.TrimSpace("Convention territoriale globale " + c.years()), Reference: c.Reference, Document: c.Document,
			Period: "du " + c.From.French() + " au " + c.To.French(), Badge: periodBadge(c.From, c.To, today),
			Complete: base + "nouvelle?modele=" + c.ID, Withdraw: base + c.ID + "/retirer"}
		missing := c.Missing()
		for _, item := range SchemeItems() {
			if slices.Contains(missing, item) {
				v.Missing = append(v.Missing, item.Label)
			} else {
				v.Found = append(v.Found, foundItem{item.Label, c.Pages[item.Code]})
			}
		}
		v.Sentence = fmt.Sprintf("%s sur %d y sont relevés.", french.Plural(len(v.Found), "élément", "éléments"), len(SchemeItems()))
		if len(missing) == 0 {
			v.Sentence = "Les onze éléments du décret y sont relevés : elle tient lieu de schéma (article L. 214-2, III, du code de l'action sociale et des familles)."
		} else if len(v.Found) < 2 {
			v.Sentence = fmt.Sprintf("%s sur %d y est relevé.", french.Plural(len(v.Found), "élément", "éléments"), len(SchemeItems()))
		}
		p.CTGs = append(p.CTGs, v)
	}
}

func periodBadge(from, to, today clock.Date) web.Badge {
	switch {
	case today.Before(from):
		return web.Badge{Kind: web.Pending, Text: "À venir"}
	case !to.IsZero() && today.After(to):
		return web.Badge{Kind: web.Neutral, Text: "Terminée"}
	}
	return web.Badge{Kind: web.Success, Text: "En cours"}
}

// takenOut is something withdrawn that can be put back.
type takenOut struct{ Text, Restore string }

func (h *handlers) takenOut(id territory.ID) []takenOut {
	var list []takenOut
	evidence, ctgs := h.Withdrawn(id)
	for _, e := range evidence {
		list = append(list, takenOut{h.describe(e) + ", retirée le " + clock.On(e.Withdrawn).French(),
			"/obligations/" + e.Territory + "/preuves/" + e.ID + "/remettre"})
	}
	for _, c := range ctgs {
		list = append(list, takenOut{describeCTG(c) + ", retirée le " + clock.On(c.Withdrawn).French(),
			"/obligations/" + c.Territory + "/ctg/" + c.ID + "/remettre"})
	}
	return list
}

func (h *handlers) describe(e RecordedEvidence) string {
	return fmt.Sprintf("%s (%s, %s)", capital(h.Rules.evidenceLabel(e.Kind, "")), e.Reference, e.Date.French())
}

func describeCTG(c RecordedCTG) string {
	return fmt.Sprintf("Convention territoriale globale (%s, du %s au %s)", c.Reference, c.From.French(), c.To.French())
}

// doneNotice confirms what was just done and offers to undo it.
type doneNotice struct {
	Title, Text   string
	Action, Label string // where to post, and the words of the button
}

// What the address says was just done.
const (
	evidenceAdded, evidenceTaken, evidenceBack = "preuve", "preuve-retiree", "preuve-remise"
	ctgAdded, ctgTaken, ctgBack                = "ctg", "ctg-retiree", "ctg-remise"
)

// doneNotice answers ?fait=…&id=…; nil when it does not match what is recorded.
func (h *handlers) doneNotice(id territory.ID, a asked) *doneNotice {
	what, which := a.form.Text("fait"), a.form.Text("id")
	titles := map[string]string{evidenceAdded: "Preuve enregistrée", evidenceTaken: "Preuve retirée", evidenceBack: "Preuve remise",
		ctgAdded: "Convention enregistrée", ctgTaken: "Convention retirée", ctgBack: "Convention remise"}
	n := &doneNotice{Title: titles[what]}
	counts := what != evidenceTaken && what != ctgTaken
	verb := "retirer"
	n.Label = "Annuler"
	if !counts {
		verb = "remettre"
	}
	evidence, ctgs := h.recorded(id, counts)
	switch what {
	case evidenceAdded, evidenceTaken, evidenceBack:
		for _, e := range evidence {
			if e.ID == which {
				n.Text, n.Action = h.describe(e)+".", "/obligations/"+string(id)+"/preuves/"+e.ID+"/"+verb
			}
		}
	case ctgAdded, ctgTaken, ctgBack:
		for _, c := range ctgs {
			if c.ID == which {
				n.Text, n.Action = describeCTG(c)+".", "/obligations/"+string(id)+"/ctg/"+c.ID+"/"+verb
			}
		}
	}
	if n.Action == "" {
		return nil
	}
	return n
}
