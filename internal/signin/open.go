// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
)

// opening is how somebody came in.
type opening struct {
	method  string
	proved  time.Time // when a second factor was shown; zero: it was not
	idToken string    // what the provider is to be shown at the end; "" for none
}

// open writes a session of p, under the hat worn last if it lasts, and ends the one that the
// browser was in. The token is new, whatever the browser held before.
func (r *Room) open(req *http.Request, tx *sql.Tx, p people.Person, o opening, now time.Time) (token string, err error) {
	ctx := req.Context()
	if before, ok := visitorOf(ctx); ok {
		err := r.sessions.end(ctx, tx, []any{before.session.Person}, before.session.ID, "nouvelle connexion", now)
		if err != nil && err != errNoSession {
			return "", err
		}
	}
	hats, err := r.People.HatsOn(ctx, p.ID, r.People.Today())
	if err != nil {
		return "", err
	}
	s := Session{Person: p.ID, Method: o.method, Device: device(req), Proved: o.proved}
	if len(hats) > 0 {
		records, err := r.records(ctx, tx, p.ID)
		if err != nil {
			return "", err
		}
		last, err := r.sessions.lastHat(ctx, tx, records)
		if err != nil {
			return "", err
		}
		s.Hat = hats[max(0, slices.IndexFunc(hats, func(h people.Hat) bool { return h.ID == last }))].ID
	}
	id, token, err := r.sessions.start(ctx, tx, s, now)
	if err != nil || o.idToken == "" {
		return token, err
	}
	_, err = tx.ExecContext(ctx, `insert into signin_hint (session, id_token) values ($1, $2)`, id, o.idToken)
	return token, err
}

// records are the IDs of all records of a person, those merged into theirs included.
func (r *Room) records(ctx context.Context, q db.Querier, person string) ([]any, error) {
	list, err := r.People.Same(ctx, q, person)
	ids := make([]any, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	return ids, err
}

// welcome gives the session to the browser and leads to where it was going.
func (r *Room) welcome(w http.ResponseWriter, req *http.Request, token, back string) error {
	r.give(w, token)
	r.unmark(w)
	private(w)
	return web.Redirect(w, req, backOf(back))
}

// begin opens a session outside any other deed.
func (r *Room) begin(w http.ResponseWriter, req *http.Request, p people.Person, o opening) error {
	var token string
	err := r.sessions.db.Tx(req.Context(), func(tx *sql.Tx) (err error) {
		token, err = r.open(req, tx, p, o, r.Now())
		return err
	})
	if err == nil {
		r.give(w, token)
		r.unmark(w)
	}
	return err
}
