// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

var (
	errMarkup  = errors.New("sheet: broken markup")
	errDoctype = errors.New("sheet: document type declared")
)

// token is what scanner.next found.
type token int

const (
	tokenStart token = iota
	tokenEnd
	tokenText
)

// maxToken bounds a tag with its attributes, a comment, or a CDATA section.
const maxToken = 4 << 20

// scanner cuts the XML of office files into tags and texts, without copying them. It is not
// a validating parser: it knows no document type (refused, so no entity can grow), no
// entity but the five of XML and numeric ones, and no encoding but UTF-8, which both formats
// require. excelize, built on encoding/xml, reads the
// same sheet seven times slower, with two hundred times the garbage.
type scanner struct {
	r       io.Reader
	buf     []byte
	pos     int
	end     int
	readErr error
	depth   int
	closing bool // a tag like <c/> has still to give its end

	name  []byte // of the last tag, with its prefix; valid until next
	attrs []byte // of the last start tag, raw
	text  []byte // of the last text, raw
	cdata bool   // text has no entities
}

func newScanner(r io.Reader) *scanner { return &scanner{r: r, buf: make([]byte, 64<<10)} }

// more reads more bytes after those not yet consumed.
func (s *scanner) more() error {
	if s.readErr != nil {
		return s.readErr
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) {
		if s.end >= maxToken {
			return errMarkup
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	from := s.end
	for s.end == from && s.readErr == nil {
		var n int
		n, s.readErr = s.r.Read(s.buf[s.end:])
		s.end += n
	}
	if s.end == from {
		return s.readErr
	}
	return nil
}

// must is more where the document may not end.
func (s *scanner) must() error {
	err := s.more()
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next gives the next tag or text; io.EOF after the last end tag.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		s.depth--
		return tokenEnd, nil
	}
	for {
		if s.pos == s.end {
			err := s.more()
			if errors.Is(err, io.EOF) && s.depth > 0 {
				err = io.ErrUnexpectedEOF
			}
			if err != nil {
				return 0, err
			}
		}
		if s.buf[s.pos] != '<' {
			if err := s.readText(); err != nil {
				return 0, err
			}
			if s.depth == 0 {
				if len(bytes.Trim(s.text, " \t\r\n\xef\xbb\xbf")) > 0 {
					return 0, errMarkup
				}
				continue
			}
			return tokenText, nil
		}
		tok, skip, err := s.readMarkup()
		if err != nil || !skip {
			return tok, err
		}
	}
}

// readText takes what stands before the next tag, or what the window has of it. An entity is
// never cut.
func (s *scanner) readText() error {
	s.cdata = false
	for {
		window := s.buf[s.pos:s.end]
		if i := bytes.IndexByte(window, '<'); i >= 0 {
			s.text = window[:i]
			s.pos += i
			return nil
		}
		if amp := bytes.LastIndexByte(window, '&'); amp >= 0 && bytes.IndexByte(window[amp:], ';') < 0 && len(window)-amp < 16 {
			window = window[:amp]
		}
		if len(window) > 0 {
			s.text = window
			s.pos += len(window)
			return nil
		}
		if err := s.must(); err != nil {
			return err
		}
	}
}

// readMarkup takes what begins with <. skip says that it was a comment or an instruction.
func (s *scanner) readMarkup() (tok token, skip bool, err error) {
	for s.end-s.pos < 3 {
		if err := s.must(); err != nil {
			return 0, false, err
		}
	}
	switch s.buf[s.pos+1] {
	case '?':
		_, err := s.until("?>")
		return 0, true, err
	case '!':
		return s.readDeclaration()
	case '/':
		body, err := s.until(">")
		if err != nil {
			return 0, false, err
		}
		s.name = bytes.TrimRight(body[2:len(body)-1], " \t\r\n")
		if s.depth--; s.depth < 0 {
			return 0, false, errMarkup
		}
		return tokenEnd, false, nil
	}
	return tokenStart, false, s.readStart()
}

func (s *scanner) readDeclaration() (tok token, skip bool, err error) {
	for s.end-s.pos < 9 {
		if err := s.must(); err != nil {
			return 0, false, err
		}
	}
	switch head := s.buf[s.pos:s.end]; {
	case bytes.HasPrefix(head, []byte("<!--")):
		_, err := s.until("-->")
		return 0, true, err
	case bytes.HasPrefix(head, []byte("<![CDATA[")):
		body, err := s.until("]]>")
		if err != nil {
			return 0, false, err
		}
		s.text, s.cdata = body[9:len(body)-3], true
		return tokenText, s.depth == 0, nil
	}
	return 0, false, errDoctype
}

// until takes the bytes up to and with the mark.
func (s *scanner) until(mark string) ([]byte, error) {
	searched := 0
	for {
		if i := bytes.Index(s.buf[s.pos+searched:s.end], []byte(mark)); i >= 0 {
			body := s.buf[s.pos : s.pos+searched+i+len(mark)]
			s.pos += len(body)
			return body, nil
		}
		searched = max(0, s.end-s.pos-len(mark))
		if err := s.must(); err != nil {
			return nil, err
		}
	}
}

// readStart takes a start tag; a > between quotes does not end it.
func (s *scanner) readStart() error {
	quote, i := byte(0), 1
	for {
		for ; s.pos+i < s.end; i++ {
			c := s.buf[s.pos+i]
			switch {
			case quote != 0:
				if c == quote {
					quote = 0
				}
			case c == '"' || c == '\'':
				quote = c
			case c == '>':
				s.startTag(s.buf[s.pos+1 : s.pos+i])
				s.pos += i + 1
				s.depth++
				if len(s.name) == 0 {
					return errMarkup
				}
				return nil
			}
		}
		if err := s.must(); err != nil {
			return err
		}
	}
}

func (s *scanner) startTag(body []byte) {
	if n := len(body); n > 0 && body[n-1] == '/' {
		s.closing, body = true, body[:n-1]
	}
	s.name, s.attrs = body, nil
	if i := bytes.IndexAny(body, " \t\r\n"); i >= 0 {
		s.name, s.attrs = body[:i], body[i+1:]
	}
}

// is compares the local name without allocating.
func (s *scanner) is(name string) bool {
	return string(s.name[bytes.IndexByte(s.name, ':')+1:]) == name
}

// attr is the value of the attribute of the last start tag with that full name.
func (s *scanner) attr(name string) ([]byte, bool) {
	rest := s.attrs
	for {
		eq := bytes.IndexByte(rest, '=')
		if eq < 0 {
			return nil, false
		}
		key := bytes.TrimSpace(rest[:eq])
		rest = bytes.TrimLeft(rest[eq+1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return nil, false
		}
		value := rest[1 : end+1]
		rest = rest[end+2:]
		if string(key) == name {
			if bytes.IndexByte(value, '&') >= 0 {
				value = unescape(nil, value)
			}
			return value, true
		}
	}
}

// attrText is attr as a string, "" when absent.
func (s *scanner) attrText(name string) string {
	v, _ := s.attr(name)
	return string(v)
}

// attrInt is attr as a count, or the value given when it is absent or no count.
func (s *scanner) attrInt(name string, otherwise int) int {
	v, ok := s.attr(name)
	if !ok || len(v) == 0 || len(v) > 10 {
		return otherwise
	}
	n := 0
	for _, c := range v {
		if c < '0' || c > '9' {
			return otherwise
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// appendText adds the last text to b.
func (s *scanner) appendText(b []byte) []byte {
	if s.cdata || bytes.IndexByte(s.text, '&') < 0 {
		return append(b, s.text...)
	}
	return unescape(b, s.text)
}

var entities = map[string]byte{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// unescape adds raw to b with its entities replaced; an unknown one stays as written.
func unescape(b, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(b, raw...)
		}
		b = append(b, raw[:i]...)
		raw = raw[i:]
		end := bytes.IndexByte(raw, ';')
		if end < 2 || end > 12 {
			b, raw = append(b, '&'), raw[1:]
			continue
		}
		name := string(raw[1:end])
		if c, ok := entities[name]; ok {
			b = append(b, c)
		} else if r, ok := numericEntity(name); ok {
			b = utf8.AppendRune(b, r)
		} else {
			b = append(b, raw[:end+1]...)
		}
		raw = raw[end+1:]
	}
}

func numericEntity(name string) (rune, bool) {
	if name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if len(digits) > 1 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	if err != nil || n == 0 {
		return utf8.RuneError, err == nil
	}
	return rune(n), true
}
