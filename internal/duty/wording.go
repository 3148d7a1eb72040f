// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// Badge is the state in a word or two, with its icon: no state is told by colour alone. A
// step that is awaited is not a fault, so none is shown in the colour of danger.
func (s State) Badge() web.Badge {
	switch s {
	case Upcoming:
		return web.Badge{Kind: web.Pending, Text: "À venir"}
	case ToDo:
		return web.Badge{Kind: web.Warning, Text: "À faire"}
	case InProgress:
		return web.Badge{Kind: web.Pending, Text: "En cours"}
	case ToTransmit:
		return web.Badge{Kind: web.Warning, Text: "À transmettre"}
	case OnRequest:
		return web.Badge{Kind: web.Info, Text: "Le moment venu"} // StateLabel says which
	case Done:
		return web.Badge{Kind: web.Success, Text: "Fait"}
	case Covered:
		return web.Badge{Kind: web.Success, Text: "Couvert par la CTG"}
	case Transferred:
		return web.Badge{Kind: web.Info, Text: "Transféré"}
	case Optional:
		return web.Badge{Kind: web.Neutral, Text: "Facultatif"}
	case Informed:
		return web.Badge{Kind: web.Info, Text: "Pour information"}
	case Unknown:
		return web.Badge{Kind: web.Neutral, Text: "À vérifier"}
	default:
		return web.Badge{Kind: web.Neutral, Text: "Sans objet"}
	}
}

// Countdown says in words how far a date is: « dans 5 mois ». Past dates are not counted:
// how late somebody is helps nobody.
func Countdown(today, day clock.Date) string {
	n := today.DaysUntil(day)
	switch {
	case n < 0:
		return "date passée"
	case n == 0:
		return "aujourd'hui"
	case n == 1:
		return "demain"
	case n <= 21:
		return "dans " + french.Plural(n, "jour", "jours")
	case n < 61:
		return "dans " + french.Plural(n/7, "semaine", "semaines")
	}
	months := (day.Year-today.Year)*12 + int(day.Month) - int(today.Month)
	if today.AddMonths(months).After(day) {
		months--
	}
	if months < 24 {
		return "dans " + french.Plural(months, "mois", "mois")
	}
	return "dans " + french.Plural(months/12, "an", "ans")
}

// Badge says what is announced in a few words.
func (k AnnouncementKind) Badge() web.Badge {
	switch k {
	case CrossedUp:
		return web.Badge{Kind: web.Info, Text: "Seuil dépassé"}
	case CrossedDown:
		return web.Badge{Kind: web.Info, Text: "Repassée sous le seuil"}
	case DecidedUp, DecidedDown:
		return web.Badge{Kind: web.Pending, Text: "Déjà publié"}
	case Straddling:
		return web.Badge{Kind: web.Neutral, Text: "Entre les deux populations"}
	default:
		return web.Badge{Kind: web.Pending, Text: "Tendance"}
	}
}
