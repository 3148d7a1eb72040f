// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A group of small writes is closed when it holds maxGroup members or when
// they have run for maxGroupTime: whoever came first waits for the last.
const (
	maxGroup     = 256
	maxGroupTime = 25 * time.Millisecond
)

// maxBusy is how long the writer waits for another process (an import on the
// command line) to release the file.
var maxBusy = time.Minute

// writer is the only goroutine that writes to a SQLite file. It gathers those
// who wait into one transaction, lends each of them a *sql.Tx in turn, commits
// once for all, and only then answers. One fsync serves the whole group.
type writer struct {
	pool *sql.DB
	done chan struct{} // closed when the goroutine has ended

	commits, written atomic.Int64 // see Stats

	mu     sync.Mutex
	queue  []*job
	closed bool
	wake   chan struct{} // holds one token when queue or closed changed
}

// job is one caller who waits to write.
type job struct {
	ctx   context.Context
	bulk  bool
	state atomic.Int32 // jobWaiting → jobStarted, or → jobGone
	turn  chan *sql.Tx // the writer lends the transaction
	ran   chan error   // what the caller's function returned
	done  chan error   // the answer, given after COMMIT
	fate  error        // the answer, before it may be given
}

const (
	jobWaiting int32 = iota
	jobStarted
	jobGone
)

// errAborted stands for a function that panicked or ended its goroutine: its
// caller is not there to hear the answer.
var errAborted = errors.New("la fonction d'écriture a été interrompue")

func startWriter(pool *sql.DB) *writer {
	w := &writer{pool: pool, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	go w.loop()
	return w
}

// submit waits for a turn, runs fn on the caller's goroutine, so that a panic
// goes where the caller expects it, and returns the outcome of the commit.
func (w *writer) submit(ctx context.Context, fn func(*sql.Tx) error, bulk bool) error {
	j := &job{ctx: ctx, bulk: bulk, turn: make(chan *sql.Tx), ran: make(chan error, 1), done: make(chan error, 1)}
	if err := w.enqueue(j); err != nil {
		return err
	}
	cancelled := ctx.Done()
	for {
		select {
		case tx := <-j.turn:
			j.run(tx, fn)
		case err := <-j.done:
			return err
		case <-cancelled:
			if j.state.CompareAndSwap(jobWaiting, jobGone) {
				return ctx.Err()
			}
			cancelled = nil // its turn has come: the outcome is near, and must be told
		}
	}
}

// run calls fn and tells the writer, even when fn panics or calls
// runtime.Goexit (as t.FailNow does).
func (j *job) run(tx *sql.Tx, fn func(*sql.Tx) error) {
	err := errAborted
	defer func() { j.ran <- err }()
	err = fn(tx)
}

func (w *writer) enqueue(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	w.queue = append(w.queue, j)
	w.signal()
	return nil
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *writer) close() {
	w.mu.Lock()
	w.closed = true
	w.signal()
	w.mu.Unlock()
	<-w.done
}

func (w *writer) loop() {
	defer close(w.done)
	for range w.wake {
		for {
			batch := w.take(maxGroup)
			if len(batch) == 0 {
				break
			}
			if batch[0].bulk {
				w.runBulk(batch[0])
				continue
			}
			for len(batch) > 0 {
				batch = w.runGroup(batch, true)
			}
		}
		if w.isClosed() {
			return
		}
	}
}

// isClosed is asked when the queue is empty; nobody can enter it after.
func (w *writer) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed && len(w.queue) == 0
}

// take removes from the queue its first jobs, in order: a bulk alone, or up
// to n small ones. Those who gave up are dropped.
func (w *writer) take(n int) []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = slices.DeleteFunc(w.queue, func(j *job) bool { return j.state.Load() == jobGone })
	if len(w.queue) == 0 || n <= 0 {
		return nil
	}
	end := 0
	for end < len(w.queue) && end < n && !w.queue[end].bulk {
		end++
	}
	if end == 0 {
		end = 1
	}
	batch := slices.Clone(w.queue[:end])
	w.queue = slices.Delete(w.queue, 0, end)
	return batch
}

// more takes the small writes that arrived while the group was running.
func (w *writer) more(n int) []*job {
	w.mu.Lock()
	first := len(w.queue) > 0 && !w.queue[0].bulk
	w.mu.Unlock()
	if !first {
		return nil // only the writer removes from the queue, so this still holds
	}
	return w.take(n)
}

func answer(jobs []*job, err error) {
	for _, j := range jobs {
		if err != nil {
			j.fate = err
		}
		j.state.Store(jobStarted) // too late to give up, were it still waiting
		j.done <- j.fate
	}
}

// runGroup runs jobs in one transaction, open to those who arrive meanwhile,
// and answers them all unless one of them spoilt it: then that one is answered
// and the others are returned, to be run again.
func (w *writer) runGroup(jobs []*job, open bool) (again []*job) {
	conn, err := w.begin(jobs)
	if err != nil {
		answer(jobs, err)
		return nil
	}
	defer conn.close()

	start := time.Now()
	for i := 0; i < len(jobs); i++ {
		conn.member(jobs[i])
		if conn.spoilt() {
			conn.rollback()
			bad := jobs[i]
			if bad.fate == nil {
				bad.fate = errSpoilt
			}
			answer([]*job{bad}, nil)
			return slices.DeleteFunc(jobs, func(j *job) bool { return j == bad || j.fate == errAborted })
		}
		if open && i == len(jobs)-1 && time.Since(start) < maxGroupTime {
			jobs = append(jobs, w.more(maxGroup-len(jobs))...)
		}
	}
	err = conn.commit()
	if len(jobs) > 1 && isConstraint(err) {
		// A deferred constraint fails at COMMIT only, and does not say whose it is.
		conn.close()
		w.runAlone(jobs)
		return nil
	}
	if err == nil {
		w.count(jobs)
	}
	answer(jobs, err)
	return nil
}

// count keeps the figures of [DB.Stats].
func (w *writer) count(jobs []*job) {
	w.commits.Add(1)
	for _, j := range jobs {
		if j.fate == nil {
			w.written.Add(1)
		}
	}
}

// runAlone gives each job a commit of its own.
func (w *writer) runAlone(jobs []*job) {
	for _, j := range jobs {
		if j.fate != errAborted {
			w.runGroup([]*job{j}, false)
		}
	}
}

// runBulk runs one job in a transaction of its own.
func (w *writer) runBulk(j *job) {
	var tx *sql.Tx
	err := retryBusy([]*job{j}, func(ctx context.Context) (err error) {
		tx, err = w.pool.BeginTx(context.WithoutCancel(ctx), nil)
		return err
	})
	if err != nil {
		answer([]*job{j}, err)
		return
	}
	if !j.state.CompareAndSwap(jobWaiting, jobStarted) {
		_ = tx.Rollback() // nothing was written
		return
	}
	j.turn <- tx
	err = <-j.ran
	if err == nil {
		err = tx.Commit()
	} else if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
		err = fmt.Errorf("%w (et l'annulation a échoué : %v)", err, undo)
	}
	answer([]*job{j}, explainSQLite(err))
}

// retryBusy repeats begin while another process holds the file, for at most
// maxBusy and as long as one of the jobs still waits.
func retryBusy(jobs []*job, begin func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), maxBusy)
	defer cancel()
	for {
		err := begin(ctx)
		if err == nil || !isBusy(err) {
			return explainSQLite(err)
		}
		if ctx.Err() != nil || !slices.ContainsFunc(jobs, func(j *job) bool { return j.ctx.Err() == nil }) {
			return fmt.Errorf("%w : une autre opération d'écriture (un import ?) occupe la base depuis trop longtemps ; réessayez quand elle sera finie (%w)", ErrBusy, err)
		}
	}
}

// group is the connection that holds a group's transaction.
type group struct {
	conn *sql.Conn
	raw  *sqliteConn
}

func (w *writer) begin(jobs []*job) (*group, error) {
	conn, err := w.pool.Conn(context.Background())
	if err != nil {
		return nil, explainSQLite(err)
	}
	g := &group{conn: conn}
	err = conn.Raw(func(c any) error {
		g.raw = c.(*sqliteConn) // the write pool makes no other kind
		return retryBusy(jobs, func(context.Context) error {
			g.raw.spoilt = false
			return g.raw.run("begin immediate")
		})
	})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	g.raw.grouped = true
	return g, nil
}

// member lends the transaction to j and keeps or undoes what it wrote.
func (g *group) member(j *job) {
	again := j.state.Load() == jobStarted
	if !again && !j.state.CompareAndSwap(jobWaiting, jobStarted) {
		return // gave up while waiting; nobody listens
	}
	// The savepoint is ours to end, whatever becomes of the caller's context.
	tx, err := g.conn.BeginTx(context.WithoutCancel(j.ctx), nil)
	if err != nil {
		j.fate = explainSQLite(err)
		return
	}
	j.turn <- tx
	j.fate = explainSQLite(<-j.ran)
	if j.fate == nil {
		j.fate = explainSQLite(tx.Commit())
		if j.fate != nil {
			g.spoil()
		}
		return
	}
	if err := tx.Rollback(); err != nil {
		j.fate = fmt.Errorf("%w (et l'annulation a échoué : %v)", j.fate, err)
		g.spoil()
	}
}

// spoil marks a group whose savepoints are no longer what they should be: a
// member that committed by itself, for instance. It is undone and run again
// without that member.
func (g *group) spoil() { _ = g.conn.Raw(func(any) error { g.raw.spoilt = true; return nil }) }

func (g *group) spoilt() (is bool) {
	_ = g.conn.Raw(func(any) error { is = g.raw.spoilt; return nil })
	return is
}

func (g *group) commit() error {
	err := g.conn.Raw(func(any) error {
		err := g.raw.run("commit")
		if err != nil {
			g.raw.spoilt = false
			_ = g.raw.run("rollback") // fails when SQLite has already done it
		}
		return err
	})
	return explainSQLite(err)
}

func (g *group) rollback() {
	_ = g.conn.Raw(func(any) error {
		g.raw.spoilt = false
		_ = g.raw.run("rollback") // fails when SQLite has already done it
		return nil
	})
}

// close may be called twice.
func (g *group) close() {
	_ = g.conn.Raw(func(any) error { g.raw.grouped, g.raw.spoilt = false, false; return nil })
	_ = g.conn.Close()
}
