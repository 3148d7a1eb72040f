// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"maillage/internal/platform/db"
)

// factors keeps what a person may show besides their mailbox: an authenticator's codes
// (RFC 6238), codes on paper, passkeys. They are read and taken away over all records of a person,
// see Room.records: duplicates that were merged bring theirs along. New ones go to the record that stays.
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

func (s factors) of(ctx context.Context, q db.Querier, records []any) (held, error) {
	type row struct {
		since          string
		recovery, keys int
	}
	n := len(records)
	list, err := db.Query(ctx, q, func(scan func(...any) error) (x row, err error) {
		return x, scan(&x.since, &x.recovery, &x.keys)
	}, `
		select coalesce((select max(confirmed_at) from signin_totp where person in (`+db.In(1, n)+`)), ''),
		       (select count(*) from signin_recovery where used_at = '' and person in (`+db.In(n+1, n)+`)),
		       (select count(*) from signin_passkey where person in (`+db.In(2*n+1, n)+`))`, slices.Concat(records, records, records)...)
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
func (s factors) tryTOTP(ctx context.Context, tx *sql.Tx, records []any, code string, now time.Time) (bool, error) {
	type kept struct {
		person, sealed string
		last           int64
	}
	list, err := db.Query(ctx, tx, func(scan func(...any) error) (k kept, err error) { return k, scan(&k.person, &k.sealed, &k.last) },
		`select person, secret, last_step from signin_totp where confirmed_at <> '' and person in (`+db.In(1, len(records))+`) order by person`, records...)
	if err != nil {
		return false, err
	}
	for _, k := range list {
		secret, err := s.seal.open(k.person, k.sealed)
		if err != nil {
			return false, err
		}
		step, err := stepOf(secret, code, k.last, now)
		if err != nil {
			return false, err
		}
		if step != 0 {
			res, err := tx.ExecContext(ctx, `update signin_totp set last_step = $1 where person = $2 and last_step < $3`, step, k.person, step)
			return true, db.One(res, err, errors.New("the code was used meanwhile"))
		}
	}
	return false, nil
}

// setTOTP makes a secret that of a person and the only one, its first code used.
func (s factors) setTOTP(ctx context.Context, tx *sql.Tx, person string, records []any, secret string, step int64, now time.Time) error {
	if err := s.dropTOTP(ctx, tx, records); err != nil {
		return err
	}
	sealed, err := s.seal.seal(person, secret)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		insert into signin_totp (person, secret, last_step, confirmed_at, created_at) values ($1, $2, $3, $4, $5)`,
		person, sealed, step, db.Instant(now), db.Instant(now))
	return err
}

func (s factors) dropTOTP(ctx context.Context, tx *sql.Tx, records []any) error {
	_, err := tx.ExecContext(ctx, `delete from signin_totp where person in (`+db.In(1, len(records))+`)`, records...)
	return err
}

// recoveryCount is how many codes go on one sheet.
const recoveryCount = 10

// newRecovery replaces the codes on paper; they are known only now. Each has eighty random bits: a plain hash keeps them.
func (s factors) newRecovery(ctx context.Context, tx *sql.Tx, person string, records []any, now time.Time) ([]string, error) {
	if _, err := tx.ExecContext(ctx, `delete from signin_recovery where person in (`+db.In(1, len(records))+`)`, records...); err != nil {
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
func (s factors) tryRecovery(ctx context.Context, tx *sql.Tx, records []any, code string, now time.Time) (bool, error) {
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
	res, err := tx.ExecContext(ctx, `update signin_recovery set used_at = $1 where code = $2 and used_at = '' and person in (`+db.In(3, len(records))+`)`,
		append([]any{db.Instant(now), hashed(code)}, records...)...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// forget takes everything away: the person starts again.
func (s factors) forget(ctx context.Context, tx *sql.Tx, records []any) error {
	theirs := ` where person in (` + db.In(1, len(records)) + `)`
	for _, text := range []string{`delete from signin_totp`, `delete from signin_recovery`, `delete from signin_passkey`} {
		if _, err := tx.ExecContext(ctx, text+theirs, records...); err != nil {
			return err
		}
	}
	return nil
}
