// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/french"
)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

var (
	civilities = set("m mr mme mlle dr pr me mmes mm madame monsieur mademoiselle docteur docteure professeur professeure maitre mesdames messieurs")
	// particles begin a family name and never stand alone.
	particles = set("de du des d la le les el al ben bin ibn bint van von der den ter ten da do dos das di del della abou abu ait ould san st ste saint sainte")
	// organisationWords tell an organisation from a name.
	organisationWords = set("mairie ville commune caf msa ccas cias departement conseil prefecture region association ars pmi dde dase dase93 dpe epci ept agglomeration " +
		"communaute metropole syndicat universite creche micro rpe relais federation union acepp udaf uriopss drieets ddets dsden rectorat education mutualite " +
		"fondation groupe sas sarl scop cooperative est ensemble plaine territoire service direction centre halte garderie multi maison cdsf sdsf cnaf cd93 cpam etat")
	titleWords = set("directeur directrice coordinateur coordinatrice coordonnateur coordonnatrice responsable charge chargee adjoint adjointe chef cheffe elu elue maire " +
		"president presidente vice conseiller conseillere animateur animatrice puericultrice educateur educatrice medecin referent referente assistante assistant secretaire " +
		"gestionnaire delegue deleguee inspecteur inspectrice chercheur chercheuse infirmiere psychologue dga dgs")
)

func anyWord(s string, in map[string]bool) bool {
	return slices.ContainsFunc(strings.Fields(french.Fold(s)), func(w string) bool { return in[w] })
}

func knownOrganisation(s string) bool { return anyWord(s, organisationWords) }
func knownTitle(s string) bool        { return anyWord(s, titleWords) }

// civil takes "Mme", "Dr" and the like off the front of a name.
func civil(s string) string {
	words := strings.Fields(s)
	for len(words) > 1 {
		first, second := french.Fold(words[0]), french.Fold(words[1])
		if !civilities[first] && words[0] != "&" && (first != "le" && first != "la" && first != "et" || !civilities[second]) {
			break
		}
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// isUpper says that a word of two letters or more is in capitals.
func isUpper(s string) bool {
	if strings.Contains(s, ".") { // initials
		return false
	}
	letters := 0
	for _, c := range s {
		if unicode.IsLower(c) {
			return false
		}
		if unicode.IsLetter(c) {
			letters++
		}
	}
	return letters > 1
}

// unit is words that belong together: "de La Tour", "Jean-Pierre".
type unit struct {
	words []string
	upper bool // in capitals
	tied  bool // begins with a particle
}

func (u unit) String() string { return strings.Join(u.words, " ") }

// units groups the words of a name: particles go with what follows them.
func units(words []string) []unit {
	var list []unit
	var open []string
	for i, w := range words {
		if particles[french.Fold(w)] && i+1 < len(words) {
			open = append(open, w)
			continue
		}
		u := unit{append(open, w), isUpper(w), len(open) > 0}
		if !u.tied && hasElision(w) {
			u.tied = true
		}
		open = nil
		list = append(list, u)
	}
	return list
}

// hasElision is "d'Almeida".
func hasElision(w string) bool {
	f := strings.ToLower(w)
	return len(f) > 3 && (strings.HasPrefix(f, "d'") || strings.HasPrefix(f, "l'"))
}

// readName reads a name in one piece: capitals, particles, the address and common first names
// tell the family name; without any of them both readings are offered.
func (e *Entry) readName(text string) {
	text = civil(strings.Trim(text, " ,.;'\"-"))
	words := strings.Fields(text)
	if len(words) == 0 {
		return
	}
	if len(words) > 8 {
		e.Family = clip(text)
		e.doubt("Ce texte est trop long pour un nom : lisez-le.")
		return
	}
	list := units(words)
	n, ok := leadingCapitals(words)
	if !ok && !(isUpper(words[0]) && someCapitals(words)) {
		n, ok = byCapitals(list)
	}
	if ok && !(len(n.Family) == 2 && !strings.ContainsAny(french.Fold(n.Family), "aeiouy")) { // "JP Valmont"
		e.Name = n
		return
	}
	if len(list) == 1 {
		e.alone(list[0])
		return
	}
	tells := []func([]unit, string) (Name, bool){byParticle, byAddress, byFirstName}
	if someCapitals(words) { // capitals that do not decide are against every guess
		tells = tells[1:2]
	}
	for _, tell := range tells {
		if n, ok := tell(list, e.Mail); ok {
			e.Name = n
			return
		}
	}
	head, tail := list[0].String(), join(list[1:])
	if len(list) > 2 {
		e.Readings = []Name{named(tail, head), named(head, tail), named(join(list[2:]), join(list[:2]))}
	} else {
		e.Readings = []Name{named(head, tail), named(tail, head)} // Outlook writes the family name first
	}
	e.Name = e.Readings[0]
	e.doubt("Lequel est le nom de famille ?")
}

func named(family, given string) Name { return Name{proper(family, true), proper(given, false)} }

func join(list []unit) string {
	var all []string
	for _, u := range list {
		all = append(all, u.words...)
	}
	return strings.Join(all, " ")
}

// alone is a name of one piece.
func (e *Entry) alone(u unit) {
	if len(u.words) > 1 {
		e.Readings = []Name{named(u.String(), ""), named(strings.Join(u.words[1:], " "), u.words[0])}
		e.Name = e.Readings[0]
		e.doubt("Est-ce un nom de famille composé, ou un prénom et un nom ?")
		return
	}
	if e.Mail != "" { // "dupre <lina.dupre@…>": the address tells the rest
		local, _, _ := strings.Cut(e.Mail, "@")
		parts := strings.FieldsFunc(local, func(c rune) bool { return c == '.' || c == '_' })
		if len(parts) == 2 && !strings.ContainsFunc(local, unicode.IsDigit) {
			switch plain := flat(u.words[0]); {
			case flat(parts[1]) == plain && utf8.RuneCountInString(parts[0]) > 1:
				e.Name = named(u.words[0], parts[0])
				e.doubt("Le prénom est lu dans l'adresse : vérifiez-le.")
				return
			case flat(parts[0]) == plain:
				e.Name = named(parts[1], u.words[0])
				e.doubt("Le nom est lu dans l'adresse : vérifiez-le.")
				return
			}
		}
	}
	e.Family = proper(u.words[0], true)
	e.doubt("Il n'y a qu'un nom : complétez la fiche plus tard, ou laissez cette ligne de côté.")
}

// byCapitals reads "DUPRÉ Lina" and "Lina de LA TOUR": capitals on one side only.
func byCapitals(list []unit) (Name, bool) {
	first, last, up := -1, -1, 0
	for i, u := range list {
		if u.upper {
			if first < 0 {
				first = i
			}
			last = i
			up++
		}
	}
	if up == 0 || up == len(list) || last-first+1 != up || first > 0 && last < len(list)-1 {
		return Name{}, false
	}
	rest := append(slices.Clone(list[:first]), list[last+1:]...)
	return named(join(list[first:last+1]), join(rest)), true
}

// leadingCapitals reads "TRAN THI Lan" and "NGUYEN VAN Minh": the words in capitals at the front
// are the family name, whatever particles are among them.
func leadingCapitals(words []string) (Name, bool) {
	n, alone := 0, true
	for n < len(words) && isUpper(words[n]) {
		alone = alone && particles[french.Fold(words[n])]
		n++
	}
	if n == 0 || alone || n == len(words) || slices.ContainsFunc(words[n:], isUpper) {
		return Name{}, false
	}
	if next := words[n]; next == strings.ToLower(next) && particles[french.Fold(next)] { // "DUPRÉ de Vauclair"
		return Name{}, false
	}
	return named(strings.Join(words[:n], " "), strings.Join(words[n:], " ")), true
}

// someCapitals says that some words are in capitals and others are not.
func someCapitals(words []string) bool {
	return slices.ContainsFunc(words, isUpper) && slices.ContainsFunc(words, func(w string) bool { return !isUpper(w) && strings.ToLower(w) != w })
}

// byParticle reads "Lina de La Tour": the only unit with a particle is the family name.
func byParticle(list []unit, _ string) (Name, bool) {
	if len(list) != 2 || list[0].tied == list[1].tied {
		return Name{}, false
	}
	if list[0].tied {
		return named(list[0].String(), list[1].String()), true
	}
	return named(list[1].String(), list[0].String()), true
}

// byAddress reads the name in the order that "prenom.nom@", "p.nom@" or "pnom@" proves.
func byAddress(list []unit, mail string) (Name, bool) {
	local, _, _ := strings.Cut(mail, "@")
	if local == "" {
		return Name{}, false
	}
	if g, f, ok := strings.Cut(local, "."); ok { // "marielou.valmont": the dot tells where
		for cut := 1; cut < len(list); cut++ {
			x, y := join(list[:cut]), join(list[cut:])
			switch {
			case flat(x) == flat(g) && flat(y) == flat(f):
				return named(y, x), true
			case flat(y) == flat(g) && flat(x) == flat(f):
				return named(x, y), true
			}
		}
	}
	local = flat(local)
	var found []Name
	for cut := 1; cut < len(list); cut++ {
		x, y := join(list[:cut]), join(list[cut:])
		for _, n := range [][2]string{{x, y}, {y, x}} { // given, family
			g, f := flat(n[0]), flat(n[1])
			if g != "" && f != "" && (local == g+f || local == g[:1]+f && len(f) > 2 || local == initials(n[0])+f) {
				found = append(found, named(n[1], n[0]))
			}
		}
	}
	if len(found) == 0 {
		return Name{}, false
	}
	for _, n := range found[1:] {
		if n != found[0] {
			return Name{}, false
		}
	}
	return found[0], true
}

// initials are those of a first name: "jp" for Jean-Pierre.
func initials(s string) string {
	var b strings.Builder
	for _, w := range strings.Fields(french.Fold(s)) {
		b.WriteByte(w[0])
	}
	return b.String()
}

// flat is a text as addresses write it: without accents, spaces or hyphens.
func flat(s string) string { return strings.ReplaceAll(french.Fold(s), " ", "") }

// sorted are the words of a name in an order of their own, so that both orders are one.
func sorted(s string) string {
	words := strings.Fields(french.Fold(s))
	slices.Sort(words)
	return strings.Join(words, " ")
}

// byFirstName: exactly one side is a first name that many bear.
func byFirstName(list []unit, _ string) (Name, bool) {
	if len(list) != 2 {
		return Name{}, false
	}
	x, y := isFirstName(list[0].String()), isFirstName(list[1].String())
	switch {
	case x && !y:
		return named(list[1].String(), list[0].String()), true
	case y && !x:
		return named(list[0].String(), list[1].String()), true
	}
	return Name{}, false
}

func isFirstName(s string) bool {
	words := strings.Fields(french.Fold(s))
	for _, w := range words {
		if !firstNames[w] {
			return false
		}
	}
	return len(words) > 0
}

// proper writes a name as names are written when it came in capitals or without any: "DE LA
// TOUR" is "de La Tour". What was typed in both cases stays as it was.
func proper(s string, isFamily bool) string {
	s = strings.Trim(oneLine(s), " ,;")
	if s == "" {
		return ""
	}
	words := strings.Fields(s)
	mixed := false
	for _, w := range words {
		mixed = mixed || !isUpper(w) && w != strings.ToLower(w)
	}
	for i, w := range words {
		if isUpper(w) || !mixed && w == strings.ToLower(w) {
			words[i] = capitals(w)
		}
		if isFamily && (french.Fold(w) == "de" || french.Fold(w) == "d") && len(words) > 1 && !mixed {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

// capitals writes a word with a capital after each hyphen and apostrophe.
func capitals(w string) string {
	var b strings.Builder
	up := true
	for _, c := range strings.ToLower(w) {
		if up {
			c = unicode.ToUpper(c)
		}
		b.WriteRune(c)
		up = c == '-' || c == '\''
	}
	s := b.String()
	if rest, ok := strings.CutPrefix(s, "D'"); ok && rest != "" {
		return "d'" + rest
	}
	return s
}

// firstNames are common first names that are seldom family names; those that are often both
// (Martin, Bernard, Thomas…) are left out, so that they stay a doubt.
var firstNames = set(`adele adrien agathe aicha alain alexandra alexandre alexia alice alicia aline alison amandine amelie amina amine amira anais andrea angelique
anissa anita anne annie antoine antoinette antonin arnaud arthur assia astrid audrey aurelie aurelien axel axelle aya aymeric aziza baptiste barbara bastien beatrice
benedicte benjamin berangere brigitte bruno camille carine carla carole caroline catherine cecile cedric celia celine chantal charlene charlotte chloe christelle
christian christiane christine christophe claire clara clarisse clemence clementine colette coline coralie corinne cyril damien daniela daniele danielle delphine
diane djamila dominique dorothee edith elena eleonore elisa elisabeth elise elodie elsa emeline emilie emma emmanuel emmanuelle eric estelle esther etienne eva
evelyne fabienne fabrice fanny farida farah fatima fatou fatoumata faustine fiona flavie flore florence florent florian franck francine francois francoise frederic
frederique gabrielle gaelle gaetan gaspard genevieve geraldine gerard ghislaine gilles guillaume gwenaelle hassan helene hind hugo ibrahim ines ingrid irene isabelle
jacqueline jamila jean jeanne jennifer jeremy jerome jessica joelle johanna jordan josephine josiane judith jules julia julie julien juliette justine karim karima
karine kevin khadija laetitia laila laura laure laurence laurent lea leila lena leo leonie leslie lila lilia lina linda lise loic lola louise lucas lucie lucile
ludivine ludovic lydia lydie mael maeva magali malika manon marc margaux margot maria mariam marianne marie marina marine marion marjorie martine maryline maryse
mathieu mathilde matthieu maud maxime megane mehdi melanie melina melissa michele michelle mireille mohamed monique morgane mounia mourad muriel mylene myriam nabila
nadege nadia nadine naima nassima natacha nathalie nawel nicolas nicole nina noemie nora odile olivia olivier ophelie oriane pascale patricia patrick paul paula
pauline perrine philippe pierre prisca quentin rachel rachida raphael raphaelle rebecca regine remi renaud rene romain romane rosalie roxane sabine sabrina salima
salma samia samira samuel sandra sandrine sarah sebastien selma severine sihem sofia solange solene sonia sophie souad soraya stephane stephanie steve suzanne sylvain
sylvie tania tatiana theo thierry tiphaine valentin valentine valerie vanessa vera veronique victoire victoria vincent violaine violette virginie viviane wafa xavier
yacine yael yamina yann yannick yasmina yasmine yohan youssef yves yvette zahra zineb zoe jonathan fanta aminata awa mariama oumar moussa ousmane`)
