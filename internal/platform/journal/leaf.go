// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"maillage/internal/platform/db"
)

// Leaf is what a leaf says, read from its canonical JSON.
type Leaf struct {
	ID, Kind  string
	At        time.Time
	Holder    string
	Actor     string // the commitment, or "" when nobody is named
	Hat       string
	Subject   string
	Documents []string       // SHA-256, in hexadecimal
	Body      map[string]any // as [ParseCanonical] reads it; a commitment is {"engagement": …}
}

// ParseLeaf reads a leaf, strictly: unknown, missing and ill-typed members are errors.
func ParseLeaf(data []byte) (*Leaf, error) {
	v, err := ParseCanonical(data)
	if err != nil {
		return nil, err
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("feuille : un objet JSON est attendu")
	}
	return leafOf(object)
}

func leafOf(object map[string]any) (*Leaf, error) {
	r := reader{object: object, known: 10}
	if format := r.text("format"); r.err == nil && format != leafFormat {
		return nil, fmt.Errorf("feuille au format %q : ce programme connaît %s", format, leafFormat)
	}
	l := &Leaf{ID: r.text("id"), Kind: r.text("nature"), Holder: r.text("titulaire"), Hat: r.text("titre"), Subject: r.text("objet")}
	at := r.text("date")
	l.Actor = r.commitment("auteur")
	for _, d := range r.list("documents") {
		hash, ok := d.(string)
		if !ok || !hexSHA256.MatchString(hash) {
			r.fail("documents")
		}
		l.Documents = append(l.Documents, hash)
	}
	l.Body = r.members("contenu")
	for _, s := range []string{l.ID, l.Kind, l.Holder, l.Hat, l.Subject} {
		if !oneLine(s) {
			r.err = errors.New("une rubrique contient des caractères de commande")
		}
	}
	err := r.end()
	if err != nil {
		return nil, fmt.Errorf("feuille : %w", err)
	}
	if l.At, err = db.ParseInstant(at); err != nil {
		return nil, fmt.Errorf("feuille : date %q illisible", at)
	}
	return l, nil
}

// oneLine says that a text can be shown on a terminal as one line that means what it shows.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) })
}

// Commitments lists the commitments of the leaf: the actor's, then those of its body.
func (l *Leaf) Commitments() []string {
	var list []string
	if l.Actor != "" {
		list = append(list, l.Actor)
	}
	return commitmentsIn(l.Body, list)
}

func commitmentsIn(v any, list []string) []string {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			list = commitmentsIn(x, list)
		}
	case map[string]any:
		if c, ok := v[commitmentKey].(string); ok && len(v) == 1 {
			return append(list, c)
		}
		for _, x := range v {
			list = commitmentsIn(x, list)
		}
	}
	return list
}

// reader takes the members of an object, each once, and keeps its first error.
type reader struct {
	object map[string]any
	known  int // how many members there must be
	err    error
}

func (r *reader) fail(key string) {
	if r.err == nil {
		r.err = fmt.Errorf("« %s » manque ou n'a pas la forme attendue", key)
	}
}

func (r *reader) text(key string) string {
	s, ok := r.object[key].(string)
	if !ok {
		r.fail(key)
	}
	return s
}

func (r *reader) integer(key string) int64 {
	n, ok := r.object[key].(int64)
	if !ok || n < 0 {
		r.fail(key)
	}
	return n
}

func (r *reader) list(key string) []any {
	l, ok := r.object[key].([]any)
	if !ok {
		r.fail(key)
	}
	return l
}

func (r *reader) members(key string) map[string]any {
	o, ok := r.object[key].(map[string]any)
	if !ok {
		r.fail(key)
	}
	return o
}

// commitment is "" for null.
func (r *reader) commitment(key string) string {
	v, there := r.object[key]
	if there && v == nil {
		return ""
	}
	o, _ := v.(map[string]any)
	c, ok := o[commitmentKey].(string)
	if !ok || len(o) != 1 || !hexSHA256.MatchString(c) {
		r.fail(key)
	}
	return c
}

func (r *reader) end() error {
	if r.err == nil && len(r.object) != r.known {
		r.err = fmt.Errorf("%d rubriques pour %d attendues", len(r.object), r.known)
	}
	return r.err
}

// IsCommitment says that a value of a leaf's body stands for a personal datum.
func IsCommitment(v map[string]any) bool {
	_, ok := v[commitmentKey].(string)
	return ok && len(v) == 1
}
