// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"strconv"
	"strings"
	"time"

	"maillage/internal/platform/db"
)

// Filter chooses acts; its zero value takes all of them.
type Filter struct {
	Kind   string
	Holder string
	From   time.Time // done at this instant or later
	Before time.Time // done before this instant
	Hidden []string  // holders whose acts are left out
}

// where is the condition of the filter and its arguments.
func (f Filter) where() (string, []any) {
	var parts []string
	var args []any
	add := func(condition string, arg any) {
		args = append(args, arg)
		parts = append(parts, condition+" $"+strconv.Itoa(len(args)))
	}
	if f.Kind != "" {
		add("kind =", f.Kind)
	}
	if f.Holder != "" {
		add("holder =", f.Holder)
	}
	if !f.From.IsZero() {
		add("at >=", db.Instant(f.From))
	}
	if !f.Before.IsZero() {
		add("at <", db.Instant(f.Before))
	}
	if len(f.Hidden) > 0 {
		parts = append(parts, "holder not in ("+db.In(len(args)+1, len(f.Hidden))+")")
		for _, h := range f.Hidden {
			args = append(args, h)
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return "where " + strings.Join(parts, " and "), args
}

// List is the acts of the filter, newest first, from the one numbered skip, at most limit.
func (j *Journal) List(ctx context.Context, f Filter, skip, limit int) ([]Entry, error) {
	where, args := f.where()
	n := len(args)
	return j.entries(ctx, where+" order by idx desc limit $"+strconv.Itoa(n+1)+" offset $"+strconv.Itoa(n+2), append(args, limit, skip)...)
}

// Count is how many acts the filter takes.
func (j *Journal) Count(ctx context.Context, f Filter) (n int, err error) {
	where, args := f.where()
	err = j.db.Read().QueryRowContext(ctx, "select count(*) from journal_leaf "+where, args...).Scan(&n) // #nosec G202 -- fixed conditions
	return n, err
}

// Holders lists the holders of acts, each once, at most a thousand.
func (j *Journal) Holders(ctx context.Context) ([]string, error) {
	return db.Query(ctx, j.db.Read(), func(scan func(...any) error) (h string, err error) { return h, scan(&h) },
		"select distinct holder from journal_leaf where holder <> '' order by holder limit 1000")
}

// KindsPresent lists the kinds of acts there are, each once, at most a thousand.
func (j *Journal) KindsPresent(ctx context.Context) ([]string, error) {
	return db.Query(ctx, j.db.Read(), func(scan func(...any) error) (k string, err error) { return k, scan(&k) },
		"select distinct kind from journal_leaf order by kind limit 1000")
}

// CheckpointPage lists checkpoints, newest first, from the one numbered skip, at most limit,
// and tells how many there are.
func (j *Journal) CheckpointPage(ctx context.Context, skip, limit int) (list []*Checkpoint, total int, err error) {
	if err := j.db.Read().QueryRowContext(ctx, "select count(*) from journal_checkpoint").Scan(&total); err != nil {
		return nil, 0, err
	}
	list, err = j.notes(ctx, j.db.Read(), "order by seq desc limit $1 offset $2", limit, skip)
	return list, total, err
}

// CheckpointOf is the newest checkpoint of that many acts, or [ErrUnknown].
func (j *Journal) CheckpointOf(ctx context.Context, size int64) (*Checkpoint, error) {
	list, err := j.notes(ctx, j.db.Read(), "where size = $1 order by seq desc limit 1", size)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}
