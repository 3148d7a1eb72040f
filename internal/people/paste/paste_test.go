// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// said is an entry on one line: "Famille|Prénom|courriel|organisation|fonction|téléphone", and
// "?" when there is something to look at.
func said(e Entry) string {
	s := strings.TrimRight(strings.Join([]string{e.Family, e.Given, e.Mail, e.Organisation, e.Title, e.Phone}, "|"), "|")
	if len(e.Doubts) > 0 || len(e.Readings) > 0 {
		s += " ?"
	}
	return s
}

// The names are invented.
func TestOnePerson(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		// Outlook
		{"Dupré Lina <l.dupre@ville.example>;", "Dupré|Lina|l.dupre@ville.example"},
		{"DUPRÉ Lina <lina.dupre@ville.example>;", "Dupré|Lina|lina.dupre@ville.example"},
		{"Lina DUPRÉ <lina.dupre@ville.example>", "Dupré|Lina|lina.dupre@ville.example"},
		{"DUPRÉ, Lina (DASEE) <LINA.DUPRE@VILLE.EXAMPLE>", "Dupré|Lina|lina.dupre@ville.example|DASEE"},
		{"'Dupré Lina' <dupre@ville.example>", "Dupré|Lina|dupre@ville.example"},
		{`"DUPRÉ, Lina" <lina.dupre@ville.example>`, "Dupré|Lina|lina.dupre@ville.example"},
		{`"lina.dupre@ville.example" <lina.dupre@ville.example>`, "Dupre|Lina|lina.dupre@ville.example ?"},
		{"Dupré, Lina <lina.dupre@ville.example>;;", "Dupré|Lina|lina.dupre@ville.example"},
		{"À : Dupré Lina <l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example"},
		{"Cc: Lina DUPRÉ <l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example"},
		{"Mme Lina DUPRÉ <l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example"},
		{"M. DUPRÉ Léo <leo@ville.example>", "Dupré|Léo|leo@ville.example"},
		{"Dr DUPRÉ Léo", "Dupré|Léo"},
		{"Madame le Docteur Lina DUPRÉ", "Dupré|Lina"},
		{"Docteur Lina DUPRÉ <x@chu.example>", "Dupré|Lina|x@chu.example"},
		// mailto and rich text
		{"Lina DUPRÉ <mailto:l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example"},
		{"Lina DUPRÉ mailto:l.dupre@ville.example", "Dupré|Lina|l.dupre@ville.example"},
		{"Lina DUPRÉ l.dupre@ville.example<mailto:l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example"},
		{"[l.dupre@ville.example](mailto:l.dupre@ville.example)", "Dupre|L|l.dupre@ville.example ?"},
		{"<mailto:lina.dupre@ville.example?subject=bonjour>", "Dupre|Lina|lina.dupre@ville.example ?"},
		// the order is told by capitals
		{"BEN SALAH Farès <fbs@ville.example>", "Ben Salah|Farès|fbs@ville.example"},
		{"Farès BEN SALAH <fbs@ville.example>", "Ben Salah|Farès|fbs@ville.example"},
		{"EL OUARDI Nahla", "El Ouardi|Nahla"},
		{"Nahla EL OUARDI", "El Ouardi|Nahla"},
		{"DE LA TOURNELLE Anaëlle", "de La Tournelle|Anaëlle"},
		{"Anaëlle de LA TOURNELLE", "de La Tournelle|Anaëlle"},
		{"D'ORMESNIL Édith", "d'Ormesnil|Édith"},
		{"LE GUELLOU Yannig", "Le Guellou|Yannig"},
		{"DUPRÉ-VASSEUR Marie-Lou", "Dupré-Vasseur|Marie-Lou"},
		{"DUPRÉ VASSEUR Marie Lou", "Dupré Vasseur|Marie Lou"},
		{"Marie-Lou DUPRÉ-VASSEUR", "Dupré-Vasseur|Marie-Lou"},
		{"J.-P. DUPRÉ", "Dupré|J.-P."},
		{"O'BRANNIGAN Siobhan", "O'Brannigan|Siobhan"},
		{"ÇELIKTAŞ Elif", "Çeliktaş|Elif"},
		{"NGUYỄN Thị Hoa", "Nguyễn|Thị Hoa"},
		// by particles
		{"Anaëlle de La Tournelle", "de La Tournelle|Anaëlle"},
		{"de Vauclair Anaëlle", "de Vauclair|Anaëlle"},
		{"El Ouardi Nahla", "El Ouardi|Nahla"},
		{"Farès Ben Salah", "Ben Salah|Farès"},
		{"Yannig Le Guellou", "Le Guellou|Yannig"},
		{"Édith d'Ormesnil", "d'Ormesnil|Édith"},
		// by the address
		{"Valmont Claude <claude.valmont@ville.example>", "Valmont|Claude|claude.valmont@ville.example"},
		{"Claude Valmont <claude.valmont@ville.example>", "Valmont|Claude|claude.valmont@ville.example"},
		{"Claude Valmont <cvalmont@ville.example>", "Valmont|Claude|cvalmont@ville.example"},
		{"Valmont Claude <c.valmont@ville.example>", "Valmont|Claude|c.valmont@ville.example"},
		{"Jean-Pascal Valmont <jpvalmont@ville.example>", "Valmont|Jean-Pascal|jpvalmont@ville.example"},
		{"VALMONT CLAUDE <claude.valmont@ville.example>", "Valmont|Claude|claude.valmont@ville.example"},
		{"claude valmont <claude.valmont@ville.example>", "Valmont|Claude|claude.valmont@ville.example"},
		{"Marie Lou Valmont <marielou.valmont@ville.example>", "Valmont|Marie Lou|marielou.valmont@ville.example"},
		// by a first name
		{"Sandrine Valmont", "Valmont|Sandrine"},
		{"VALMONT SANDRINE", "Valmont|Sandrine"},
		{"valmont sandrine", "Valmont|Sandrine"},
		// doubts
		{"Thomas Martin", "Thomas|Martin ?"},
		{"Claude Valmont", "Claude|Valmont ?"},
		{"VALMONT CLAUDE", "Valmont|Claude ?"},
		{"Valmont", "Valmont ?"},
		{"Ben Salah", "Ben Salah ?"},
		{"lina.dupre@ville.example", "Dupre|Lina|lina.dupre@ville.example ?"},
		{"<lina.dupre2@ville.example>", "Dupre|Lina|lina.dupre2@ville.example ?"},
		{"petite.enfance@ville.example", "||petite.enfance@ville.example ?"},
		{"Lina DUPRÉ <l.dupre@ville>", "Dupré|Lina ?"},
		{"Lina DUPRÉ <l.dupre @ville.example>", "Dupré|Lina ?"},
		// organisations, posts, telephones
		{"Lina DUPRÉ (Mairie de Bellefontaine) <l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example|Mairie de Bellefontaine"},
		{"Lina DUPRÉ [CAF] <l.dupre@caf.example>", "Dupré|Lina|l.dupre@caf.example|CAF"},
		{"Lina DUPRÉ - Mairie de Bellefontaine <l.dupre@ville.example>", "Dupré|Lina|l.dupre@ville.example|Mairie de Bellefontaine"},
		{"Lina DUPRÉ, Directrice, Mairie de Bellefontaine", "Dupré|Lina||Mairie de Bellefontaine|Directrice"},
		{"DUPRÉ Lina – Coordinatrice – Caf", "Dupré|Lina||Caf|Coordinatrice"},
		{"Lina DUPRÉ 01 23 45 67 89 l.dupre@ville.example", "Dupré|Lina|l.dupre@ville.example|||01 23 45 67 89"},
		{"Lina DUPRÉ tél. : 06.12.34.56.78", "Dupré|Lina||||06.12.34.56.78"},
		{"Lina DUPRÉ, +33 6 12 34 56 78", "Dupré|Lina||||+33 6 12 34 56 78"},
		// odd signs
		{"\ufeffDUPRÉ\u00a0Lina\u00a0<l.dupre@ville.example>\u200b;", "Dupré|Lina|l.dupre@ville.example"},
		{"• DUPRÉ Lina", "Dupré|Lina"},
		{"12. DUPRÉ Lina", "Dupré|Lina"},
		{"- Lina DUPRÉ ;", "Dupré|Lina"},
		{"“Lina DUPRÉ” ＜l.dupre@ville.example＞", "Dupré|Lina|l.dupre@ville.example"},
	} {
		l := Parse(c[0])
		if len(l.Entries) != 1 {
			t.Errorf("%q: %d entries %+v, skipped %+v", c[0], len(l.Entries), l.Entries, l.Skipped)
			continue
		}
		if got := said(l.Entries[0]); got != c[1] {
			t.Errorf("%q:\n got %s\nwant %s %q", c[0], got, c[1], l.Entries[0].Doubts)
		}
	}
}

func all(l List) string {
	var b strings.Builder
	for _, e := range l.Entries {
		fmt.Fprintf(&b, "%d: %s", e.Line, said(e))
		if e.Repeats > 0 {
			fmt.Fprintf(&b, " =%d", e.Repeats)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestLists(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"Outlook, one line": {"Dupré Lina <l.dupre@v.example>; VALMONT Sami <s.valmont@v.example>; ",
			"1: Dupré|Lina|l.dupre@v.example\n1: Valmont|Sami|s.valmont@v.example\n"},
		"Outlook, broken lines": {"DUPRÉ Lina\n<l.dupre@v.example>;\nVALMONT Sami <s.valmont@v.example>;\n",
			"1: Dupré|Lina|l.dupre@v.example\n3: Valmont|Sami|s.valmont@v.example\n"},
		"commas of Gmail": {"Lina DUPRÉ <l@v.example>, \"VALMONT, Sami\" <s@v.example>, a.rocher@v.example",
			"1: Dupré|Lina|l@v.example\n1: Valmont|Sami|s@v.example\n1: Rocher|A|a.rocher@v.example ?\n"},
		"family name first, with commas all along": {"DUPRÉ, Lina <l@v.example>, VALMONT, Sami <s@v.example>",
			"1: Dupré|Lina|l@v.example\n1: Valmont|Sami|s@v.example\n"},
		"bare addresses": {"lina.dupre@v.example sami.valmont@v.example\nlea.rocher@v.example",
			"1: Dupre|Lina|lina.dupre@v.example ?\n1: Valmont|Sami|sami.valmont@v.example ?\n2: Rocher|Lea|lea.rocher@v.example ?\n"},
		"one a line, no separator": {"Lina DUPRÉ <l@v.example>\n\nSami VALMONT <s@v.example>\n",
			"1: Dupré|Lina|l@v.example\n3: Valmont|Sami|s@v.example\n"},
		"Excel with headings": {"Structure\tNom\tPrénom\tFonction\tCourriel\tTéléphone\nCaf\tDUPRÉ\tLina\tChargée d'études\tl@caf.example\t01 23 45 67 89\n\"Mairie de\nBellefontaine\"\tDE LA TOURNELLE\tAnaëlle\tÉlue\ta@v.example\t",
			"2: Dupré|Lina|l@caf.example|Caf|Chargée d'études|01 23 45 67 89\n3: de La Tournelle|Anaëlle|a@v.example|Mairie de Bellefontaine|Élue\n"},
		"headings in another order, a title above": {"Membres du groupe de travail\t\t\t\nE-mail\tPRÉNOM\tNOM\tOrganisme\nl@v.example\tlina\tdupré\tPMI\n",
			"3: Dupré|Lina|l@v.example|PMI\n"},
		"one column for the name": {"Nom et prénom\tMail\nDUPRÉ Lina\tl@v.example\nSami VALMONT\ts@v.example\n",
			"2: Dupré|Lina|l@v.example\n3: Valmont|Sami|s@v.example\n"},
		"a name column that holds both": {"Nom\tMail\nDUPRÉ Lina\tl@v.example\n", "2: Dupré|Lina|l@v.example\n"},
		"CSV with semicolons": {"Nom;Prénom;Courriel;Organisme\nDupré;Lina;l@v.example;Caf\nValmont;Sami;;MSA\n",
			"2: Dupré|Lina|l@v.example|Caf\n3: Valmont|Sami||MSA\n"},
		"CSV with commas": {"Nom,Prénom,Email\nDupré,Lina,l@v.example\n", "2: Dupré|Lina|l@v.example\n"},
		"no headings": {"DUPRÉ\tLina\tl@v.example\tCaf\nVALMONT\tSami\ts@v.example\tMairie\n",
			"1: Dupré|Lina|l@v.example|Caf\n2: Valmont|Sami|s@v.example|Mairie\n"},
		"the same twice": {"Lina DUPRÉ <l@v.example>; DUPRÉ Lina (Caf) <L@V.example>; Sami VALMONT; VALMONT Sami",
			"1: Dupré|Lina|l@v.example|Caf\n1: Dupré|Lina|l@v.example|Caf =1\n1: Valmont|Sami\n1: Valmont|Sami =1\n"},
		"the order of the others orders a doubt": {"Lina DUPRÉ\nSami VALMONT\nAnaëlle ROCHER\nClaude Martin\n",
			"1: Dupré|Lina\n2: Valmont|Sami\n3: Rocher|Anaëlle\n4: Martin|Claude ?\n"},
		"nothing": {" ;; \n\t\n", ""},
	} {
		if got := all(Parse(c[0])); got != c[1] {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c[1])
		}
	}
}

func TestWhatHoldsNobodyIsTold(t *testing.T) {
	t.Parallel()
	l := Parse("Nom\tPrénom\tMail\n---\t\t\nDUPRÉ\tLina\tl@v.example\nNom\tPrénom\tMail\n")
	if len(l.Entries) != 1 || len(l.Skipped) != 2 || l.Skipped[0].Line != 2 || l.Skipped[1].Why != "titres de colonnes répétés" {
		t.Errorf("%+v", l)
	}
	if got := strings.Join(l.Columns, ","); got != "Nom,Prénom,Mail" {
		t.Errorf("columns %s", got)
	}
}

func fiveHundred() string {
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, "NOM%c%c Prénom <p.nom%d@ville.example>;\n", 'A'+i%26, 'A'+i/26%26, i)
	}
	return b.String()
}

func TestFiveHundredLines(t *testing.T) {
	t.Parallel()
	if l := Parse(fiveHundred()); len(l.Entries) != 500 {
		t.Errorf("%d entries", len(l.Entries))
	}
}

func BenchmarkFiveHundredLines(b *testing.B) {
	text := fiveHundred()
	for b.Loop() {
		Parse(text)
	}
}

// Whatever is pasted, reading ends, gives plain text, and loses no address.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"Dupré Lina <l@v.example>;", "Nom\tPrénom\n\"a\nb\"\tc", `"x, y" <a@b.example>, z`, "((([[<<\"\"", "a@b@c@d", "Nom;Mail\n\";\"\"", "<a\n@b>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4096 {
			return
		}
		l := Parse(s)
		for _, e := range l.Entries {
			for _, v := range []string{e.Family, e.Given, e.Mail, e.Organisation, e.Title, e.Phone} {
				if !utf8.ValidString(v) || strings.ContainsAny(v, "\n\t\x00") {
					t.Errorf("%q gives %q", s, v)
				}
			}
			if e.Family == "" && e.Given == "" && e.Mail == "" {
				t.Errorf("%q gives nobody: %+v", s, e)
			}
			if len(e.Readings) == 1 || len(e.Readings) > 1 && len(e.Doubts) == 0 {
				t.Errorf("%q: readings without a doubt: %+v", s, e)
			}
		}
	})
}
