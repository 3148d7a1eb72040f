// SPDX-License-Identifier: EUPL-1.2

package observatory

import "context"

// Reread is a snapshot that has read no column yet.
func (o *Observatory) Reread(ctx context.Context) (*Snapshot, error) {
	return o.read(ctx, o.Snapshot().Version)
}
