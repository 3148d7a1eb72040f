// SPDX-License-Identifier: EUPL-1.2

package french

import (
	"strings"
	"unicode/utf8"
)

// fault is why a text is not a number. Sentences are only made for the faults people see.
type fault int

const (
	faultNone fault = iota
	faultNotNumber
	faultNaN
	faultGroups
	faultTwoDecimals
	faultEnglish
	faultEnds
	faultExponent
	faultExcel
	faultUnderscore
	faultHex
	faultUnit
	faultRange
)

var sentences = [...]struct{ reason, remedy string }{
	faultNotNumber:   {"un nombre s'écrit avec des chiffres", "écrivez par exemple 1 234,5, ou laissez la case vide si la valeur manque"},
	faultNaN:         {"ce n'est pas une valeur", "laissez la case vide si la valeur manque"},
	faultGroups:      {"les chiffres ne sont pas groupés par trois", "écrivez par exemple 1 234 ou 1234"},
	faultTwoDecimals: {"le signe décimal y figure plusieurs fois", "gardez une seule virgule, par exemple 1 234,5"},
	faultEnglish:     {"il est écrit à l'anglaise", "mettez une virgule pour les décimales et une espace pour les milliers, par exemple 1 234,56"},
	faultEnds:        {"il manque les décimales", "écrivez par exemple 12 ou 12,5"},
	faultExponent:    {"la notation scientifique n'est pas lue", "écrivez le nombre en entier"},
	faultExcel:       {"le tableur l'a abrégé et ses chiffres sont perdus", "mettez la colonne au format Nombre, ou Texte pour un code, et enregistrez de nouveau"},
	faultUnderscore:  {"il contient un tiret bas", "séparez les milliers par une espace, par exemple 1 234"},
	faultHex:         {"il est écrit en base 16", "écrivez-le en chiffres de 0 à 9"},
	faultUnit:        {"il est suivi d'autres signes", "ne laissez que le nombre et mettez l'unité dans l'en-tête"},
	faultRange:       {"il est hors de toute mesure", "vérifiez la cellule"},
}

func refuse(text string, f fault) error {
	return &NumberError{Text: excerpt(text), Reason: sentences[f].reason, Remedy: sentences[f].remedy}
}

// excerpt keeps 40 characters, and no control character, so that a message stays a message.
func excerpt(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == 40 {
			b.WriteRune('…')
			break
		}
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			r = '�'
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// unreadable finds the plainest reason why the character at i does not belong to a number.
func unreadable(s string, i int) fault {
	switch lower := strings.ToLower(s); {
	case strings.HasPrefix(lower, "nan"), strings.HasPrefix(lower, "inf"):
		return faultNaN
	case strings.HasPrefix(lower, "0x"):
		return faultHex
	case s[i] == '_' && i > 0:
		return faultUnderscore
	case s[i] == 'E' && i > 0 && i+1 < len(s) && (s[i+1] == '+' || s[i+1] == '-'):
		return faultExcel
	case (s[i] == 'e' || s[i] == 'E') && i > 0 && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
		return faultExponent
	case i > 0 && s[0] >= '0' && s[0] <= '9' && s[i] != '-' && s[i] != '/' && s[i] != '+':
		return faultUnit
	}
	return faultNotNumber
}
