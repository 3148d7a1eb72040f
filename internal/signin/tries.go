// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/db"
)

// limit is how often something may be tried in a span of time, counted in the database: a
// restart forgets nothing and several processes count together.
type limit struct {
	name string
	span time.Duration
	most int
}

// The limits. A whole town hall may come from one address; a person rarely needs two mails.
// Wrong codes: whoever guesses types twenty a day against one account. One code is compared with all that are
// open, up to six; twenty mails a day that bear five wrong codes each make a hundred comparisons, one chance in 10,000.
var (
	mailsOfAccount = []limit{{"courriels", 15 * time.Minute, 6}, {"courriels-jour", 24 * time.Hour, 20}}
	mailsOfSource  = []limit{{"demandes", 15 * time.Minute, 60}, {"demandes-jour", 24 * time.Hour, 600}}
	wrongOfAccount = []limit{{"codes", 24 * time.Hour, 20}}
	wrongOfSource  = []limit{{"essais", 15 * time.Minute, 100}}
	wrongOfProof   = []limit{{"preuves", 15 * time.Minute, 6}, {"preuves-jour", 24 * time.Hour, 30}}
	tripsOfSource  = []limit{{"trajets", 15 * time.Minute, 120}}
)

// tries keeps the counters.
type tries struct{ db *db.DB }

// spans start at fixed instants: until is the end of the one that now is in.
func (l limit) until(now time.Time) time.Time { return now.Truncate(l.span).Add(l.span) }

// hit counts one more try of who under each limit, and says until when to wait when one of
// them is passed; the zero time when none is.
func (s tries) hit(ctx context.Context, tx *sql.Tx, who string, limits []limit, now time.Time) (wait time.Time, err error) {
	salt, err := s.salt(ctx, tx, now)
	if err != nil {
		return wait, err
	}
	for _, l := range limits {
		var hits int
		err := tx.QueryRowContext(ctx, `
			insert into signin_tries (key, until, hits) values ($1, $2, 1)
			on conflict (key, until) do update set hits = signin_tries.hits + 1
			returning hits`, saltedKey(salt, l, who), db.Instant(l.until(now))).Scan(&hits)
		if err != nil {
			return wait, err
		}
		if hits > l.most && l.until(now).After(wait) {
			wait = l.until(now)
		}
	}
	return wait, nil
}

// spent is hit without counting: it says whether the limits are reached.
func (s tries) spent(ctx context.Context, tx *sql.Tx, who string, limits []limit, now time.Time) (wait time.Time, err error) {
	salt, err := s.salt(ctx, tx, now)
	if err != nil {
		return wait, err
	}
	for _, l := range limits {
		var hits int
		err := tx.QueryRowContext(ctx, `select coalesce(max(hits), 0) from signin_tries where key = $1 and until = $2`,
			saltedKey(salt, l, who), db.Instant(l.until(now))).Scan(&hits)
		if err != nil {
			return wait, err
		}
		if hits >= l.most && l.until(now).After(wait) {
			wait = l.until(now)
		}
	}
	return wait, nil
}

func saltedKey(salt string, l limit, who string) string {
	mac := hmac.New(sha256.New, []byte(salt))
	mac.Write([]byte(l.name + "\x00" + who))
	return hex.EncodeToString(mac.Sum(nil))
}

// salt is that of the day, made by whoever comes first. It is wiped after two days: no counter then
// tells which address it was of. Counters start again at midnight UTC for that reason.
func (s tries) salt(ctx context.Context, tx *sql.Tx, now time.Time) (salt string, err error) {
	day := now.UTC().Format(time.DateOnly)
	_, err = tx.ExecContext(ctx, `insert into signin_salt (day, salt) values ($1, $2) on conflict (day) do nothing`, day, newToken())
	if err != nil {
		return "", err
	}
	return salt, tx.QueryRowContext(ctx, `select salt from signin_salt where day = $1`, day).Scan(&salt)
}

// source is where a request comes from, as far as it is counted: the address, or the /64 of one
// of version 6, since one subscriber has all of it. A relay of ours tells whom it speaks for.
func (r *Room) source(req *http.Request) string {
	from := addressOf(req.RemoteAddr)
	if from.IsLoopback() || slices.ContainsFunc(r.Relays, func(p netip.Prefix) bool { return p.Contains(from) }) {
		if list := req.Header.Values("X-Forwarded-For"); len(list) > 0 {
			said := list[len(list)-1]
			if a := addressOf(strings.TrimSpace(said[strings.LastIndexByte(said, ',')+1:])); a.IsValid() {
				from = a
			}
		}
	}
	if from.Is6() {
		p, err := from.WithZone("").Prefix(64)
		if err == nil {
			return "source " + p.String()
		}
	}
	return "source " + from.String()
}

// addressOf reads an address with or without its port; the zero Addr when it is none.
func addressOf(s string) netip.Addr {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}
