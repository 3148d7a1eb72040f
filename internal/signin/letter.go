// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

// Outbox is where mails are put: mail.Outbox, and one that tests look into.
type Outbox interface {
	Queue(ctx context.Context, tx *sql.Tx, m mail.Message, opt mail.Options) (mail.Ticket, error)
	Wake()
}

// moment is "24 novembre 2026 à 14 h 02", in Paris.
func moment(t time.Time) string {
	p := t.In(clock.Paris)
	return fmt.Sprintf("%s à %d h %02d", clock.On(t).French(), p.Hour(), p.Minute())
}

// spaced is a code as it is read aloud: "123 456".
func spaced(code string) string { return code[:3] + " " + code[3:] }

const notYou = "Ce n'était pas vous ? Ne donnez ce code à personne, pas même à quelqu'un qui se dit du service. " +
	"Sans lui, personne n'entre : vous n'avez rien d'autre à faire. Si cela se répète, prévenez le secrétariat du comité."

// accessLetter is the mail that lets somebody in.
func (r *Room) accessLetter(a ask, name, link string, now time.Time) mail.Message {
	l := mail.Letter{Title: "Votre code de connexion",
		Before: []string{fmt.Sprintf("Une connexion à Maillage a été demandée avec votre adresse le %s, depuis : %s.", moment(now), a.Device),
			"Tapez ce code dans la page restée ouverte :"},
		Code:  spaced(codeOf(link)),
		After: []string{"Le code sert une seule fois, pendant dix minutes.", notYou},
	}
	if a.Kind == askLink {
		l.Before = append(l.Before[:1:1], "Avec lui, le compte professionnel par lequel la demande est venue ouvrira désormais le vôtre. Ne continuez que si ce compte est à vous.", l.Before[1])
	}
	if r.Base != "" {
		l.Action = mail.Link{Label: "Ouvrir la page de connexion", URL: r.Base + "/connexion/lien/" + link}
		l.After[0] = "Le code et le lien servent une seule fois, pendant dix minutes. Le lien ne connecte que le navigateur d'où vient la demande : " +
			"ouvert ailleurs, il montre comment finir."
	}
	return mail.Message{To: mail.Address{Name: name, Addr: a.Address}, Subject: "Votre connexion à Maillage", Kind: mail.Access, HTML: l.HTML(),
		Why: "quelqu'un a demandé à se connecter avec votre adresse"}
}
