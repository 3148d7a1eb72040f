// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"context"
	"io"
)

const (
	// A table of figures packs 10 to 60 times, one of zeros 300; deflate stops at 1,032.
	maxRatio = 500
	// Below this many bytes the ratio says nothing: a thousand equal lines pack very well.
	ratioFrom = 32 << 20
)

// bounded reads what a decompressor gives, up to a number of bytes and a ratio to what was
// packed. It also watches the context, so that any long reading can be stopped.
type bounded struct {
	ctx    context.Context
	r      io.Reader
	read   int64
	max    int64
	packed int64 // 0 when nothing was packed
}

func (b *bounded) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	switch {
	case b.read > b.max:
		return 0, errTooBig
	case b.packed > 0 && b.read > ratioFrom && b.read/maxRatio > b.packed:
		return 0, errBomb
	}
	return n, err
}
