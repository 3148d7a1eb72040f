// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"maillage/internal/platform/db"
)

// trip is a round trip under way: what was begun here and comes back from an authenticator
// or a provider. The one who comes back holds its token; the table holds the hash.
type trip struct {
	Kind    string
	Browser string // hash of what the browser holds, "" when the session says enough
	Person  string // "" when nobody is known yet
	Back    string
	data    string
}

// The kinds of trips.
const (
	tripTOTP     = "application" // an authenticator's secret not yet confirmed
	tripKeyIn    = "cle-entree"  // a passkey that signs in
	tripKeyAdd   = "cle-ajout"   // a new passkey
	tripKeyProof = "cle-preuve"  // a passkey as the second factor
	tripProvider = "fournisseur" // to a provider and back
	tripLogout   = "deconnexion" // out of a provider's session and back
)

const tripLife = 15 * time.Minute

var errTrip = errors.New("aller-retour inconnu ou expiré")

type trips struct{ db *db.DB }

// start writes a trip under a token and what it needs on the way back.
func (s trips) start(ctx context.Context, tx *sql.Tx, token string, t trip, data any, now time.Time) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into signin_trip (id, kind, browser, person, data, back, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
		hashed(token), t.Kind, t.Browser, t.Person, string(b), t.Back, db.Instant(now.Add(tripLife)))
	return err
}

// look reads a trip and leaves it, errTrip when there is none of this kind.
func (s trips) look(ctx context.Context, q db.Querier, token, kind string, data any, now time.Time) (trip, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (t trip, err error) {
		return t, scan(&t.Kind, &t.Browser, &t.Person, &t.data, &t.Back)
	}, `select kind, browser, person, data, back from signin_trip where id = $1 and kind = $2 and expires_at > $3`, hashed(token), kind, db.Instant(now))
	if err != nil {
		return trip{}, err
	}
	if len(list) == 0 {
		return trip{}, errTrip
	}
	if err := json.Unmarshal([]byte(list[0].data), data); err != nil {
		return trip{}, fmt.Errorf("trip %s: %w", kind, err)
	}
	return list[0], nil
}

// end takes a trip: it serves once.
func (s trips) end(ctx context.Context, tx *sql.Tx, token, kind string, data any, now time.Time) (trip, error) {
	t, err := s.look(ctx, tx, token, kind, data, now)
	if err != nil {
		return t, err
	}
	res, err := tx.ExecContext(ctx, `delete from signin_trip where id = $1`, hashed(token))
	return t, db.One(res, err, errTrip)
}
