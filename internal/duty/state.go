// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"fmt"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// The evidence kinds that mark the life of a scheme.
const (
	schemeStarted     = "schema-engage"
	schemeAdopted     = "schema-adopte"
	schemeTransmitted = "schema-transmis"
	updateAdopted     = "actualisation-adoptee"
	updateTransmitted = "actualisation-transmise"
	interimReport     = "bilan-intermediaire"
	finalReport       = "bilan-final"
)

// follow sets the state, the date and the next step of a duty that applies.
func (h *hearing) follow(d *Duty) {
	d.State, d.NextStep = ToDo, h.rule.NextStep
	switch h.rule.Fulfilment {
	case ByScheme:
		h.followScheme(d)
	case ByUpdate:
		h.afterScheme(d, h.followUpdate)
	case ByReports:
		h.afterScheme(d, h.followReports)
	case ByRequest:
		d.State = OnRequest
	case ByYear:
		h.followYear(d)
	case ByElection:
		h.followElection(d)
	default:
		if len(d.Evidence) > 0 {
			d.State, d.NextStep = Done, ""
			return
		}
		if ctg, ok := h.covering(); ok {
			h.coveredBy(ctg, d)
			return
		}
		if h.rule.Due.Kind == DueInForce {
			d.Due = d.Since
		}
	}
}

func (h *hearing) followScheme(d *Duty) {
	adopted, isAdopted := h.facts.evidenceOf(schemeAdopted, h.date)
	sent, isSent := h.facts.evidenceOf(schemeTransmitted, h.date)
	ctg, hasCTG := h.facts.ctg(h.date, h.rule.CTGItems)
	switch {
	case isSent && (!isAdopted || !sent.Date.Before(adopted.Date)):
		d.State, d.NextStep = Done, ""
		if !isAdopted {
			d.Notes = append(d.Notes, Note{"La date d'adoption n'est pas renseignée.", true})
		}
	case isAdopted:
		d.State, d.Due = ToTransmit, TransmissionDue(adopted.Date)
		d.NextStep = "Transmettre le schéma au comité départemental et garder l'accusé de réception."
	case hasCTG && len(ctg.lacks(h.rule.CTGItems)) == 0:
		h.coveredBy(ctg, d)
	default:
		d.Due = d.Since
		if _, started := h.facts.evidenceOf(schemeStarted, h.date); started {
			d.State, d.NextStep = InProgress, "Poursuivre l'élaboration, puis adopter le schéma en conseil."
		}
		if hasCTG {
			h.nearlyCovered(ctg, d)
		}
	}
}

// covering is the convention in force that holds all the items by which the rule can be covered.
func (h *hearing) covering() (CTG, bool) {
	ctg, ok := h.facts.ctg(h.date, h.rule.CTGItems)
	return ctg, ok && len(h.rule.CTGItems) > 0 && len(ctg.lacks(h.rule.CTGItems)) == 0
}

func (h *hearing) coveredBy(ctg CTG, d *Duty) {
	d.State, d.Due, d.NextStep = Covered, ctg.To, ""
	text := "Les éléments correspondants du décret sont relevés dans la convention territoriale globale."
	if h.rule.Fulfilment == ByScheme {
		text = "La convention territoriale globale contient les onze éléments du décret : " +
			"elle tient lieu de schéma (article L. 214-2, III, du code de l'action sociale et des familles)."
	}
	d.Notes = append(d.Notes, Note{Text: text})
	if !ctg.To.IsZero() && ctg.To.Before(h.date.AddMonths(12)) {
		d.NextStep = "Préparer la suite : la convention prend fin le " + ctg.To.French() + "."
	}
}

func (h *hearing) nearlyCovered(ctg CTG, d *Duty) {
	missing := ctg.Missing()
	labels := make([]string, len(missing))
	for i, m := range missing {
		labels[i] = m.Label
	}
	d.Notes = append(d.Notes, Note{fmt.Sprintf("La convention territoriale globale %stient peut-être lieu de schéma : "+
		"%d éléments sur %d y sont relevés. Restent : %s.", ctg.years(), len(SchemeItems())-len(missing), len(SchemeItems()),
		strings.Join(labels, " ; ")), true})
	d.NextStep = fmt.Sprintf("Chercher dans la convention, ou rédiger, %s.",
		french.Plural(len(missing), "élément manquant", "éléments manquants"))
}

// years is "(2023-2027) ", or "" without dates.
func (c CTG) years() string {
	if c.From.IsZero() || c.To.IsZero() {
		return ""
	}
	return fmt.Sprintf("(%d-%d) ", c.From.Year, c.To.Year)
}

// afterScheme keeps for later what only an adopted scheme brings about.
func (h *hearing) afterScheme(d *Duty, follow func(*Duty)) {
	if _, adopted := h.facts.evidenceOf(schemeAdopted, h.date); adopted {
		follow(d)
		return
	}
	if _, sent := h.facts.evidenceOf(schemeTransmitted, h.date); sent {
		follow(d)
		return
	}
	d.Applies, d.Since, d.NextStep = false, clock.Date{}, ""
	if ctg, ok := h.facts.ctg(h.date, allItems()); ok && len(ctg.Missing()) == 0 {
		d.State, d.StateLabel = NotConcerned, "sans objet tant que la CTG tient lieu de schéma"
		d.Notes = append(d.Notes, Note{"La loi ne dit pas si les bilans et les actualisations sont attendus quand la convention tient lieu de schéma.", true})
		return
	}
	d.State, d.StateLabel = Upcoming, "à venir, une fois le schéma adopté"
}

func (h *hearing) followUpdate(d *Duty) {
	adopted, ok := h.facts.evidenceOf(updateAdopted, h.date)
	if !ok {
		d.State, d.StateLabel = OnRequest, "à chaque actualisation"
		return
	}
	if sent, ok := h.facts.evidenceOf(updateTransmitted, h.date); ok && !sent.Date.Before(adopted.Date) {
		d.State, d.NextStep = Done, ""
		return
	}
	d.State, d.Due = ToTransmit, TransmissionDue(adopted.Date)
	d.NextStep = "Transmettre l'actualisation au comité départemental et garder l'accusé de réception."
}

func (h *hearing) followReports(d *Duty) {
	_, interim := h.facts.evidenceOf(interimReport, h.date)
	_, final := h.facts.evidenceOf(finalReport, h.date)
	switch {
	case final:
		d.State, d.NextStep = Done, ""
	case interim:
		d.State, d.StateLabel = InProgress, "bilan intermédiaire transmis ; bilan final à prévoir"
		d.NextStep = "Prévoir le bilan final au terme du schéma."
	default:
		d.StateLabel = "à prévoir ; la loi ne fixe pas de date"
	}
}

func (h *hearing) followYear(d *Duty) {
	for _, e := range d.Evidence {
		if e.Year == h.date.Year {
			d.State, d.NextStep = Done, ""
			d.Due = h.rule.Due.on(h.date.Year + 1)
			return
		}
	}
	d.Due = h.rule.Due.on(h.date.Year)
	switch {
	case d.Due.Before(h.rule.ValidFrom): // the rule began later that year
		d.Due = h.rule.Due.on(h.date.Year + 1)
	case d.Due.Before(h.date): // the next date is the useful one; the one that is past is told
		d.Notes = append(d.Notes, Note{Text: fmt.Sprintf("Rien n'est enregistré ici pour %d, dont la date était le %s.", h.date.Year, d.Due.French())})
		d.Due = h.rule.Due.on(h.date.Year + 1)
	}
}

func (h *hearing) followElection(d *Duty) {
	election, ok := h.rules.Election(h.date)
	if !ok {
		d.State, d.NextStep = Unknown, "Renseigner la date des dernières élections municipales."
		return
	}
	for _, e := range d.Evidence {
		if !e.Date.Before(election) {
			d.State, d.NextStep = Done, ""
			return
		}
	}
	d.Due = RenewalDue(election)
}

// label is the state in words, with its date. The tone is that of a reminder between colleagues.
func label(d Duty) string {
	switch d.State {
	case Upcoming:
		return "à venir" + at(" au ", d.Due) + ready(d)
	case ToDo:
		return "à faire" + limit(d)
	case InProgress:
		return "en cours"
	case ToTransmit:
		return "à transmettre (échéance : " + d.Due.French() + ")"
	case OnRequest:
		return "à chaque demande"
	case Done:
		return "fait" + doneOn(d)
	case Covered:
		return "couvert par la CTG" + at(" jusqu'au ", d.Due)
	case Optional:
		return "facultatif"
	case Informed:
		return "pour information"
	case Unknown:
		return "à vérifier"
	default:
		return "sans objet"
	}
}

// limit tells a dated limit from the day since which a rule has been in force.
func limit(d Duty) string {
	switch d.Rule.Due.Kind {
	case DueInForce:
		return at(" (prévu par la loi depuis le ", d.Due) + ")"
	case DueMonths, DueYearly:
		return at(" (échéance : ", d.Due) + ")"
	default:
		return ""
	}
}

// doneOn tells the day of an act from the day of a proof that may be older than the rule.
func doneOn(d Duty) string {
	if len(d.Evidence) == 0 {
		return ""
	}
	last := d.Evidence[len(d.Evidence)-1].Date
	if d.Rule.Fulfilment == ByEvidence {
		return at(" (preuve du ", last) + ")"
	}
	return at(" le ", last)
}

// ready says that what proves a duty to come is already there.
func ready(d Duty) string {
	if d.Rule.Fulfilment != ByEvidence || len(d.Evidence) == 0 {
		return ""
	}
	return ", preuve déjà enregistrée"
}

func at(before string, day clock.Date) string {
	if day.IsZero() {
		return ""
	}
	return before + day.French()
}
