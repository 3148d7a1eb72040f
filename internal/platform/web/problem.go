// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"maillage/internal/platform/db"
)

// Problem is an error meant for the person who sent the request: a status, what happened
// and what to do about it, in French. Any other error is ours: the person sees a 500
// page with the request's number, and the log has the rest.
type Problem struct {
	Status int
	Title  string            // one line, the page's h1
	Detail string            // what happened and the remedy
	Fields map[string]string // by field of a form or of the query, when fields are at fault
	Retry  time.Duration     // when to come back, for Unavailable
	Link   Link              // where to go on, when there is such a place
	allow  string
	err    error
}

// Error is for the log: the cause is part of it.
func (p *Problem) Error() string {
	if p.err != nil {
		return fmt.Sprintf("%d %s: %v", p.Status, p.Title, p.err)
	}
	return fmt.Sprintf("%d %s: %s", p.Status, p.Title, p.Detail)
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.err }

// Because keeps the cause, which goes to the log and never to the page.
func (p *Problem) Because(err error) *Problem {
	q := *p
	q.err = err
	return &q
}

// NotFound is 404: say what was looked for and where it may be found.
func NotFound(detail string) *Problem {
	return &Problem{Status: http.StatusNotFound, Title: "Page introuvable", Detail: detail}
}

// BadRequest is 400: say what could not be understood and how to write it.
func BadRequest(detail string) *Problem {
	return &Problem{Status: http.StatusBadRequest, Title: "Demande incomprise", Detail: detail}
}

// Invalid is 422: fields that must be corrected, by name. Pages with a form show them in
// the form instead; this is for the API and for addresses typed by hand.
func Invalid(fields map[string]string) *Problem {
	return &Problem{Status: http.StatusUnprocessableEntity, Title: "Saisie à corriger",
		Detail: "Corrigez les éléments ci-dessous, puis recommencez.", Fields: fields}
}

// Forbidden is 403: say who may, or where the thing is done.
func Forbidden(detail string) *Problem {
	return &Problem{Status: http.StatusForbidden, Title: "Accès refusé", Detail: detail}
}

// Conflict is 409: someone else changed the thing meanwhile, or it exists already.
func Conflict(detail string) *Problem {
	return &Problem{Status: http.StatusConflict, Title: "Modification concurrente", Detail: detail}
}

// TooLarge is 413: say the limit.
func TooLarge(detail string) *Problem {
	return &Problem{Status: http.StatusRequestEntityTooLarge, Title: "Envoi trop volumineux", Detail: detail}
}

// Unavailable is 503: temporary; retry tells when to come back (0: unsaid).
func Unavailable(detail string, retry time.Duration) *Problem {
	return &Problem{Status: http.StatusServiceUnavailable, Title: "Service momentanément indisponible",
		Detail: detail, Retry: retry}
}

func methodNotAllowed(allow string) *Problem {
	return &Problem{Status: http.StatusMethodNotAllowed, Title: "Action impossible à cette adresse",
		Detail: "Cette page existe, mais elle n'accepte pas ce qui lui a été envoyé. " +
			"Si vous aviez rempli un formulaire, revenez en arrière et envoyez-le de nouveau.", allow: allow}
}

// problemOf says how an error is told to people.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge(fmt.Sprintf("Cet envoi dépasse la limite de %s.", size(big.Limit))).Because(err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Unavailable("La réponse a pris trop de temps. Réessayez dans une minute.", time.Minute).Because(err)
	}
	switch {
	case errors.Is(err, db.ErrBusy), errors.Is(err, db.ErrClosed):
		return Unavailable("Le service est très occupé, ou redémarre : rien n'a été enregistré. Réessayez dans une minute.", time.Minute).Because(err)
	case errors.Is(err, db.ErrNotCopied):
		return Unavailable("Votre demande est peut-être enregistrée, mais sa copie de sécurité n'est pas confirmée. "+
			"Rouvrez la page pour voir ce qui y est, puis recommencez si besoin.", time.Minute).Because(err)
	case errors.Is(err, db.ErrFull):
		return (&Problem{Status: http.StatusInsufficientStorage, Title: "Plus de place sur le service",
			Detail: "Le disque du service est plein : rien n'a été enregistré. Prévenez son administrateur."}).Because(err)
	}
	return &Problem{Status: http.StatusInternalServerError, Title: "Erreur du service",
		Detail: "Votre demande n'a pas abouti, à cause d'un défaut de notre côté. Rien n'a été enregistré à moitié. " +
			"Réessayez ; si l'erreur revient, signalez-la à l'administrateur du service avec le numéro ci-dessous.", err: err}
}

// size is a limit as people read it: 1024 based, whole or one decimal, French comma.
func size(n int64) string {
	units := []string{"octets", "Kio", "Mio", "Gio"}
	v, u := float64(n), 0
	for v >= 1024 && u < len(units)-1 {
		v, u = v/1024, u+1
	}
	if v == float64(int64(v)) {
		return fmt.Sprintf("%d %s", int64(v), units[u])
	}
	whole, tenth := int64(v), int64(v*10)%10
	return fmt.Sprintf("%d,%d %s", whole, tenth, units[u])
}
