// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"database/sql"
	"testing"
	"time"
)

// SetMaxBusy shortens the wait for another process; for tests that run alone.
func SetMaxBusy(t *testing.T, d time.Duration) {
	old := maxBusy
	maxBusy = d
	t.Cleanup(func() { maxBusy = old })
}

// WritePool is the pool behind Tx.
func (d *DB) WritePool() *sql.DB { return d.write }

// MaxAttempts is how often a conflicting transaction runs.
const MaxAttempts = maxAttempts

// Waiting is how many writers are in the queue.
func (d *DB) Waiting() int {
	d.writer.mu.Lock()
	defer d.writer.mu.Unlock()
	return len(d.writer.queue)
}

// ByteOrder is byteOrder.
var ByteOrder = byteOrder

// SplitPassword is splitPassword.
var SplitPassword = splitPassword
