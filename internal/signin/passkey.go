// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"maillage/internal/people"
	"maillage/internal/platform/db"
)

// relying is the service as authenticators know it: by the name of its public address. Without
// one, only localhost has passkeys; the server has then refused any other name in Host.
func (r *Room) relying(req *http.Request) (*webauthn.WebAuthn, error) {
	base := r.Base
	if base == "" {
		base = "http://" + req.Host
	}
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "https" && u.Hostname() != "localhost" {
		return nil, errNoPasskeys
	}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Maillage", RPOrigins: []string{u.Scheme + "://" + u.Host}})
}

var errNoPasskeys = errors.New("pas de clé d'accès à cette adresse")

// hasPasskeys says that passkeys work at the address of this request.
func (r *Room) hasPasskeys(req *http.Request) bool {
	_, err := r.relying(req)
	return err == nil
}

// passkey is one as it is kept.
type passkey struct {
	ID, Person, Name string
	Created, Used    time.Time
	record           webauthn.Credential
}

// passkeys of a person, the oldest first.
func (s factors) passkeys(ctx context.Context, q db.Querier, records []any) ([]passkey, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (k passkey, err error) {
		var record, created, used string
		if err := scan(&k.ID, &k.Person, &k.Name, &record, &created, &used); err != nil {
			return k, err
		}
		var errs [3]error
		k.Created, errs[0] = db.ParseInstant(created)
		k.Used, errs[1] = db.ParseOptionalInstant(used)
		errs[2] = json.Unmarshal([]byte(record), &k.record)
		return k, errors.Join(errs[:]...)
	}, `select id, person, name, record, created_at, used_at from signin_passkey where person in (`+db.In(1, len(records))+`) order by created_at, id limit 50`, records...)
}

func (s factors) addPasskey(ctx context.Context, tx *sql.Tx, person, name string, c *webauthn.Credential, now time.Time) error {
	record, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `insert into signin_passkey (id, person, credential, record, name, created_at, used_at) values ($1, $2, $3, $4, $5, $6, '')`,
		db.NewID(), person, base64.RawURLEncoding.EncodeToString(c.ID), string(record), name, db.Instant(now))
	return err
}

// usedPasskey keeps the counter of an authenticator.
func (s factors) usedPasskey(ctx context.Context, tx *sql.Tx, records []any, c *webauthn.Credential, now time.Time) error {
	record, err := json.Marshal(c)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `update signin_passkey set record = $1, used_at = $2 where credential = $3 and person in (`+db.In(4, len(records))+`)`,
		append([]any{string(record), db.Instant(now), base64.RawURLEncoding.EncodeToString(c.ID)}, records...)...)
	return db.One(res, err, errKey)
}

func (s factors) renamePasskey(ctx context.Context, tx *sql.Tx, records []any, id, name string) error {
	res, err := tx.ExecContext(ctx, `update signin_passkey set name = $1 where id = $2 and person in (`+db.In(3, len(records))+`)`, append([]any{name, id}, records...)...)
	return db.One(res, err, errKey)
}

func (s factors) dropPasskey(ctx context.Context, tx *sql.Tx, records []any, id string) error {
	res, err := tx.ExecContext(ctx, `delete from signin_passkey where id = $1 and person in (`+db.In(2, len(records))+`)`, append([]any{id}, records...)...)
	return db.One(res, err, errKey)
}

var errKey = errors.New("clé d'accès inconnue")

// owner is a person as authenticators know them: by an identifier that says nothing of them.
type owner struct {
	person  people.Person
	handle  string // ID of the record that the passkey was made for: a duplicate has its own
	records []any
	keys    []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.handle) }
func (o owner) WebAuthnDisplayName() string                { return o.person.Name() }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }
func (o owner) WebAuthnName() string {
	if o.person.Mail != "" {
		return o.person.Mail
	}
	return o.person.Name()
}

func (r *Room) owner(ctx context.Context, q db.Querier, p people.Person) (owner, error) {
	records, err := r.records(ctx, q, p.ID)
	if err != nil {
		return owner{}, err
	}
	list, err := r.factors.passkeys(ctx, q, records)
	o := owner{person: p, handle: p.ID, records: records}
	for _, k := range list {
		o.keys = append(o.keys, k.record)
	}
	return o, err
}

// keepTrip writes the ceremony that a challenge begins; the library's own clock is left out of it.
func (r *Room) keepTrip(ctx context.Context, t trip, s *webauthn.SessionData) error {
	s.Expires = time.Time{}
	return r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		return r.trips.start(ctx, tx, s.Challenge, t, s, r.Now())
	})
}

// assertion checks what an authenticator answered to a challenge of this kind, and keeps its
// counter. Every failure of the ceremony is errKey.
func (r *Room) assertion(req *http.Request, tx *sql.Tx, kind, answer string) (people.Person, trip, error) {
	ctx, now := req.Context(), r.Now()
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return people.Person{}, trip{}, errKey
	}
	var session webauthn.SessionData
	t, err := r.trips.end(ctx, tx, parsed.Response.CollectedClientData.Challenge, kind, &session, now)
	if err != nil {
		return people.Person{}, t, err
	}
	party, err := r.relying(req)
	if err != nil {
		return people.Person{}, t, err
	}
	var broken error // of ours, not of the ceremony
	var who owner
	find := func(_, handle []byte) (webauthn.User, error) {
		p, err := r.People.Person(ctx, tx, string(handle))
		if err == nil {
			who, err = r.owner(ctx, tx, p)
			if said := string(parsed.Response.UserHandle); slices.Contains(who.records, any(said)) {
				who.handle = said
			}
		}
		if err != nil && !errors.Is(err, people.ErrUnknown) {
			broken = err
		}
		return who, err
	}
	var used *webauthn.Credential
	if len(session.UserID) == 0 {
		_, used, err = party.ValidatePasskeyLogin(find, session, parsed)
	} else if _, err = find(nil, session.UserID); err == nil {
		session.UserID = who.WebAuthnID()
		used, err = party.ValidateLogin(who, session, parsed)
	}
	if broken != nil {
		return people.Person{}, t, broken
	}
	if err != nil || used.Authenticator.CloneWarning || t.Person != "" && t.Person != who.person.ID {
		return people.Person{}, t, errKey
	}
	return who.person, t, r.factors.usedPasskey(ctx, tx, who.records, used, now)
}
