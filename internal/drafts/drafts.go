// SPDX-License-Identifier: EUPL-1.2

package drafts

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"regexp"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

const (
	keepFor   = 30 * 24 * time.Hour // after the last save
	maxDrafts = 200                 // of one person
)

// Room is the drafts of one database. A nil Room keeps nothing.
type Room struct {
	db     *db.DB
	now    func() time.Time
	secret []byte
}

// Open is the drafts kept in d, whose migrations of this room have been applied.
func Open(ctx context.Context, d *db.DB, now func() time.Time) (*Room, error) {
	r := &Room{db: d, now: now}
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // never fails: see crypto/rand
	var kept string
	err := d.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into drafts_secret (id, secret) values (1, $1) on conflict (id) do nothing`,
			base64.StdEncoding.EncodeToString(fresh))
		if err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `select secret from drafts_secret where id = 1`).Scan(&kept)
	})
	if err == nil {
		r.secret, err = base64.StdEncoding.DecodeString(kept)
	}
	if err != nil {
		return nil, fmt.Errorf("drafts: %w", err)
	}
	return r, nil
}

// Script is the island that a page with such a form names in Page.Scripts.
const Script = "autosave.js"

// Form is what a template needs of a form whose input is kept; the zero Form keeps nothing.
type Form struct{ key, account, base string }

// Form is the draft of a form for the one who is signed in, the zero Form for a visitor. Base
// names the version of what is edited (its last change): a draft begun on another one says so.
// A key is a mistake in the source when it is not lower-case words, digits and - _ . : /.
func (r *Room) Form(req *http.Request, key, base string) Form {
	person := actor.From(req.Context()).Person
	if r == nil || person == "" {
		return Form{}
	}
	if !keyShape.MatchString(key) {
		panic("drafts: key " + key)
	}
	return Form{key, r.account(person), base}
}

// Attrs are the attributes of the form element, empty for a visitor.
func (f Form) Attrs() template.HTMLAttr {
	if f.key == "" {
		return ""
	}
	text := fmt.Sprintf(`data-autosave="%s" data-autosave-account="%s" data-autosave-base="%s"`,
		template.HTMLEscapeString(f.key), f.account, template.HTMLEscapeString(f.base))
	return template.HTMLAttr(text) // #nosec G203 -- escaped just above
}

// account names a person to their browser; nobody can tell who it is.
func (r *Room) account(person string) string {
	mac := hmac.New(sha256.New, r.secret)
	mac.Write([]byte(person))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:12])
}

var keyShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.:/-]{0,199}$`)

// Draft is what is kept of a form. Version is 0 when nothing ever was; Values is nil when
// there is no draft (any more).
type Draft struct {
	Version  int64
	Values   map[string][]string
	Base     string
	Saved    time.Time
	Accepted time.Time // when the form was last accepted, zero when a draft is newer
}

// errStale: something happened to the draft since the version that was named.
var errStale = errors.New("drafts: a newer version exists")

// errMany: the person has too many drafts.
var errMany = errors.New("drafts: too many")

// Get is the draft of a person.
func (r *Room) Get(ctx context.Context, person, key string) (Draft, error) {
	return get(ctx, r.db.Read(), person, key)
}

func get(ctx context.Context, q db.Querier, person, key string) (Draft, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (Draft, error) {
		var d Draft
		var stored, saved, accepted string
		if err := scan(&d.Version, &stored, &d.Base, &saved, &accepted); err != nil {
			return d, err
		}
		var err1, err2, err3 error
		d.Saved, err1 = db.ParseInstant(saved)
		d.Accepted, err2 = db.ParseOptionalInstant(accepted)
		if stored != "" {
			err3 = json.Unmarshal([]byte(stored), &d.Values)
		}
		return d, errors.Join(err1, err2, err3)
	}, `select version, stored, base, saved_at, accepted_at from drafts_draft where person = $1 and form = $2 limit 1`, person, key)
	if err != nil || len(list) == 0 {
		return Draft{}, err
	}
	return list[0], nil
}

// save keeps values as the next version, if the present one is known to the one who saves:
// else errStale, with the draft that is there. What is there already is not saved again: the
// answer to the first time was lost on the way.
func (r *Room) save(ctx context.Context, person, key string, known int64, base string, values map[string][]string) (d Draft, err error) {
	stored, err := json.Marshal(values)
	if err != nil {
		return d, err
	}
	err = r.db.Tx(ctx, func(tx *sql.Tx) error {
		if d, err = get(ctx, tx, person, key); err != nil {
			return err
		}
		if there, err := json.Marshal(d.Values); err != nil || d.Values != nil && d.Base == base && string(there) == string(stored) {
			return err
		}
		if d.Version != known {
			return errStale
		}
		var n int
		err := tx.QueryRowContext(ctx, `select count(*) from drafts_draft where person = $1 and form <> $2 and stored <> ''`, person, key).Scan(&n)
		if err != nil {
			return err
		}
		if n >= maxDrafts {
			return errMany
		}
		d = Draft{Version: known + 1, Values: values, Base: base, Saved: r.now()}
		return put(ctx, tx, person, key, d, string(stored))
	})
	return d, err
}

func put(ctx context.Context, tx *sql.Tx, person, key string, d Draft, stored string) error {
	_, err := tx.ExecContext(ctx, `insert into drafts_draft (person, form, version, stored, base, saved_at, accepted_at)
		values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (person, form) do update set version = excluded.version, stored = excluded.stored,
			base = excluded.base, saved_at = excluded.saved_at, accepted_at = excluded.accepted_at`,
		person, key, d.Version, stored, d.Base, db.Instant(d.Saved), db.OptionalInstant(d.Accepted))
	return err
}

// Accept drops the draft that the actor of ctx has of a form, in the transaction that accepts
// the form. What their browser still holds of it is then known to be sent. Nobody's draft is
// no error: a job or a visitor has none.
func (r *Room) Accept(ctx context.Context, tx *sql.Tx, key string) error {
	person := actor.From(ctx).Person
	if r == nil || person == "" {
		return nil
	}
	if !keyShape.MatchString(key) {
		return fmt.Errorf("drafts: key %q", key)
	}
	d, err := get(ctx, tx, person, key)
	if err != nil {
		return err
	}
	now := r.now()
	return put(ctx, tx, person, key, Draft{Version: d.Version + 1, Saved: now, Accepted: now}, "")
}

// drop throws a draft away; it returns the row's new version.
func (r *Room) drop(ctx context.Context, person, key string) (version int64, err error) {
	err = r.db.Tx(ctx, func(tx *sql.Tx) error {
		d, err := get(ctx, tx, person, key)
		if err != nil || d.Version == 0 {
			return err
		}
		version = d.Version + 1
		return put(ctx, tx, person, key, Draft{Version: version, Saved: r.now(), Accepted: d.Accepted}, "")
	})
	return version, err
}

// Expired counts what Purge would remove.
func (r *Room) Expired(ctx context.Context) (int, error) {
	var n int
	err := r.db.Read().QueryRowContext(ctx, `select count(*) from drafts_draft where saved_at < $1`, r.oldest()).Scan(&n)
	return n, err
}

func (r *Room) oldest() string { return db.Instant(r.now().Add(-keepFor)) }

// Purge removes what was not touched for thirty days, and tells how many drafts that was.
func (r *Room) Purge(ctx context.Context) (int, error) {
	var n int64
	err := r.db.Tx(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `delete from drafts_draft where saved_at < $1`, r.oldest())
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	return int(n), err
}

// Erase removes all the drafts of a person.
func (r *Room) Erase(ctx context.Context, tx *sql.Tx, person string) error {
	_, err := tx.ExecContext(ctx, `delete from drafts_draft where person = $1`, person)
	return err
}

// Exported is a draft in the copy of a person's data.
type Exported struct {
	Form   string              `json:"formulaire"`
	Saved  time.Time           `json:"enregistre"`
	Values map[string][]string `json:"saisie"`
}

// Export lists the drafts of a person, by form.
func (r *Room) Export(ctx context.Context, person string) ([]Exported, error) {
	return db.Query(ctx, r.db.Read(), func(scan func(...any) error) (Exported, error) {
		var x Exported
		var saved, stored string
		if err := scan(&x.Form, &saved, &stored); err != nil {
			return x, err
		}
		var err error
		x.Saved, err = db.ParseInstant(saved)
		return x, errors.Join(err, json.Unmarshal([]byte(stored), &x.Values))
	}, `select form, saved_at, stored from drafts_draft where person = $1 and stored <> '' order by form limit 10000`, person)
}
