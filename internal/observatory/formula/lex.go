// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type kind uint8

const (
	tokEnd kind = iota
	tokNumber
	tokName
	tokSign // one of the signs below
)

// token is one word of a formula; text of a sign is its canonical spelling.
type token struct {
	kind   kind
	text   string
	number float64
	offset int
}

// signs maps every accepted spelling to the canonical one; longer spellings come first.
var signs = [...]struct{ spelt, canonical string }{
	{"<=", "<="}, {">=", ">="}, {"<>", "<>"}, {"!=", "<>"}, {"==", "="},
	{"≤", "<="}, {"≥", ">="}, {"≠", "<>"}, {"×", "*"}, {"÷", "/"}, {"−", "-"},
	{"+", "+"}, {"-", "-"}, {"*", "*"}, {"/", "/"}, {"(", "("}, {")", ")"},
	{"[", "["}, {"]", "]"}, {";", ";"}, {"<", "<"}, {">", ">"}, {"=", "="},
}

func isNameStart(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isDigit(c byte) bool     { return c >= '0' && c <= '9' }

// lex cuts the formula into tokens, the last of which is tokEnd.
func lex(src string) ([]token, error) {
	var out []token
	for i := 0; i < len(src); {
		r, size := utf8.DecodeRuneInString(src[i:])
		switch {
		case unicode.IsSpace(r):
			i += size
		case isDigit(src[i]) || src[i] == '.' && i+1 < len(src) && isDigit(src[i+1]):
			t, err := lexNumber(src, i)
			if err != nil {
				return nil, err
			}
			out, i = append(out, t), i+len(t.text)
		case isNameStart(src[i]):
			j := i
			for j < len(src) && (isNameStart(src[j]) || isDigit(src[j])) {
				j++
			}
			out, i = append(out, token{kind: tokName, text: src[i:j], offset: i}), j
		default:
			spelt, canonical := sign(src[i:])
			if spelt == "" {
				return nil, strange(src, i, r)
			}
			out, i = append(out, token{kind: tokSign, text: canonical, offset: i}), i+len(spelt)
		}
	}
	return append(out, token{kind: tokEnd, offset: len(src)}), nil
}

func sign(s string) (spelt, canonical string) {
	for _, g := range signs {
		if strings.HasPrefix(s, g.spelt) {
			return g.spelt, g.canonical
		}
	}
	return "", ""
}

// lexNumber reads digits with at most one comma or dot. The text keeps its spelling, for its length.
func lexNumber(src string, at int) (token, error) {
	j, marks := at, 0
	for j < len(src) && (isDigit(src[j]) || isMark(src, j)) {
		if !isDigit(src[j]) {
			marks++
		}
		j++
	}
	text := src[at:j]
	if marks > 1 {
		return token{}, &Error{src, at, "« " + text + " » a plusieurs virgules ou points", "Écrivez un nombre comme 1234,5, et séparez les arguments par des points-virgules."}
	}
	if j < len(src) && isNameStart(src[j]) {
		return token{}, &Error{src, j, "un nom ne peut pas suivre un nombre sans opérateur", "Ajoutez un opérateur, par exemple « * »."}
	}
	n, err := strconv.ParseFloat(strings.Replace(text, ",", ".", 1), 64)
	if err != nil || len(text) > maxDigits {
		return token{}, &Error{src, at, "« " + text + " » est un nombre trop long", "Écrivez au plus 15 chiffres."}
	}
	return token{tokNumber, text, n, at}, nil
}

// maxDigits is what a float64 holds exactly, with its decimal mark.
const maxDigits = 16

// isMark says that a comma or dot is a decimal mark: one followed by a digit.
func isMark(src string, i int) bool {
	return (src[i] == ',' || src[i] == '.') && i+1 < len(src) && isDigit(src[i+1])
}

func strange(src string, at int, r rune) error {
	e := &Error{src, at, "le signe « " + string(r) + " » n'a pas de sens ici", "Les signes admis sont + - * / ( ) [ ] ; < <= > >= = <>."}
	switch {
	case r == ',':
		e.Message = "une virgule ne sépare pas les arguments"
		e.Remedy = "Séparez les arguments par des points-virgules : min(a; b)."
	case r == '%':
		e.Message = "le signe « % » ne s'écrit pas dans une formule"
		e.Remedy = "Multipliez par 100 et déclarez l'unité « % »."
	case unicode.IsLetter(r):
		e.Message = "la lettre « " + string(r) + " » n'est pas admise dans un nom"
		e.Remedy = "Un code d'indicateur s'écrit en lettres sans accent, chiffres et « _ »."
	}
	return e
}
