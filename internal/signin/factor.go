// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"maillage/internal/platform/db"
)

// factors keeps what a person may show besides their mailbox: an authenticator's codes
// (RFC 6238), codes on paper, passkeys.
type factors struct {
	db   *db.DB
	seal sealer
}

// held is what a person has.
type held struct {
	totp     time.Time // since when; zero: none
	recovery int       // codes on paper that are left
	passkeys int
}

// any says that a proof can be given.
func (h held) any() bool { return !h.totp.IsZero() || h.passkeys > 0 }

func (s factors) of(ctx context.Context, q db.Querier, person string) (held, error) {
	type row struct {
		since          string
		recovery, keys int
	}
	list, err := db.Query(ctx, q, func(scan func(...any) error) (x row, err error) {
		return x, scan(&x.since, &x.recovery, &x.keys)
	}, `
		select coalesce((select confirmed_at from signin_totp where person = $1), ''),
		       (select count(*) from signin_recovery where person = $2 and used_at = ''),
		       (select count(*) from signin_passkey where person = $3)`, person, person, person)
	if err != nil {
		return held{}, err
	}
	h := held{recovery: list[0].recovery, passkeys: list[0].keys}
	h.totp, err = db.ParseOptionalInstant(list[0].since)
	return h, err
}

const totpStep = 30 // seconds

var totpOptions = totp.ValidateOpts{Period: totpStep, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// stepOf is the step whose code this is, one before or after now at most, later than last; 0 when there is none.
func stepOf(secret, code string, last int64, now time.Time) (int64, error) {
	found := int64(0)
	for step := now.Unix()/totpStep - 1; step <= now.Unix()/totpStep+1; step++ {
		want, err := totp.GenerateCodeCustom(secret, time.Unix(step*totpStep, 0), totpOptions)
		if err != nil {
			return 0, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && step > last && found == 0 {
			found = step
		}
	}
	return found, nil
}

// tryTOTP takes an authenticator's code, once.
func (s factors) tryTOTP(ctx context.Context, tx *sql.Tx, person, code string, now time.Time) (bool, error) {
	var sealed string
	var last int64
	err := tx.QueryRowContext(ctx, `select secret, last_step from signin_totp where person = $1 and confirmed_at <> ''`, person).Scan(&sealed, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	secret, err := s.seal.open(person, sealed)
	if err != nil {
		return false, err
	}
	step, err := stepOf(secret, code, last, now)
	if err != nil || step == 0 {
		return false, err
	}
	res, err := tx.ExecContext(ctx, `update signin_totp set last_step = $1 where person = $2 and last_step < $3`, step, person, step)
	return true, db.One(res, err, errors.New("the code was used meanwhile"))
}

// setTOTP makes a secret that of a person, its first code used.
func (s factors) setTOTP(ctx context.Context, tx *sql.Tx, person, secret string, step int64, now time.Time) error {
	sealed, err := s.seal.seal(person, secret)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		insert into signin_totp (person, secret, last_step, confirmed_at, created_at) values ($1, $2, $3, $4, $5)
		on conflict (person) do update set secret = excluded.secret, last_step = excluded.last_step,
			confirmed_at = excluded.confirmed_at, created_at = excluded.created_at`,
		person, sealed, step, db.Instant(now), db.Instant(now))
	return err
}

func (s factors) dropTOTP(ctx context.Context, tx *sql.Tx, person string) error {
	_, err := tx.ExecContext(ctx, `delete from signin_totp where person = $1`, person)
	return err
}

// recoveryCount is how many codes go on one sheet.
const recoveryCount = 10

// newRecovery replaces the codes on paper; they are known only now. Each has eighty random bits: a plain hash keeps them.
func (s factors) newRecovery(ctx context.Context, tx *sql.Tx, person string, now time.Time) ([]string, error) {
	if _, err := tx.ExecContext(ctx, `delete from signin_recovery where person = $1`, person); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCount)
	for i := range codes {
		raw := strings.ToLower(rand.Text()[:16])
		codes[i] = raw[:4] + "-" + raw[4:8] + "-" + raw[8:12] + "-" + raw[12:]
		_, err := tx.ExecContext(ctx, `insert into signin_recovery (id, person, code, created_at, used_at) values ($1, $2, $3, $4, '')`,
			db.NewID(), person, hashed(raw), db.Instant(now))
		if err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// tryRecovery takes a code on paper, once.
func (s factors) tryRecovery(ctx context.Context, tx *sql.Tx, person, code string, now time.Time) (bool, error) {
	code = strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z' || c >= '2' && c <= '7':
			return c
		case c == '0':
			return 'o'
		case c == '1':
			return 'l'
		}
		return -1
	}, strings.ToLower(code))
	res, err := tx.ExecContext(ctx, `update signin_recovery set used_at = $1 where person = $2 and code = $3 and used_at = ''`,
		db.Instant(now), person, hashed(code))
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// forget takes everything away: the person starts again.
func (s factors) forget(ctx context.Context, tx *sql.Tx, person string) error {
	for _, text := range []string{`delete from signin_totp where person = $1`, `delete from signin_recovery where person = $1`,
		`delete from signin_passkey where person = $1`} {
		if _, err := tx.ExecContext(ctx, text, person); err != nil {
			return err
		}
	}
	return nil
}
