// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonScanner reads JSON (RFC 8259) as a stream: it keeps no more than one text in memory,
// knows the line and column of a fault, and limits nesting. encoding/json does none of the
// three, and takes five times as long on coordinates.
type jsonScanner struct {
	r         *bufio.Reader
	line, col int
	depth     int
	maxText   int
	text      []byte // reused
}

// maxJSONDepth: the deepest GeoJSON needs nine levels; attributes may hold some more.
const maxJSONDepth = 64

func newJSONScanner(r io.Reader, maxText int) *jsonScanner {
	s := &jsonScanner{r: bufio.NewReaderSize(r, 64<<10), line: 1, maxText: maxText}
	if bom, _ := s.r.Peek(3); string(bom) == "\xef\xbb\xbf" {
		_, _ = s.r.Discard(3)
	}
	return s
}

func (s *jsonScanner) errorf(format string, args ...any) error {
	return formatErrorf("ligne %d, colonne %d : %s", s.line, max(s.col, 1), fmt.Sprintf(format, args...))
}

// failed turns the end of the stream into a French message and lets other errors through.
func (s *jsonScanner) failed(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return s.errorf("le fichier s'arrête trop tôt ; il a sans doute été tronqué, téléchargez-le à nouveau")
	}
	return err
}

func (s *jsonScanner) read() (byte, error) {
	b, err := s.r.ReadByte()
	if err != nil {
		return 0, s.failed(err)
	}
	if s.col++; b == '\n' {
		s.line, s.col = s.line+1, 0
	}
	return b, nil
}

// unread gives back the last byte, which must not be a line feed.
func (s *jsonScanner) unread() {
	_ = s.r.UnreadByte() // never fails after ReadByte
	s.col--
}

// next is the first byte that is not white space.
func (s *jsonScanner) next() (byte, error) {
	for {
		b, err := s.read()
		if err != nil || b != ' ' && b != '\n' && b != '\t' && b != '\r' {
			return b, err
		}
	}
}

// peek is next without taking it.
func (s *jsonScanner) peek() (byte, error) {
	b, err := s.next()
	if err == nil {
		s.unread()
	}
	return b, err
}

func (s *jsonScanner) expect(want byte, what string) error {
	b, err := s.next()
	if err != nil {
		return err
	}
	if b != want {
		return s.errorf("%s attendu, « %s » trouvé", what, shorten(string(rune(b)), 1))
	}
	return nil
}

// object calls member with each key; member must consume the value.
func (s *jsonScanner) object(member func(key string) error) error {
	if err := s.expect('{', "un objet « { »"); err != nil {
		return err
	}
	return s.list('}', func() error {
		key, err := s.str()
		if err != nil {
			return err
		}
		if err := s.expect(':', "« : »"); err != nil {
			return err
		}
		return member(key)
	})
}

// array calls item before each element; item must consume it.
func (s *jsonScanner) array(item func() error) error {
	if err := s.expect('[', "une liste « [ »"); err != nil {
		return err
	}
	return s.list(']', item)
}

func (s *jsonScanner) list(end byte, item func() error) error {
	if s.depth++; s.depth > maxJSONDepth {
		return s.errorf("plus de %d niveaux d'imbrication : ce n'est pas un fichier de contours", maxJSONDepth)
	}
	defer func() { s.depth-- }()
	b, err := s.peek()
	if err != nil {
		return err
	}
	if b == end {
		_, err := s.next()
		return err
	}
	for {
		if err := item(); err != nil {
			return err
		}
		b, err := s.next()
		switch {
		case err != nil:
			return err
		case b == end:
			return nil
		case b != ',':
			return s.errorf("« , » ou « %c » attendu, « %s » trouvé", end, shorten(string(rune(b)), 1))
		}
	}
}

// str reads a text. One longer than maxText is refused.
func (s *jsonScanner) str() (string, error) {
	if err := s.expect('"', "un texte entre guillemets"); err != nil {
		return "", err
	}
	s.text = s.text[:0]
	for {
		b, err := s.read()
		switch {
		case err != nil:
			return "", err
		case b == '"':
			if !utf8.Valid(s.text) {
				return "", s.errorf("un texte n'est pas en UTF-8 ; réenregistrez le fichier en UTF-8")
			}
			return string(s.text), nil
		case b < ' ':
			return "", s.errorf("un caractère de contrôle se trouve dans un texte")
		case b == '\\':
			err = s.escape()
		default:
			s.text = append(s.text, b)
		}
		if err != nil {
			return "", err
		}
		if len(s.text) > s.maxText {
			return "", tooBigf("ligne %d : un texte dépasse %d octets", s.line, s.maxText)
		}
	}
}

func (s *jsonScanner) escape() error {
	b, err := s.read()
	if err != nil {
		return err
	}
	switch b {
	case '"', '\\', '/':
		s.text = append(s.text, b)
	case 'b', 'f', 'n', 'r', 't':
		s.text = append(s.text, map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}[b])
	case 'u':
		return s.unicode()
	default:
		return s.errorf("« \\%s » n'est pas un échappement JSON", shorten(string(rune(b)), 1))
	}
	return nil
}

// unicode reads the four digits after \u, and the second half of a surrogate pair.
func (s *jsonScanner) unicode() error {
	r, err := s.hex4()
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		pair := utf8.RuneError
		if ahead, _ := s.r.Peek(2); string(ahead) == `\u` {
			_, _ = s.r.Discard(2)
			s.col += 2
			low, err := s.hex4()
			if err != nil {
				return err
			}
			pair = utf16.DecodeRune(r, low)
		}
		r = pair
	}
	s.text = utf8.AppendRune(s.text, r)
	return nil
}

func (s *jsonScanner) hex4() (rune, error) {
	var v rune
	for range 4 {
		b, err := s.read()
		if err != nil {
			return 0, err
		}
		d, err := strconv.ParseUint(string(rune(b)), 16, 8)
		if err != nil {
			return 0, s.errorf("quatre chiffres hexadécimaux attendus après \\u")
		}
		v = v<<4 | rune(d) // #nosec G115 -- d < 16
	}
	return v, nil
}

// number reads a number as written.
func (s *jsonScanner) number() ([]byte, error) {
	if _, err := s.peek(); err != nil {
		return nil, err
	}
	s.text = s.text[:0]
	for {
		b, err := s.r.ReadByte()
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if err != nil {
			break
		}
		if (b < '0' || b > '9') && b != '-' && b != '+' && b != '.' && b != 'e' && b != 'E' {
			_ = s.r.UnreadByte() // never fails after ReadByte
			break
		}
		s.col++
		if s.text = append(s.text, b); len(s.text) > 400 {
			return nil, s.errorf("un nombre de plus de 400 chiffres")
		}
	}
	if !isJSONNumber(s.text) {
		return nil, s.errorf("un nombre est attendu, « %s » trouvé", s.around())
	}
	return s.text, nil
}

// around is what stands where a number should: the text read, or the few bytes that follow.
func (s *jsonScanner) around() string {
	if len(s.text) > 0 {
		return shorten(string(s.text), 30)
	}
	ahead, _ := s.r.Peek(8)
	return shorten(string(ahead), 8)
}

func isJSONNumber(b []byte) bool {
	i := 0
	digits := func() int {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i - from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	first := i
	if n := digits(); n == 0 || n > 1 && b[first] == '0' {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; digits() == 0 {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if digits() == 0 {
			return false
		}
	}
	return i == len(b)
}

func (s *jsonScanner) float() (float64, error) {
	text, err := s.number()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, s.errorf("le nombre %s est hors de toute mesure", shorten(string(text), 30))
	}
	return v, nil
}

func (s *jsonScanner) word(w string) error {
	for i := range len(w) {
		b, err := s.read()
		if err != nil {
			return err
		}
		if b != w[i] {
			return s.errorf("valeur inconnue ; « %s » attendu", w)
		}
	}
	return nil
}

// scalar reads a text, number, true, false or null as text; ok is false for null. An object
// or a list is skipped and gives "", false.
func (s *jsonScanner) scalar() (text string, ok bool, err error) {
	b, err := s.peek()
	if err != nil {
		return "", false, err
	}
	switch b {
	case '"':
		text, err = s.str()
		return text, true, err
	case 't':
		return "true", true, s.word("true")
	case 'f':
		return "false", true, s.word("false")
	case 'n':
		return "", false, s.word("null")
	case '{', '[':
		return "", false, s.skip()
	}
	n, err := s.number()
	return string(n), true, err
}

// skip passes over one value of any kind.
func (s *jsonScanner) skip() error {
	b, err := s.peek()
	if err != nil {
		return err
	}
	switch b {
	case '{':
		return s.object(func(string) error { return s.skip() })
	case '[':
		return s.array(s.skip)
	}
	_, _, err = s.scalar()
	return err
}

// end wants nothing but white space until the end of the file.
func (s *jsonScanner) end() error {
	for {
		b, err := s.r.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if s.col++; b != ' ' && b != '\n' && b != '\t' && b != '\r' && b != 0 {
			return s.errorf("du texte suit la fin du document JSON")
		}
	}
}
