// SPDX-License-Identifier: EUPL-1.2

package fiche

import (
	"strings"

	"maillage/internal/duty"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// dutyCard is one thing the law asks, as a card.
type dutyCard struct {
	Title, Reason, Next string
	Article, ArticleURL string
	Due, DueISO, When   string
	Why                 string // in a few words: the threshold and the article
	Badge               web.Badge
	Check               []string
}

// cards separates what the law asks now from what will come or comes on request.
func cards(s *subject) (now, later []dutyCard) {
	for _, d := range s.town.Duties {
		switch {
		case !d.Applies && d.State != duty.Transferred && d.State != duty.Upcoming:
		case d.State == duty.OnRequest, d.State == duty.Informed, d.State == duty.Upcoming:
			later = append(later, cardOf(d, s.today))
		default:
			now = append(now, cardOf(d, s.today))
		}
	}
	return now, later
}

func cardOf(d duty.Duty, today clock.Date) dutyCard {
	c := dutyCard{Title: d.Rule.Title, Reason: d.Reason, Next: d.NextStep, Article: d.Rule.Article,
		ArticleURL: d.Rule.ArticleURL(), Badge: d.State.Badge()}
	c.Why = shortWhy(d)
	if said := capital(d.StateLabel); said != c.Badge.Text {
		c.When = said + "."
	}
	if !d.Due.Before(today) { // a date that is past is in the words of the state
		c.Due, c.DueISO = d.Due.French(), d.Due.String()
	}
	for _, n := range d.Notes {
		if n.Check {
			c.Check = append(c.Check, n.Text)
		}
	}
	return c
}

// shortWhy is the reason in the space of a line: "plus de 10 000 habitants, article L. 214-1-3".
func shortWhy(d duty.Duty) string {
	article, _, _ := strings.Cut(d.Rule.Article, ",")
	who := "toutes les communes"
	if d.Rule.Above > 0 {
		who = "plus de " + french.Int(d.Rule.Above) + " habitants"
	}
	since := ""
	if !d.Rule.ValidFrom.IsZero() {
		since = ", depuis le " + d.Rule.ValidFrom.French()
	}
	return who + ", " + article + since
}

// shareCount takes the count of inhabitants, the same for all, out of the reasons, and returns
// it as one sentence to put above them; empty when there is none.
func shareCount(cards []dutyCard) (counted string) {
	for i := range cards {
		count, why, ok := splitCount(cards[i].Reason)
		if ok {
			counted, cards[i].Reason = count+".", capital(why)
		}
	}
	return counted
}

// splitCount parts "Bondy compte 50 762 habitants (population totale 2023), plus de 10 000 : la
// commune…" after the parenthesis.
func splitCount(reason string) (count, why string, ok bool) {
	i := strings.Index(reason, "habitants (")
	if i < 0 {
		return "", "", false
	}
	end := strings.Index(reason[i:], ")")
	if end < 0 {
		return "", "", false
	}
	count, why = reason[:i+end+1], reason[i+end+1:]
	for _, mark := range []string{", ", " : ", "\u00a0: "} {
		if rest, found := strings.CutPrefix(why, mark); found {
			return count, rest, true
		}
	}
	return "", "", false
}
