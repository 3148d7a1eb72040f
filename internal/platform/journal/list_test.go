// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

func TestLists(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		fill(t, j, 20)
		sign(t, j)
		other := act(20)
		other.Kind = "releve-approbation"
		add(t, j, other)
		sign(t, j)
		for _, x := range []struct {
			name        string
			filter      Filter
			skip, limit int
			want, count int
			first       int64
		}{
			{"all", Filter{}, 0, 5, 5, 21, 20},
			{"the last page", Filter{}, 20, 5, 1, 21, 0},
			{"beyond the end", Filter{}, 40, 5, 0, 21, 0},
			{"a kind", Filter{Kind: "schema-transmission"}, 0, 50, 20, 20, 19},
			{"a holder", Filter{Holder: "93003"}, 0, 50, 2, 2, 13},
			{"from an instant", Filter{From: at.Add(18 * time.Second)}, 0, 50, 3, 3, 20},
			{"before an instant", Filter{Before: at.Add(2 * time.Second)}, 0, 50, 2, 2, 1},
			{"hidden holders", Filter{Hidden: []string{"93000", "93001"}}, 0, 50, 16, 16, 19},
			{"all at once", Filter{"schema-transmission", "93003", at, at.Add(10 * time.Second), []string{"93000"}}, 0, 50, 1, 1, 3},
		} {
			list, err := j.List(ctx, x.filter, x.skip, x.limit)
			n, errCount := j.Count(ctx, x.filter)
			if err := errors.Join(err, errCount); err != nil {
				t.Fatal(err)
			}
			if len(list) != x.want || n != x.count || len(list) > 0 && list[0].Index != x.first {
				t.Errorf("%s: %d of %d, %v", x.name, len(list), n, list)
			}
		}
		if h, err := j.Holders(ctx); err != nil || len(h) != 10 || h[0] != "93000" {
			t.Errorf("holders %v, %v", h, err)
		}
		if k, err := j.KindsPresent(ctx); err != nil || len(k) != 2 || k[0] != "releve-approbation" {
			t.Errorf("kinds %v, %v", k, err)
		}
		list, total, err := j.CheckpointPage(ctx, 1, 5)
		if err != nil || total != 2 || len(list) != 1 || list[0].Size != 20 {
			t.Errorf("checkpoints %v of %d, %v", list, total, err)
		}
		if c, err := j.CheckpointOf(ctx, 21); err != nil || c.Seq != 1 {
			t.Errorf("checkpoint of 21 acts: %v, %v", c, err)
		}
		if _, err := j.CheckpointOf(ctx, 7); !errors.Is(err, ErrUnknown) {
			t.Errorf("checkpoint of 7 acts: %v", err)
		}
	})
}

// Two processes look after the same journal: each act is soon covered, by one checkpoint.
func TestRunSignsNewActs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := dbtest.New(t, db.SQLite, rooms...)
		j := newJournal(t, d)
		beside := New(d, j.key, j.dir, j.now)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{}, 2)
		for _, x := range []*Journal{j, beside} {
			go func() { x.Run(ctx, slog.New(slog.DiscardHandler)); done <- struct{}{} }()
		}
		for i := range 3 {
			add(t, j, act(i))
			time.Sleep(10 * time.Second) // of the bubble's clock
			list, total, err := j.CheckpointPage(ctx, 0, 1)
			if err != nil || total != i+1 || list[0].Size != int64(i+1) {
				t.Errorf("after %d acts: %v of %d, %v", i+1, list, total, err)
			}
		}
		stop()
		<-done
		<-done
	})
}
