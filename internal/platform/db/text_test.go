// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"cmp"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func TestIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start, n int
		want     string
	}{{3, 3, "$3,$4,$5"}, {1, 1, "$1"}, {9, 2, "$9,$10"}, {1, 0, "null"}, {1, -1, "null"}} {
		if got := db.In(c.start, c.n); got != c.want {
			t.Errorf("In(%d, %d) = %q, want %q", c.start, c.n, got, c.want)
		}
	}
}

func TestInstant(t *testing.T) {
	t.Parallel()
	paris := time.FixedZone("Paris", 2*60*60)
	if got := db.Instant(time.Date(2026, 8, 1, 0, 30, 0, 999_999_999, paris)); got != "2026-07-31T22:30:00.999999Z" {
		t.Errorf("got %s", got)
	}
	instant := rapid.Custom(func(r *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(-62135596800_000000, 253402300799_999999).Draw(r, "µs")).In(paris)
	})
	rapid.Check(t, func(r *rapid.T) {
		a, b := instant.Draw(r, "a"), instant.Draw(r, "b")
		back, err := db.ParseInstant(db.Instant(a))
		if err != nil || !back.Equal(a) || back.Location() != time.UTC {
			r.Fatalf("%v came back as %v, %v", a, back, err)
		}
		if cmp.Compare(db.Instant(a), db.Instant(b)) != a.Compare(b) {
			r.Fatalf("%s and %s sort differently as text", db.Instant(a), db.Instant(b))
		}
	})
	for _, s := range []string{"", "2026-01-31", "2026-01-31T00:00:00Z", "2026-01-31T00:00:00.000000+01:00", "2026-01-31T00:00:00.0000000Z", "2026-02-30T00:00:00.000000Z"} {
		if _, err := db.ParseInstant(s); err == nil {
			t.Errorf("ParseInstant(%q) succeeded", s)
		}
	}
}

func TestNewID(t *testing.T) {
	t.Parallel()
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = db.NewID()
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 1000 || len(ids[0]) != 36 {
		t.Errorf("keys are not ordered and distinct: %s, %s…", ids[0], ids[1])
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		bump := func(name string, outcome error) {
			err := d.Tx(t.Context(), func(tx *sql.Tx) error { return errors.Join(db.Bump(t.Context(), tx, name), outcome) })
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
		}
		bump("values", nil)
		bump("values", nil)
		bump("values", errRefused)
		bump("holders", nil)
		got, err := d.Versions(t.Context())
		if err != nil || len(got) != 2 || got["values"] != 2 || got["holders"] != 1 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
