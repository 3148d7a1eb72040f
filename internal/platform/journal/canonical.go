// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// ErrNotCanonical: bytes that are not the one canonical form of what they say.
var ErrNotCanonical = errors.New("ce document n'est pas dans sa forme canonique")

const (
	// maxSafeInteger bounds the integers that every JSON reader keeps exactly (RFC 8785, 3.2.2.3).
	maxSafeInteger = 1<<53 - 1
	// maxDepth is how deep lists and objects may nest: acts are flat; deeper is an attack.
	maxDepth = 16
)

// Canonical writes v in the JSON Canonicalization Scheme (RFC 8785) narrowed down so
// that no reader can differ: no space, keys sorted by UTF-16 unit, text in UTF-8 and
// Unicode form NFC, integers between ±(2⁵³−1) and no other number: an amount is written
// as text. v is made of nil, bool, int, int64, string, []any, []string, map[string]any
// and map[string]string. Anything else, invalid UTF-8, and two keys that NFC makes
// equal are errors.
func Canonical(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := appendValue(&b, v, 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func appendValue(b *bytes.Buffer, v any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("plus de %d niveaux imbriqués", maxDepth)
	}
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int:
		return appendInteger(b, int64(v))
	case int64:
		return appendInteger(b, v)
	case string:
		return appendText(b, v)
	case []any:
		return appendList(b, v, depth)
	case []string:
		return appendList(b, v, depth)
	case map[string]any:
		return appendObject(b, v, depth)
	case map[string]string:
		return appendObject(b, v, depth)
	case float32, float64:
		return errors.New("nombre à virgule : écrivez-le en texte, avec ses décimales fixes")
	default:
		return fmt.Errorf("valeur de type %T : elle n'a pas de forme canonique", v)
	}
	return nil
}

func appendInteger(b *bytes.Buffer, n int64) error {
	if n > maxSafeInteger || n < -maxSafeInteger {
		return fmt.Errorf("entier %d hors des bornes : écrivez-le en texte", n)
	}
	b.WriteString(strconv.FormatInt(n, 10))
	return nil
}

func appendList[T any](b *bytes.Buffer, list []T, depth int) error {
	b.WriteByte('[')
	for i, x := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := appendValue(b, x, depth+1); err != nil {
			return fmt.Errorf("[%d] : %w", i, err)
		}
	}
	b.WriteByte(']')
	return nil
}

// member is one key of an object, as written.
type member[T any] struct {
	key   string
	units []uint16
	value T
}

func appendObject[T any](b *bytes.Buffer, object map[string]T, depth int) error {
	members := make([]member[T], 0, len(object))
	for k, v := range object {
		if !utf8.ValidString(k) {
			return fmt.Errorf("clé %q : le texte n'est pas de l'UTF-8", k)
		}
		k = norm.NFC.String(k)
		members = append(members, member[T]{k, utf16.Encode([]rune(k)), v})
	}
	slices.SortFunc(members, func(x, y member[T]) int { return slices.Compare(x.units, y.units) })
	b.WriteByte('{')
	for i, m := range members {
		if i > 0 {
			if m.key == members[i-1].key {
				return fmt.Errorf("clé « %s » en double", m.key)
			}
			b.WriteByte(',')
		}
		if err := appendText(b, m.key); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := appendValue(b, m.value, depth+1); err != nil {
			return fmt.Errorf("%s : %w", m.key, err)
		}
	}
	b.WriteByte('}')
	return nil
}

// shortEscapes are those of RFC 8785, 3.2.2.2; other control characters are \u00xx.
var shortEscapes = map[byte]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`}

func appendText(b *bytes.Buffer, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("texte %q : ce n'est pas de l'UTF-8", s)
	}
	if strings.ContainsRune(s, 0) {
		return errors.New("caractère nul dans un texte") // PostgreSQL cannot keep it
	}
	b.WriteByte('"')
	for _, r := range norm.NFC.String(s) {
		switch {
		case r < 0x20 || r == '"' || r == '\\':
			if e, ok := shortEscapes[byte(r)]; ok {
				b.WriteString(e)
			} else {
				fmt.Fprintf(b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return nil
}

// ParseCanonical reads what [Canonical] wrote and nothing else: for any other spelling
// of the same value the error is [ErrNotCanonical]. Objects are map[string]any, lists
// []any, integers int64.
func ParseCanonical(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotCanonical, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w : il y a quelque chose après sa fin", ErrNotCanonical)
	}
	again, err := Canonical(v)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNotCanonical, err)
	}
	if !bytes.Equal(again, data) {
		return nil, fmt.Errorf("%w : il diffère à l'octet %d", ErrNotCanonical, firstDifference(again, data))
	}
	return v, nil
}

func firstDifference(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// readValue walks the tokens itself, because the decoder keeps the last of two equal
// keys and has its own limit of depth.
func readValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("plus de %d niveaux imbriqués", maxDepth)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			return readList(d, depth)
		}
		return readObject(d, depth)
	case json.Number:
		n, err := strconv.ParseInt(token.String(), 10, 64)
		if err != nil || n == math.MinInt64 {
			return nil, fmt.Errorf("%q n'est pas un entier", token)
		}
		return n, nil
	}
	return token, nil // nil, bool, string
}

func readList(d *json.Decoder, depth int) (any, error) {
	list := []any{}
	for d.More() {
		v, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

func readObject(d *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		key, ok := token.(string)
		if !ok {
			return nil, fmt.Errorf("%v à la place d'une clé", token)
		}
		if _, twice := object[key]; twice {
			return nil, fmt.Errorf("clé « %s » en double", key)
		}
		v, err := readValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		object[key] = v
	}
	_, err := d.Token()
	return object, err
}
