// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

var recordedAt = time.Date(2026, 6, 15, 8, 30, 0, 0, time.UTC)

func TestEvidenceIsWithdrawnAndPutBack(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		ctx, s := context.Background(), NewStore(d)
		e := RecordedEvidence{ID: db.NewID(), Territory: "93048", Created: recordedAt,
			Evidence: Evidence{Kind: "rpe", Date: day("2019-05-02"), Reference: "convention n° 19-204", Document: "https://exemple.fr/rpe.pdf"}}
		if err := s.AddEvidence(ctx, e); err != nil {
			t.Fatal(err)
		}
		if err := s.AddEvidence(ctx, e); !db.IsUnique(err) {
			t.Errorf("the same record twice: %v, want a unique violation", err)
		}
		if got := evidence(t, s); !slices.Equal(got, []RecordedEvidence{e}) {
			t.Errorf("got %+v, want %+v", got, e)
		}
		if err := s.WithdrawEvidence(ctx, "93001", e.ID, recordedAt); !errors.Is(err, ErrUnknown) {
			t.Errorf("withdrawn through another territory: %v", err)
		}
		if err := s.WithdrawEvidence(ctx, "93048", e.ID, recordedAt); err != nil {
			t.Fatal(err)
		}
		if got := evidence(t, s); len(got) != 1 || !got[0].Withdrawn.Equal(recordedAt) {
			t.Errorf("after withdrawal: %+v", got)
		}
		if err := s.RestoreEvidence(ctx, "93048", e.ID); err != nil {
			t.Fatal(err)
		}
		if got := evidence(t, s); !slices.Equal(got, []RecordedEvidence{e}) {
			t.Errorf("after return: %+v", got)
		}
	})
}

func evidence(t *testing.T, s *Store) []RecordedEvidence {
	t.Helper()
	list, err := s.Evidence(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A convention read anew replaces the first reading; taking the new one out brings the first
// one back, and putting it in again takes the first one out again.
func TestConventionReadAnew(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		ctx, s := context.Background(), NewStore(d)
		first := RecordedCTG{ID: db.NewID(), Territory: "93048", Created: recordedAt, Pages: map[string]int{"1": 12},
			CTG: CTG{From: day("2023-01-01"), To: day("2027-12-31"), Items: []string{"1", "2"}, Reference: "CTG"}}
		second := first
		second.ID, second.Items = db.NewID(), []string{"1", "2", "3"}
		if err := s.AddCTG(ctx, first, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.AddCTG(ctx, second, first.ID); err != nil {
			t.Fatal(err)
		}
		third := second
		third.ID = db.NewID()
		if err := s.AddCTG(ctx, third, first.ID); !errors.Is(err, ErrUnknown) {
			t.Errorf("replacing what is already replaced: %v", err)
		}
		for _, step := range []struct {
			do   func() error
			want string
		}{
			{func() error { return nil }, second.ID},
			{func() error { return s.WithdrawCTG(ctx, "93048", second.ID, recordedAt) }, first.ID},
			{func() error { return s.RestoreCTG(ctx, "93048", second.ID, recordedAt) }, second.ID},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := counting(t, s); len(got) != 1 || got[0].ID != step.want || got[0].Pages["1"] != 12 || got[0].To != day("2027-12-31") {
				t.Errorf("counting %+v, want %s alone", got, step.want)
			}
		}
	})
}

func counting(t *testing.T, s *Store) []RecordedCTG {
	t.Helper()
	list, err := s.CTGs(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list, func(c RecordedCTG) bool { return !c.Withdrawn.IsZero() })
}

func TestRoomNoticesWhatAnotherProcessWrote(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		ctx, room := context.Background(), newSite(t, d).room
		before := room.Version()
		other := NewStore(d)
		err := other.AddEvidence(ctx, RecordedEvidence{ID: db.NewID(), Territory: "93048", Created: recordedAt,
			Evidence: Evidence{Kind: "rpe", Date: day("2026-01-05"), Reference: "convention"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := room.Refresh(ctx); err != nil || room.Version() == before {
			t.Errorf("version %d, then %d: %v", before, room.Version(), err)
		}
		if got, _, _ := room.Town("93048", day("2026-06-01")); of(t, got.Duties, "rpe").State != Done {
			t.Errorf("relay %s", of(t, got.Duties, "rpe").State)
		}
	})
}
