// SPDX-License-Identifier: EUPL-1.2

// Package jobs runs work that outlives the request that asked for it, and tells how far it is.
//
// A job lives in the process that started it and keeps nothing: what must survive is written by the
// job itself in one transaction, so a job cut short by a crash has done nothing and is asked for again.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"
)

// State is where a job stands.
type State int

// The states of a job.
const (
	Running State = iota
	Done
	Failed
)

// Status is what is known of a job at one instant.
type Status struct {
	ID      string
	Title   string // what it does, in French, for the person who waits
	State   State
	Step    string // what it is doing now, in French
	Done    int64  // units done in this step
	Total   int64  // units in this step, 0 when unknown
	Err     error  // why it failed, for people
	Result  string // local address of what it made, when done
	Started time.Time
	Ended   time.Time
}

// Percent is the share done of the current step, 0 to 100, or -1 when unknown.
func (s Status) Percent() int {
	if s.State == Done {
		return 100
	}
	if s.Total <= 0 {
		return -1
	}
	return int(min(100, s.Done*100/s.Total))
}

// Progress is how a job says where it is. Its methods may be called from any goroutine.
type Progress struct {
	runner *Runner
	id     string
}

// Step announces a new step of total units (0 when unknown).
func (p *Progress) Step(name string, total int64) {
	p.update(func(s *Status) { s.Step, s.Done, s.Total = name, 0, total })
}

// Add counts n more units of the step as done.
func (p *Progress) Add(n int64) { p.update(func(s *Status) { s.Done += n }) }

// Result gives the local address of what the job made.
func (p *Progress) Result(path string) { p.update(func(s *Status) { s.Result = path }) }

func (p *Progress) update(f func(*Status)) {
	if p == nil || p.runner == nil {
		return // a caller that does not watch
	}
	p.runner.mu.Lock()
	defer p.runner.mu.Unlock()
	if s := p.runner.status[p.id]; s != nil {
		f(s)
	}
}

// Runner starts jobs and remembers how they went for an hour after their end.
type Runner struct {
	ctx    context.Context
	stop   context.CancelFunc
	wg     sync.WaitGroup
	slots  chan struct{}
	mu     sync.Mutex
	status map[string]*Status
}

// keep is how long the end of a job can still be read.
const keep = time.Hour

// NewRunner makes a runner that does at most parallel jobs at once; the others wait their turn.
func NewRunner(parallel int) *Runner {
	ctx, stop := context.WithCancel(context.Background())
	return &Runner{ctx: ctx, stop: stop, slots: make(chan struct{}, parallel), status: map[string]*Status{}}
}

// Start begins a job and returns its identifier, too long to be guessed.
func (r *Runner) Start(title string, work func(context.Context, *Progress) error) string {
	id := uuid.NewString()
	r.mu.Lock()
	for k, s := range r.status {
		if s.State != Running && time.Since(s.Ended) > keep {
			delete(r.status, k)
		}
	}
	r.status[id] = &Status{ID: id, Title: title, Step: "En attente", Started: time.Now()}
	r.mu.Unlock()
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		r.end(id, r.run(id, work))
	}()
	return id
}

func (r *Runner) run(id string, work func(context.Context, *Progress) error) (err error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
		if err := r.ctx.Err(); err != nil { // the turn came because everything is closing
			return err
		}
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
	defer func() {
		if p := recover(); p != nil {
			slog.Error("job panicked", "job", id, "panic", fmt.Sprint(p))
			err = fmt.Errorf("le traitement s'est interrompu par une erreur interne ; rien n'a été enregistré")
		}
	}()
	return work(r.ctx, &Progress{r, id})
}

func (r *Runner) end(id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status[id]
	s.Ended, s.State, s.Err = time.Now(), Done, err
	if err != nil {
		s.State = Failed
	}
}

// Get tells how a job is doing; false when it is unknown or forgotten.
func (r *Runner) Get(id string) (Status, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.status[id]
	if !ok {
		return Status{}, false
	}
	return *s, true
}

// Close cancels what runs and waits for it.
func (r *Runner) Close() {
	r.stop()
	r.wg.Wait()
}
