// SPDX-License-Identifier: EUPL-1.2

// Package refdata holds the reference data the product ships: the territories of France from
// 2021 to 2026, their populations and where each former commune went. README.md in this folder
// tells the sources, the licence, what was found in them and how to rebuild the file.
package refdata

import (
	"bytes"
	_ "embed" // the reference file travels inside the binary
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Territories is the compact file that `go run ./tools/refdata` writes: the text of
// Encode, compressed with Zstandard.
//
//go:embed territoires.tsv.zst
var Territories []byte

// ErrFormat says that a reference file is not one this program can read.
var ErrFormat = errors.New("fichier de référence des territoires illisible")

// maxText bounds the decompressed text; usualText is a little more than the real one.
const (
	maxText   = 64 << 20
	usualText = 4500 << 10
)

// Compress packs the text of Encode. The same text always gives the same bytes with the
// module versions of go.mod: one goroutine, one block order, no date.
func Compress(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := zstd.NewWriter(&out, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Open reads a compressed reference file.
func Open(packed []byte) (*Dataset, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxText))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := r.DecodeAll(packed, make([]byte, 0, usualText))
	if err != nil {
		return nil, fmt.Errorf("%w : %w", ErrFormat, err)
	}
	return Decode(string(text))
}
