// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// checkText reads a whole text: UTF-8, UTF-16 with its mark, or Windows-1252. What a text
// never holds (zero bytes, control characters) tells a binary file under another name.
func checkText(c content, k kind) (string, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(c, 0, c.size), block)
	if bytes.HasPrefix(c.head, []byte{0xff, 0xfe}) || bytes.HasPrefix(c.head, []byte{0xfe, 0xff}) {
		return k.media + "; charset=utf-16", checkUTF16(r, c)
	}
	var s textScan
	valid8, valid1252 := true, true
	for {
		char, n, err := r.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
		if char == utf8.RuneError && n == 1 {
			valid8 = false
			if err := r.UnreadRune(); err != nil {
				return "", err
			}
			b, err := r.ReadByte()
			if err != nil {
				return "", err
			}
			valid1252 = valid1252 && !bytes.ContainsRune([]byte(undefined1252), rune(b))
			char = rune(b)
		}
		if err := s.take(char); err != nil {
			return "", err
		}
	}
	switch {
	case valid8:
		return k.media + "; charset=utf-8", nil
	case valid1252:
		return k.media + "; charset=windows-1252", nil
	}
	return "", unlike("il contient des caractères illisibles")
}

// undefined1252 are the bytes that Windows-1252 does not use, as characters.
const undefined1252 = "\u0081\u008d\u008f\u0090\u009d"

// textScan looks at a text, character by character.
type textScan struct{ begun bool }

func (s *textScan) take(char rune) error {
	switch {
	case char == '\t', char == '\n', char == '\r', char == '\f', char == ' ', char == 0xfeff:
		return nil
	case char < ' ' || char == 0x7f:
		return unlike("")
	case char == '<' && !s.begun:
		return unlike("il commence comme une page web")
	}
	s.begun = true
	return nil
}

func checkUTF16(r *bufio.Reader, c content) error {
	var order binary.ByteOrder = binary.LittleEndian
	if c.head[0] == 0xfe {
		order = binary.BigEndian
	}
	var s textScan
	var high rune // a surrogate that waits for the other
	for {
		var unit [2]byte
		_, err := io.ReadFull(r, unit[:])
		switch {
		case errors.Is(err, io.EOF) && high == 0:
			return nil
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return unlike("il est incomplet")
		case err != nil:
			return err
		}
		char := rune(order.Uint16(unit[:]))
		switch {
		case high != 0:
			if char = utf16.DecodeRune(high, char); char == utf8.RuneError {
				return unlike("il contient des caractères illisibles")
			}
			high = 0
		case utf16.IsSurrogate(char):
			high = char
			continue
		}
		if err := s.take(char); err != nil {
			return err
		}
	}
}
