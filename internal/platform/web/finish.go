// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// acronyms are the abbreviations that a page may use without more ado: those found in its
// text are explained once, at its end, where they can be read on a phone and on paper too
// (a title="" shows on neither).
var acronyms = map[string]string{
	"BPE":   "base permanente des équipements",
	"Caf":   "caisse d’allocations familiales",
	"CASF":  "code de l’action sociale et des familles",
	"CCAS":  "centre communal d’action sociale",
	"CDSF":  "comité départemental des services aux familles",
	"Cnaf":  "Caisse nationale des allocations familiales",
	"CTG":   "convention territoriale globale",
	"DGCL":  "direction générale des collectivités locales",
	"DGCS":  "direction générale de la cohésion sociale",
	"EAJE":  "établissement d’accueil du jeune enfant",
	"EPCI":  "établissement public de coopération intercommunale",
	"EPT":   "établissement public territorial",
	"IRIS":  "quartier statistique de l’Insee",
	"Insee": "Institut national de la statistique et des études économiques",
	"LAEP":  "lieu d’accueil enfants-parents",
	"MSA":   "mutualité sociale agricole",
	"Onape": "Observatoire national de la petite enfance",
	"PMI":   "protection maternelle et infantile",
	"PSU":   "prestation de service unique",
	"RPE":   "relais petite enfance",
	"SDSF":  "schéma départemental des services aux familles",
	"SIREN": "numéro d’identité d’un organisme",
}

// verbatim are the elements whose text is not prose: it stays as it is.
var verbatim = []string{"textarea", "script", "style", "code", "kbd", "pre"}

// finish gives the text of a page, and never its tags or attributes, the last touch that
// belongs to no template: the French apostrophe between letters, the spaces inside « », and
// the acronyms it uses.
func finish(body []byte) []byte {
	out := make([]byte, 0, len(body)+len(body)/64+1024)
	var found []string
	inMain, inChoice := false, false
	for len(body) > 0 {
		open := bytes.IndexByte(body, '<')
		if open < 0 {
			return append(out, body...)
		}
		if text := body[:open]; open > 0 {
			if inMain && !inChoice {
				found = mentions(found, text)
			}
			if bytes.IndexByte(text, guillemet) >= 0 && bytes.IndexByte(text, ' ') >= 0 {
				text = []byte(Unbreakable(string(text)))
			}
			out = curl(out, text)
		}
		body = body[open:]
		end := bytes.IndexByte(body, '>')
		if end < 0 {
			return append(out, body...)
		}
		tag := body[:end+1]
		body = body[end+1:]
		name := tagName(tag)
		switch {
		case name == "main":
			inMain = true
		case name == "select", name == "/select": // a choice not shown needs no word
			inChoice = name == "select"
		case name == "/main":
			out, inMain = explain(out, found), false
		}
		out = append(out, tag...)
		if slices.Contains(verbatim, name) {
			if end = bytes.Index(body, []byte("</"+name)); end > 0 {
				out, body = append(out, body[:end]...), body[end:]
			}
		}
	}
	return out
}

func tagName(tag []byte) string {
	name := tag[1:]
	if i := bytes.IndexAny(name, " \t\n>"); i >= 0 {
		name = name[:i]
	}
	return string(name)
}

var (
	straight = []byte("'")
	escaped  = []byte("&#39;")
)

const apostrophe = "’"

// guillemet is the first byte of « and » (and of a few letters, which cost only time): such
// texts are the ones where a line must not break.
const guillemet = 0xC2

// curl copies text to out with French apostrophes: L'Île → L’Île.
func curl(out, text []byte) []byte {
	for {
		i := bytes.IndexAny(text, "'&")
		if i < 0 {
			return append(out, text...)
		}
		width := 1
		if bytes.HasPrefix(text[i:], escaped) {
			width = len(escaped)
		} else if !bytes.HasPrefix(text[i:], straight) {
			out, text = append(out, text[:i+1]...), text[i+1:]
			continue
		}
		out = append(out, text[:i]...)
		before, _ := utf8.DecodeLastRune(out)
		after, _ := utf8.DecodeRune(text[i+width:])
		// an elided word may stand before an element: « l'<strong>avis</strong> »
		elided := len(text) == i+width && strings.ContainsRune("cdjlmnstuCDJLMNST", before)
		if unicode.IsLetter(before) && (elided || unicode.IsLetter(after) || unicode.IsDigit(after) || after == '«') {
			out = append(out, apostrophe...)
		} else {
			out = append(out, text[i:i+width]...)
		}
		text = text[i+width:]
	}
}

// mentions adds to found the acronyms of text, each once.
func mentions(found []string, text []byte) []string {
	for i := 0; i < len(text); {
		if text[i] < 'A' || text[i] > 'Z' {
			i++
			continue
		}
		end := i
		for end < len(text) && (text[end] >= 'A' && text[end] <= 'Z' || text[end] >= 'a' && text[end] <= 'z') {
			end++
		}
		before, _ := utf8.DecodeLastRune(text[:i])
		after, _ := utf8.DecodeRune(text[end:])
		word := text[i:end]
		if _, known := acronyms[string(word)]; known && !unicode.IsLetter(before) && !unicode.IsLetter(after) &&
			after != '.' && !slices.Contains(found, string(word)) {
			found = append(found, string(word))
		}
		i = end
	}
	return found
}

// explain writes the line of acronyms at the end of a page.
func explain(out []byte, found []string) []byte {
	if len(found) == 0 {
		return out
	}
	slices.SortFunc(found, func(a, b string) int { return bytes.Compare(bytes.ToLower([]byte(a)), bytes.ToLower([]byte(b))) })
	out = append(out, `<p class="acronyms"><strong>Sigles de cette page</strong>`...)
	for i, word := range found {
		separator := "\u202f; "
		if i == 0 {
			separator = "\u00a0: "
		}
		out = append(out, separator+"<span><b>"+word+"</b>, "+acronyms[word]+"</span>"...)
	}
	return append(out, ".</p>\n"...)
}
