// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"regexp"
	"strings"
	"unicode"

	"maillage/internal/platform/french"
)

var (
	prefix     = regexp.MustCompile(`(?i)^\s*(?:à|a|to|cc|cci|bcc|de|from|copie|destinataires?)\s*:\s*`)
	bullet     = regexp.MustCompile(`^\s*(?:[-–•*·▪]+|\d{1,3}[.)])\s+`)
	mailtoMark = regexp.MustCompile(`(?i)<?\s*mailto:\s*([^>\s)]*)\s*>?`)
	markdown   = regexp.MustCompile(`\[([^\]]*)\]\((?i:mailto:)[^)]*\)`)
	phoneShape = regexp.MustCompile(`(?:\+33 ?\(?0?\)? ?|\b0)[1-9](?:[ .\-]?[0-9]{2}){4}\b|\+[1-9][0-9]{1,2}(?:[ .\-]?[0-9]{2,4}){3,5}\b`)
	phoneWord  = regexp.MustCompile(`(?i)\b(?:t[ée]l(?:[ée]phone)?|port(?:able)?|mobile|fixe)\b\s*\.?\s*:?\s*$`)
	brackets   = regexp.MustCompile(`[(\[]([^()\[\]]*)[)\]]`)
	dash       = regexp.MustCompile(`\s+[-–—|/]\s+`)
)

// read reads an item of free text; why says that it holds nobody.
func read(text string) (e Entry, why string) {
	text = prefix.ReplaceAllString(bullet.ReplaceAllString(oneLine(text), ""), "")
	text = bullet.ReplaceAllString(text, "")
	text = stripMailto(text)
	text = e.takeMail(text)
	if at := phoneShape.FindStringIndex(text); at != nil {
		e.Phone = phoneIn(text[at[0]:at[1]])
		text = phoneWord.ReplaceAllString(text[:at[0]], "") + " " + text[at[1]:]
	}
	text = brackets.ReplaceAllStringFunc(text, func(m string) string {
		inner := strings.TrimSpace(m[1 : len(m)-1])
		switch {
		case inner == "" || strings.Contains(inner, "@"):
		case e.Organisation == "":
			e.Organisation = inner
		case e.Title == "":
			e.Title = inner
		}
		return " "
	})
	text = strings.Trim(oneLine(strings.NewReplacer(`"`, " ", "<", " ", ">", " ", "[", " ", "]", " ").Replace(text)), " ,;:'-–—|/")
	parts := dash.Split(text, -1)
	for _, more := range parts[1:] {
		e.more(more)
	}
	e.readParts(parts[0])
	return e.checked()
}

// more keeps what is said after a dash: an organisation, then a title.
func (e *Entry) more(s string) {
	s = strings.Trim(s, " ,.")
	switch {
	case s == "":
	case e.Organisation == "" && (knownOrganisation(s) || e.Title != "" || !knownTitle(s)):
		e.Organisation = s
	case e.Title == "":
		e.Title = s
	}
}

// readParts reads "NOM, Prénom", and what other commas part.
func (e *Entry) readParts(text string) {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	words := func(s string) int { return len(strings.Fields(s)) }
	if len(parts) > 1 && parts[0] != "" && parts[1] != "" && words(parts[0]) <= 4 && words(parts[1]) <= 3 &&
		!knownOrganisation(parts[1]) && !knownTitle(parts[1]) && (words(civil(parts[0])) == 1 || isUpper(parts[0]) || !mixedName(parts[0])) {
		e.Name = Name{proper(civil(parts[0]), true), proper(civil(parts[1]), false)}
		for _, more := range parts[2:] {
			e.more(more)
		}
		return
	}
	for _, more := range parts[1:] {
		e.more(more)
	}
	e.readName(parts[0])
}

// mixedName says that a text is itself a first name and a name: "Lina DUPRÉ".
func mixedName(s string) bool {
	up, low := 0, 0
	for _, w := range strings.Fields(s) {
		if isUpper(w) {
			up++
		} else if !particles[french.Fold(w)] {
			low++
		}
	}
	return up > 0 && low > 0
}

// stripMailto takes the links of a rich text for the addresses they lead to.
func stripMailto(s string) string {
	s = markdown.ReplaceAllString(s, "$1")
	if !mailto.MatchString(s) {
		return s
	}
	shown := address.FindAllString(mailtoMark.ReplaceAllString(s, " "), -1)
	if len(shown) > 0 { // the address is there already: the link repeats it
		return mailtoMark.ReplaceAllString(s, " ")
	}
	return mailtoMark.ReplaceAllString(s, " <$1> ")
}

// takeMail keeps the address of a text and returns the rest. An address that mail could not
// use is a doubt, never silently mended.
func (e *Entry) takeMail(text string) string {
	text = stripMailto(text)
	at := address.FindStringIndex(text)
	if at == nil {
		if broken := brokenAddress.FindString(text); broken != "" {
			e.doubt("L'adresse n'est pas complète : « " + clip(strings.Trim(broken, "<>")) + " ».")
			return strings.Replace(text, broken, " ", 1)
		}
		if strings.Contains(text, "@") {
			e.doubt("L'adresse n'est pas complète : « " + clip(oneLine(text)) + " ».")
			return strings.ReplaceAll(text, "@", " ")
		}
		return text
	}
	found := strings.ToLower(strings.Trim(text[at[0]:at[1]], ".'`*_-"))
	if i := strings.IndexByte(found, '?'); i > 0 { // mailto:a@b?subject=…
		found = found[:i]
	}
	switch {
	case e.Mail != "":
	case !goodAddress.MatchString(found) || strings.Contains(found, ".."):
		e.doubt("L'adresse « " + clip(found) + " » n'est pas complète, ou contient un signe inattendu.")
	default:
		e.Mail = found
	}
	rest := text[:at[0]] + " " + text[at[1]:]
	if more := address.FindString(rest); more != "" && strings.ToLower(more) != e.Mail {
		e.doubt("Une seconde adresse est laissée de côté : « " + clip(more) + " ».")
	}
	return address.ReplaceAllString(rest, " ")
}

var brokenAddress = regexp.MustCompile(`<[^<>]*@[^<>]*>`)

var goodAddress = regexp.MustCompile(`^[a-z0-9!#$%&'*+/=^_{|}~.-]+@[a-z0-9\x{00e0}-\x{00ff}](?:[a-z0-9\x{00e0}-\x{00ff}.-]*[a-z0-9\x{00e0}-\x{00ff}])?\.[a-z]{2,}$`)

// phoneIn is the number in a text, by pairs when it is French, "" when there is none.
func phoneIn(s string) string {
	s = strings.TrimSpace(s)
	if !strings.ContainsFunc(s, unicode.IsDigit) {
		return ""
	}
	if m := phoneShape.FindString(s); m != "" {
		s = m
	}
	return strings.TrimSpace(s)
}

func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}

func (e *Entry) doubt(why string) { e.Doubts = append(e.Doubts, why) }

// checked completes an entry with what its address tells, and says why it holds nobody.
func (e *Entry) checked() (Entry, string) {
	e.Organisation, e.Title = strings.Trim(e.Organisation, " ,;"), strings.Trim(e.Title, " ,;")
	if e.Family == "" && e.Given == "" && e.Mail == "" {
		if len(e.Doubts) > 0 {
			return *e, "aucun nom lisible, et l'adresse n'est pas complète"
		}
		return *e, "ni nom ni adresse"
	}
	if !strings.ContainsFunc(e.Family+e.Given, unicode.IsLetter) && e.Mail == "" {
		return *e, "ni nom ni adresse"
	}
	if e.Mail != "" {
		local, _, _ := strings.Cut(e.Mail, "@")
		e.Service = isService(local)
		switch {
		case e.Service && e.Family == "" && e.Given == "":
			e.doubt("C'est l'adresse d'un service, sans nom de personne.")
		case e.Family == "" && e.Given == "":
			e.nameFromAddress(local)
		}
	}
	return *e, ""
}

// services are the words of addresses that are nobody's.
var services = map[string]bool{"contact": true, "accueil": true, "secretariat": true, "direction": true, "info": true, "infos": true, "mairie": true,
	"petite": true, "enfance": true, "petiteenfance": true, "rpe": true, "ram": true, "creche": true, "creches": true, "pmi": true, "ccas": true,
	"cias": true, "service": true, "services": true, "dasee": true, "famille": true, "familles": true, "courrier": true, "relais": true, "multiaccueil": true,
	"administration": true, "coordination": true, "bureau": true, "presidence": true, "cabinet": true, "communication": true, "noreply": true,
	"ne": true, "pas": true, "repondre": true, "no": true, "reply": true, "de": true, "du": true, "des": true, "la": true, "education": true}

// isService says that every word of a local part is a service's.
func isService(local string) bool {
	words := strings.FieldsFunc(local, func(c rune) bool { return !unicode.IsLetter(c) })
	for _, w := range words {
		if !services[french.Fold(w)] {
			return false
		}
	}
	return len(words) > 0
}

// nameFromAddress reads "prenom.nom@" and "p.nom@": a doubt, since some houses write the
// family name first.
func (e *Entry) nameFromAddress(local string) {
	local = strings.Map(func(c rune) rune {
		if unicode.IsDigit(c) {
			return -1
		}
		return c
	}, local)
	parts := strings.FieldsFunc(local, func(c rune) bool { return c == '.' || c == '_' || c == '+' })
	switch len(parts) {
	case 0:
		e.doubt("Aucun nom n'accompagne cette adresse.")
	case 1:
		e.Family = proper(parts[0], true)
		e.doubt("Le nom est lu dans l'adresse : complétez-le.")
	default:
		first, last := proper(parts[0], false), proper(strings.Join(parts[1:], " "), true)
		e.Readings = []Name{{last, first}, {proper(parts[0], true), proper(strings.Join(parts[1:], " "), false)}}
		e.Name = e.Readings[0]
		e.doubt("Le nom est lu dans l'adresse : vérifiez-le.")
	}
}
