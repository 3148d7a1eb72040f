// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"maillage/internal/platform/db"
)

// What is asked by mail lives ten minutes, serves once and bears five wrong codes.
const (
	askValid = 10 * time.Minute
	maxWrong = 5
)

// What may be asked by mail.
const (
	askIn      = "connexion" // to sign in
	askLink    = "lien"      // to sign in, and to be known by a provider's account from now on
	askAddress = "adresse"   // to show that a new address is one's own
)

// ask is something to be confirmed from a mailbox. Its mail holds a link and a code made
// from it; the table holds their hashes, the code's keyed by what the asking browser holds.
type ask struct {
	ID      string
	Kind    string
	Person  string // "" when nobody has the address: the row is there all the same
	Address string
	Back    string
	Device  string
	Issuer  string
	Subject string
	Created time.Time
	Expires time.Time
	Used    time.Time
	Wrong   int
	browser string // hash
	code    string // keyed hash
}

var (
	errAskUnknown = errors.New("demande inconnue")
	errAskUsed    = errors.New("demande déjà utilisée")
	errAskExpired = errors.New("demande expirée")
	errAskWorn    = errors.New("trop de codes faux")
)

// codeOf is the six digits that go with a link. 2^64 is so much larger than a million that no code is likelier.
func codeOf(link string) string {
	mac := hmac.New(sha256.New, []byte(link))
	mac.Write([]byte("code"))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}

// keyed is the hash of a code that only the asking browser can check.
func keyed(browser, code string) string {
	mac := hmac.New(sha256.New, []byte(browser))
	mac.Write([]byte(code))
	return hex.EncodeToString(mac.Sum(nil))
}

// state says why an ask cannot serve, nil when it can.
func (a ask) state(now time.Time) error {
	switch {
	case !a.Used.IsZero():
		return errAskUsed
	case !now.Before(a.Expires):
		return errAskExpired
	case a.Wrong >= maxWrong:
		return errAskWorn
	}
	return nil
}

// asks keeps them.
type asks struct{ db *db.DB }

// add writes an ask of a browser and returns the token of its link.
func (s asks) add(ctx context.Context, tx *sql.Tx, a ask, browser string, now time.Time) (link string, err error) {
	link = newToken()
	_, err = tx.ExecContext(ctx, `
		insert into signin_ask (id, kind, browser, link, code, person, address, back, device, issuer, subject, created_at, expires_at, used_at, wrong)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', 0)`,
		db.NewID(), a.Kind, hashed(browser), hashed(link), keyed(browser, codeOf(link)), a.Person, a.Address, a.Back, a.Device,
		a.Issuer, a.Subject, db.Instant(now), db.Instant(now.Add(askValid)))
	return link, err
}

const askColumns = `id, kind, browser, code, person, address, back, device, issuer, subject, created_at, expires_at, used_at, wrong`

func scanAsk(scan func(...any) error) (ask, error) {
	var a ask
	var created, expires, used string
	if err := scan(&a.ID, &a.Kind, &a.browser, &a.code, &a.Person, &a.Address, &a.Back, &a.Device, &a.Issuer, &a.Subject,
		&created, &expires, &used, &a.Wrong); err != nil {
		return a, err
	}
	var errs [3]error
	a.Created, errs[0] = db.ParseInstant(created)
	a.Expires, errs[1] = db.ParseInstant(expires)
	a.Used, errs[2] = db.ParseOptionalInstant(used)
	return a, errors.Join(errs[:]...)
}

// of are the asks of a browser, the last one first.
func (s asks) of(ctx context.Context, q db.Querier, browser string, kinds ...any) ([]ask, error) {
	return db.Query(ctx, q, scanAsk, `
		select `+askColumns+` from signin_ask
		where browser = $1 and kind in (`+db.In(2, len(kinds))+`)
		order by created_at desc, id desc
		limit 10`, append([]any{hashed(browser)}, kinds...)...)
}

// byLink is the ask of a link, errAskUnknown when there is none.
func (s asks) byLink(ctx context.Context, q db.Querier, link string) (ask, error) {
	list, err := db.Query(ctx, q, scanAsk, `select `+askColumns+` from signin_ask where link = $1`, hashed(link))
	if err != nil {
		return ask{}, err
	}
	if len(list) == 0 {
		return ask{}, errAskUnknown
	}
	return list[0], nil
}

// use takes an ask that can serve, once.
func (s asks) use(ctx context.Context, tx *sql.Tx, a ask, now time.Time) error {
	if err := a.state(now); err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `update signin_ask set used_at = $1 where id = $2 and used_at = '' and wrong < $3`,
		db.Instant(now), a.ID, maxWrong)
	return db.One(res, err, errAskUsed)
}

// void takes the worth of every ask of a person that was not used.
func (s asks) void(ctx context.Context, tx *sql.Tx, records []any, now time.Time) error {
	_, err := tx.ExecContext(ctx, `update signin_ask set used_at = $1 where used_at = '' and person in (`+db.In(2, len(records))+`)`,
		append([]any{db.Instant(now)}, records...)...)
	return err
}

// try looks for the ask of a browser that a code opens, and takes it. A wrong code counts
// against all that are open, so that asking again gives no more tries for the same ones;
// left is how many remain.
func (s asks) try(ctx context.Context, tx *sql.Tx, browser, code string, now time.Time, kinds ...any) (found ask, left int, err error) {
	list, err := s.of(ctx, tx, browser, kinds...)
	if err != nil {
		return ask{}, 0, err
	}
	why, mac := errAskUnknown, keyed(browser, code)
	var open []ask
	for _, a := range list {
		equal := hmac.Equal([]byte(a.code), []byte(mac))
		switch state := a.state(now); {
		case state == nil && equal && a.Person != "":
			return a, 0, s.use(ctx, tx, a, now)
		case state == nil:
			open = append(open, a)
		case why == errAskUnknown: // nothing open: the last one says why
			why = state
		}
	}
	if len(open) == 0 {
		return ask{}, 0, why
	}
	for _, a := range open {
		left = max(left, maxWrong-a.Wrong-1)
		if _, err := tx.ExecContext(ctx, `update signin_ask set wrong = wrong + 1 where id = $1`, a.ID); err != nil {
			return ask{}, 0, err
		}
	}
	return ask{}, left, nil
}
