// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// transferArticle is the text that lets a grouping act, and counts its inhabitants.
const transferArticle = "article L. 214-1-3, III, du code de l'action sociale et des familles"

// PopulationNote says, for a page, which population the thresholds look at and how sure that is.
const PopulationNote = "Les seuils se lisent sur la population totale en vigueur à la date choisie, strictement au-dessus. " +
	"Pour un groupement, la loi le dit (article L. 214-1-3, III) ; pour une commune seule, elle dit « habitants » : " +
	"la population totale est retenue par rapprochement, à vérifier."

// figure is the population that a rule looks at.
type figure struct {
	count       int // inhabitants
	municipal   int // the same by population municipale
	known       bool
	byMunicipal bool       // population totale unknown: municipale used
	sum         bool       // of several communes
	same        bool       // a sum of populations of one year
	last        Population // the population used; of a sum, the first one
	on          clock.Date // the day on which a sum was made
	missing     string     // communes of a sum whose population is unknown
}

// text is how to say it: "112 549 habitants (population totale 2023, en vigueur au 1er janvier 2026)".
func (f figure) text() string {
	switch {
	case f.sum:
		when := ", en vigueur au " + f.on.French()
		if f.same && f.known {
			when = fmt.Sprintf(" %d%s", f.last.Year, standing(f.last))
		}
		return fmt.Sprintf("%s (%s%s)", inhabitants(f.count),
			measure(!f.byMunicipal, "somme des populations totales", "somme de populations en partie municipales"), when)
	case !f.known:
		return "un nombre d'habitants non renseigné à cette date"
	}
	return fmt.Sprintf("%s (population %s %d%s)",
		inhabitants(f.count), measure(f.last.TotalKnown, "totale", "municipale"), f.last.Year, standing(f.last))
}

func (f figure) straddles(threshold int) bool {
	return f.count > threshold && f.municipal <= threshold && f.municipal > 0
}

// InForce is the population in force on the day d: the youngest whose date is not after d.
func InForce(populations []Population, d clock.Date) (Population, bool) {
	var best Population
	found := false
	for _, p := range populations {
		if !p.InForce.After(d) && (!found || p.InForce.After(best.InForce)) {
			best, found = p, true
		}
	}
	return best, found
}

func ownFigure(f Facts, d clock.Date) figure {
	p, ok := InForce(f.Populations, d)
	if !ok {
		return figure{}
	}
	return figure{count: p.Count(), municipal: p.Municipal, known: true, byMunicipal: !p.TotalKnown, last: p}
}

// standing says since when the figure holds, or that it is only the last one known.
func standing(p Population) string {
	if p.Missing > 0 {
		return ", la dernière connue"
	}
	return ", en vigueur au " + p.InForce.French()
}

// sumFigure adds the populations in force on d of the communes that transferred.
func sumFigure(from []Transfer, d clock.Date) figure {
	f := figure{sum: true, same: true, on: d}
	var missing []string
	for _, t := range from {
		p, ok := InForce(t.Populations, d)
		if !ok {
			missing = append(missing, t.Commune.Name)
			continue
		}
		if !f.known {
			f.last = p
		}
		f.same = f.same && p.Year == f.last.Year && p.InForce == f.last.InForce && p.Missing == f.last.Missing
		f.known = true
		f.count += p.Count()
		f.municipal += p.Municipal
		f.byMunicipal = f.byMunicipal || !p.TotalKnown
	}
	f.missing = strings.Join(missing, ", ")
	return f
}

func measure(total bool, yes, no string) string {
	if total {
		return yes
	}
	return no
}

func inhabitants(n int) string {
	return french.Plural(n, "habitant", "habitants")
}

// actor is the territory as the subject of what the law asks.
func (h *hearing) actor() string {
	if h.rule.Subject != "" {
		return h.rule.Subject
	}
	switch h.facts.Territory.Kind {
	case EPCI:
		return "l'intercommunalité"
	case EPT:
		return "l'établissement public territorial"
	case Syndicat:
		return "le syndicat"
	default:
		return "la commune"
	}
}

// counted opens a sentence: who has how many inhabitants.
func (h *hearing) counted() string {
	name := h.facts.Territory.Name
	if h.facts.Territory.Kind == Commune {
		return name + " compte " + h.figure.text()
	}
	verb := "qui comptent ensemble"
	if len(h.from) == 1 {
		verb = "qui compte"
	}
	return fmt.Sprintf("%s exerce %s pour %s %s %s", name, competences(h.held),
		french.Plural(len(h.from), "commune", "communes"), verb, h.figure.text())
}

// competences is « la compétence « planifier » » or « les compétences « a » et « b » ».
func competences(cs []Competence) string {
	quoted := make([]string, len(cs))
	for i, c := range cs {
		quoted[i] = "« " + c.Label() + " »"
	}
	if len(quoted) == 1 {
		return "la compétence " + quoted[0]
	}
	return "les compétences " + and(quoted)
}

func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " et " + words[len(words)-1]
}

// boundSentence says why the rule binds, now or from its first day.
func (h *hearing) boundSentence() string {
	why, when := fmt.Sprintf(", plus de %s :", french.Int(h.rule.Above)), ""
	switch {
	case h.rule.Above == 0 && h.facts.Territory.Kind == Commune:
		why, when = " :", " quelle que soit sa population,"
	case h.rule.Above == 0:
		why = " :"
	case h.figure.count <= h.rule.Above && len(h.from) > 0:
		why = " ; la compétence lui est transférée, quelle que soit la population :"
	case h.figure.count <= h.rule.Above:
		why = " et exerce par choix " + competences(h.held) + " :"
	}
	if h.rule.ValidFrom.After(h.date) {
		from := " à compter du " + h.rule.ValidFrom.French()
		if when == "" {
			when = from + ","
		} else {
			when = from + " et" + when
		}
	}
	return fmt.Sprintf("%s%s%s %s %s (%s).", h.counted(), why, when, h.actor(), h.rule.Asks, h.rule.Article)
}

func (h *hearing) notBoundSentence() string {
	may := ""
	if h.rule.Optional {
		may = " et reste facultative en deçà"
	}
	if h.rule.Fulfilment == ByRequest {
		return fmt.Sprintf("%s et n'exerce pas la compétence « planifier », obligatoire au-dessus de %s : aucun avis ne lui est demandé (%s).",
			h.counted(), inhabitants(h.rule.Above), h.rule.Article)
	}
	if h.figure.count == h.rule.Above {
		return fmt.Sprintf("%s, exactement le seuil : cette obligation ne commence qu'au-dessus (« plus de %s »)%s (%s).",
			h.counted(), inhabitants(h.rule.Above), may, h.rule.Article)
	}
	return fmt.Sprintf("%s : cette obligation ne commence qu'au-dessus de %s%s (%s).",
		h.counted(), inhabitants(h.rule.Above), may, h.rule.Article)
}

func (h *hearing) transferredSentence() string {
	parts := make([]string, len(h.given))
	for i, a := range h.given {
		parts[i] = fmt.Sprintf("la compétence « %s » à %s le %s%s", a.Competence.Label(), a.Holder.Name, a.From.French(), deliberation(a))
	}
	acts := h.given[0].Holder.Name + " en est l'autorité organisatrice"
	if len(holderNames(h.given)) > 1 {
		acts = "chacun en est l'autorité organisatrice pour la sienne"
	}
	return fmt.Sprintf("%s a transféré %s : %s, et la population qui compte est celle de toutes les communes qui ont fait de même (%s ; %s).",
		h.facts.Territory.Name, and(parts), acts, h.rule.Article, transferAfter(h.rule.Article))
}

// transferAfter cites the article on transfers after another article, without naming the same code twice.
func transferAfter(article string) string {
	const code = "du code de l'action sociale et des familles"
	if strings.HasSuffix(article, code) {
		return strings.TrimSuffix(transferArticle, code) + "du même code"
	}
	return transferArticle
}

func (h *hearing) transferredLabel() string {
	oldest := h.given[0].From
	for _, a := range h.given {
		if a.From.After(oldest) {
			oldest = a.From
		}
	}
	return fmt.Sprintf("transféré à %s depuis le %s", and(holderNames(h.given)), oldest.French())
}

func holderNames(given []Assignment) []string {
	var names []string
	seen := map[string]bool{}
	for _, a := range given {
		if !seen[a.Holder.ID] {
			seen[a.Holder.ID] = true
			names = append(names, a.Holder.Name)
		}
	}
	return names
}

func deliberation(a Assignment) string {
	if a.Deliberation == "" {
		return ""
	}
	return " (" + a.Deliberation + ")"
}

// nothingReceived: a grouping acts only for what was expressly transferred (DGCS-DGCL FAQ).
func (h *hearing) nothingReceived() string {
	return fmt.Sprintf("%s n'exerce que les compétences expressément transférées, et aucune commune ne lui a transféré %s (%s).",
		h.facts.Territory.Name, competences(h.rule.Competences), transferArticle)
}

func (h *hearing) populationUnknown() string {
	return fmt.Sprintf("La population de %s en vigueur au %s n'est pas renseignée : il faut savoir si elle dépasse %s (%s).",
		h.facts.Territory.Name, h.date.French(), inhabitants(h.rule.Above), h.rule.Article)
}

func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

func uncapital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
