// SPDX-License-Identifier: EUPL-1.2

package jobs

import (
	"context"
	"errors"
	"testing"
	"time"
)

func wait(t *testing.T, r *Runner, id string) Status {
	t.Helper()
	for range 500 {
		if s, ok := r.Get(id); ok && s.State != Running {
			return s
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatal("the job never ended")
	return Status{}
}

func TestJobEnds(t *testing.T) {
	t.Parallel()
	refused := errors.New("le fichier est vide")
	cases := []struct {
		name  string
		work  func(context.Context, *Progress) error
		state State
	}{
		{"well", func(_ context.Context, p *Progress) error {
			p.Step("Lecture", 4)
			p.Add(3)
			p.Result("/la")
			return nil
		}, Done},
		{"with a reason", func(context.Context, *Progress) error { return refused }, Failed},
		{"by a panic that stays inside", func(context.Context, *Progress) error { panic("oops") }, Failed},
	}
	r := NewRunner(2)
	defer r.Close()
	for _, c := range cases {
		s := wait(t, r, r.Start("essai", c.work))
		if s.State != c.state {
			t.Errorf("%s: state = %v, want %v", c.name, s.State, c.state)
		}
		if (s.Err != nil) != (c.state == Failed) {
			t.Errorf("%s: error = %v", c.name, s.Err)
		}
	}
}

func TestCloseCancelsAndWaits(t *testing.T) {
	t.Parallel()
	r := NewRunner(1)
	started, ended := make(chan bool), make(chan bool, 1)
	r.Start("longue", func(ctx context.Context, _ *Progress) error {
		close(started)
		<-ctx.Done()
		ended <- true
		return ctx.Err()
	})
	<-started
	waiting := r.Start("en file", func(context.Context, *Progress) error { return nil })
	r.Close()
	if len(ended) != 1 {
		t.Error("Close returned before the running job had ended")
	}
	if s, _ := r.Get(waiting); s.State != Failed {
		t.Errorf("a job that never ran has state %v, want %v", s.State, Failed)
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		s    Status
		want int
	}{{Status{}, -1}, {Status{Done: 3, Total: 4}, 75}, {Status{Done: 9, Total: 4}, 100}, {Status{State: Done}, 100}} {
		if got := c.s.Percent(); got != c.want {
			t.Errorf("Percent(%+v) = %d, want %d", c.s, got, c.want)
		}
	}
}
