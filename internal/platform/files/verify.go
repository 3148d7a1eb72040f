// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// block is what a verified reader holds back: nothing of the last block is delivered before the
// whole has been checked.
const block = 64 << 10

// verified delivers a content and checks it: size and SHA-256.
type verified struct {
	src   io.ReadCloser
	hash  hash.Hash
	want  string    // hexadecimal
	left  int64     // bytes that are still to come
	ready []byte    // being delivered
	held  []byte    // read and hashed, not delivered yet
	buf   [2][]byte // behind held, and behind ready
	turn  int       // which of them is read into next
	err   error     // nil while there may be more
}

func verify(src io.ReadCloser, want string, size int64) *verified {
	n := min(block, size+1)
	return &verified{src: src, hash: sha256.New(), want: want, left: size, buf: [2][]byte{make([]byte, n), make([]byte, n)}}
}

func (v *verified) Read(p []byte) (int, error) {
	for len(v.ready) == 0 {
		if v.err != nil {
			return 0, v.err
		}
		v.advance()
	}
	n := copy(p, v.ready)
	v.ready = v.ready[n:]
	return n, nil
}

// advance reads one block and lets the one before go.
func (v *verified) advance() {
	next := v.buf[v.turn]
	n, err := readBlock(v.src, next)
	next = next[:n]
	_, _ = v.hash.Write(next) // never fails
	v.left -= int64(n)
	switch {
	case v.left < 0:
		v.err = fmt.Errorf("%w (plus long que déposé)", ErrAltered)
	case errors.Is(err, io.EOF):
		if v.err = v.verdict(); errors.Is(v.err, io.EOF) {
			v.ready, v.held = append(v.held, next...), nil
		}
	case err != nil:
		v.err = err
	default:
		v.ready, v.held = v.held, next
		v.turn ^= 1
	}
}

// readBlock fills p; unlike io.ReadFull it tells an end from a connection cut short.
func readBlock(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

func (v *verified) verdict() error {
	if v.left > 0 {
		return fmt.Errorf("%w (plus court que déposé)", ErrAltered)
	}
	if got := hex.EncodeToString(v.hash.Sum(nil)); got != v.want {
		return fmt.Errorf("%w (empreinte %s, attendue %s)", ErrAltered, got, v.want)
	}
	return io.EOF
}

func (v *verified) Close() error { return v.src.Close() }
