// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

const (
	lookEvery = time.Second     // how soon new acts are seen, whichever process appended them
	signEvery = 3 * time.Second // how far apart the checkpoints of one process are, at least
	restAfter = time.Minute     // how long it rests after a failure
)

// Run signs a checkpoint soon after new acts, until ctx ends. Several processes may do so
// beside each other with the same key: whoever comes second finds the work done. A failure
// goes to the log and is tried again a minute later.
func (j *Journal) Run(ctx context.Context, log *slog.Logger) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var rest time.Time
	for {
		if now := time.Now(); now.After(rest) {
			signed, err := j.catchUp(ctx)
			switch {
			case err != nil && ctx.Err() == nil:
				log.ErrorContext(ctx, "journal: nothing signed", "err", err.Error())
				rest = now.Add(restAfter)
			case signed:
				rest = now.Add(signEvery)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// catchUp signs if there are acts that no checkpoint covers.
func (j *Journal) catchUp(ctx context.Context) (signed bool, err error) {
	n, covered, err := j.covered(ctx)
	if err != nil || covered >= n {
		return false, err
	}
	_, err = j.Checkpoint(ctx)
	if errors.Is(err, ErrEmpty) {
		return false, nil
	}
	return err == nil, err
}

// covered is how many acts there are, and how many of them the last checkpoint covers.
func (j *Journal) covered(ctx context.Context) (size, covered int64, err error) {
	err = j.db.Read().QueryRowContext(ctx, `select (select coalesce(max(size), 0) from journal_head), (select coalesce(max(size), 0) from journal_checkpoint)`).
		Scan(&size, &covered)
	return size, covered, err
}
