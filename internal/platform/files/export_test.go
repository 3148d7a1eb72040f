// SPDX-License-Identifier: EUPL-1.2

package files

import "bytes"

// Recognise is recognise of a content in memory.
func Recognise(name string, text []byte) (media string, err error) {
	return recognise(name, content{bytes.NewReader(text), int64(len(text)), text[:min(headLen, len(text))]})
}
