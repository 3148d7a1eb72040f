// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// ErrInvalid is what every refusal of a message or an address is: the error says in French
// what to correct.
var ErrInvalid = errors.New("courriel refusé")

// invalid is a refusal in French.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w : %s", ErrInvalid, fmt.Sprintf(format, args...))
}

// Address is a person and their address. Addr is as [ParseAddress] returns it.
type Address struct {
	Name string `json:"name,omitempty"`
	Addr string `json:"addr"`
}

// Limits of RFC 5321 § 4.5.3.1, in bytes, and ours for what people see, in characters.
const (
	maxLocal   = 64
	maxAddress = 254
	maxName    = 120
	maxSubject = 250
)

// ParseAddress reads a bare address, "prenom.nom@ville.fr", and returns it with its domain in
// lower case and in punycode ("à@crèche.fr" is refused, "a@crèche.fr" becomes
// "a@xn--crche-5ra.fr"). What few servers take is refused: quotes, comments, address
// literals, accents before the at sign.
func ParseAddress(s string) (string, error) {
	s = strings.TrimSpace(s)
	if err := plainText(s); err != nil {
		return "", invalid("l'adresse contient %v", err)
	}
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || domain == "" || strings.Contains(domain, "@") {
		return "", invalid("« %s » n'est pas une adresse : écrivez-la nom@domaine.fr", s)
	}
	if len(local) > maxLocal || !isDotAtom(local) {
		return "", invalid("« %s » : avant l'arobase, seuls vont les lettres sans accent, les chiffres et . - _ +", s)
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(ascii, ".") || strings.HasSuffix(ascii, ".") || !lettersInLast(ascii) {
		return "", invalid("« %s » : « %s » n'est pas un nom de domaine", s, domain)
	}
	addr := local + "@" + ascii
	if len(addr) > maxAddress {
		return "", invalid("« %s » : l'adresse dépasse %d caractères", s, maxAddress)
	}
	// The standard library has the last word: two readers are better than one.
	if p, err := mail.ParseAddress(addr); err != nil || p.Address != addr || p.Name != "" {
		return "", invalid("« %s » n'est pas une adresse : écrivez-la nom@domaine.fr", s)
	}
	return addr, nil
}

// isDotAtom says whether s is a dot-atom of RFC 5322 § 3.2.3, in ASCII.
func isDotAtom(s string) bool {
	for atom := range strings.SplitSeq(s, ".") {
		if atom == "" {
			return false
		}
		for _, r := range atom {
			if !isAlnum(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		}
	}
	return true
}

func isAlnum(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
}

// lettersInLast tells a domain from an address in figures: 192.0.2.1 ends with a number.
func lettersInLast(domain string) bool {
	last := domain[strings.LastIndexByte(domain, '.')+1:]
	return strings.ContainsFunc(last, func(r rune) bool { return 'a' <= r && r <= 'z' })
}

// check says what is wrong with an address whose role is who, "destinataire".
func (a Address) check(who string) error {
	addr, err := ParseAddress(a.Addr)
	if err != nil {
		return fmt.Errorf("%s : %w", who, err)
	}
	if addr != a.Addr {
		return invalid("%s : l'adresse « %s » s'écrit « %s »", who, a.Addr, addr)
	}
	return checkLine(who, a.Name, maxName)
}

// checkLine refuses what may not stand in a header, and what is longer than limit characters.
func checkLine(what, s string, limit int) error {
	if err := plainText(s); err != nil {
		return invalid("%s : le texte contient %v", what, err)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return invalid("%s : %d caractères, %d au plus", what, n, limit)
	}
	return nil
}

// plainText refuses what could end a header line or show another text than the one written.
func plainText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("des octets qui ne sont pas du texte UTF-8")
	}
	for _, r := range s {
		switch {
		case r == '\r' || r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			return errors.New("un saut de ligne : gardez une seule ligne")
		case unicode.IsControl(r):
			return fmt.Errorf("un caractère de commande (U+%04X) : retirez-le", r)
		case '\u202a' <= r && r <= '\u202e' || '\u2066' <= r && r <= '\u2069':
			return fmt.Errorf("une marque de sens d'écriture (U+%04X) : retirez-la", r)
		}
	}
	return nil
}
