// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"strings"
	"testing"
)

// The names are invented.
func TestMixedPastes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"a name and its address in the column of names": {"Nom\tPrénom\tCourriel\nDUPOND Elodie <elodie.dupond@ville.example>\t\t\n",
			"2: Dupond|Elodie|elodie.dupond@ville.example\n"},
		"the same, with an organisation": {"Nom\tPrénom\tCourriel\tOrganisme\nDUPOND Elodie <elodie.dupond@ville.example>\t\t\tCaf\n",
			"2: Dupond|Elodie|elodie.dupond@ville.example|Caf\n"},
		"a first name and the address": {"Nom\tPrénom\tCourriel\nDUPOND\tElodie <e@ville.example>\t\n", "2: Dupond|Elodie|e@ville.example\n"},
		"a name and its address in the column of addresses": {"Nom\tPrénom\tCourriel\tOrganisme\n\t\tDUPOND Elodie <e@ville.example>\tCaf\n",
			"2: Dupond|Elodie|e@ville.example|Caf\n"},
		"an address in another column": {"Nom\tPrénom\tCourriel\tRemarque\nDUPOND\tElodie\t\te@ville.example\n", "2: Dupond|Elodie|e@ville.example ?\n"},
		"two addresses":                {"Nom\tCourriel\nDUPOND Elodie <a@ville.example>\tb@ville.example\n", "2: Dupond|Elodie|b@ville.example ?\n"},
		"people, then a table": {"DUPRÉ Lina <l@v.example>;\nVALMONT Sami <s@v.example>\nRocher Léa <lea.rocher@v.example>\nNom\tPrénom\tCourriel\nDUPOND\tElodie\te@v.example\nMOREL\tZoé\tz@v.example\n",
			"1: Dupré|Lina|l@v.example\n2: Valmont|Sami|s@v.example\n3: Rocher|Léa|lea.rocher@v.example\n5: Dupond|Elodie|e@v.example\n6: Morel|Zoé|z@v.example\n"},
		"people, a table, people, only an address": {"DUPRÉ Lina <l@v.example>\nNom;Prénom;Courriel\nDUPOND;Elodie;e@v.example\nVALMONT Sami <s@v.example>; ROCHER Léa <r@v.example>;\nElodie.dupont@ville-Bondy.example\n",
			"1: Dupré|Lina|l@v.example\n3: Dupond|Elodie|e@v.example\n4: Valmont|Sami|s@v.example\n4: Rocher|Léa|r@v.example\n5: Dupont|Elodie|elodie.dupont@ville-bondy.example ?\n"},
		"only an address in a table of tabs": {"Nom\tPrénom\tCourriel\nElodie.dupont@ville-Bondy.example\nDUPRÉ\tLina\tl@v.example\n",
			"2: Dupont|Elodie|elodie.dupont@ville-bondy.example ?\n3: Dupré|Lina|l@v.example\n"},
		"two tables": {"Nom;Prénom;Courriel\nDupond;Elodie;e@v.example\nCourriel\tNom\tPrénom\nz@v.example\tMorel\tZoé\n",
			"2: Dupond|Elodie|e@v.example\n4: Morel|Zoé|z@v.example\n"},
		"other headings, same separator": {"Nom\tPrénom\tCourriel\nDupond\tElodie\te@v.example\nCourriel\tPrénom\tNom\nz@v.example\tZoé\tMorel\n",
			"2: Dupond|Elodie|e@v.example\n4: Morel|Zoé|z@v.example\n"},
	} {
		if got := all(Parse(c[0])); got != c[1] {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c[1])
		}
	}
}

func TestSemicolonColumnsWithoutHeadings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"name, first name, address, number": {"DURAND;Zoé;z.durand@x.example;0612345678\nLE GOFF;Anne;a.legoff@x.example;0612345679\nPetit;Claude;c.petit@x.example;\n",
			"1: Durand|Zoé|z.durand@x.example|||0612345678\n2: Le Goff|Anne|a.legoff@x.example|||0612345679\n3: Petit|Claude|c.petit@x.example\n"},
		"one line": {"DURAND;Zoé;z.durand@x.example;0612345678", "1: Durand|Zoé|z.durand@x.example|||0612345678\n"},
		"name, address, nothing, organisation": {"Martin Paul;p.martin@x.example;…;Caf\nPetit Claude;c.petit@x.example;…;Caf\n",
			"1: Martin|Paul|p.martin@x.example|Caf\n2: Petit|Claude|c.petit@x.example|Caf\n"},
		"the same alone": {"Martin Paul;p.martin@x.example;…;Caf", "1: Martin|Paul|p.martin@x.example|Caf\n"},
		"an unknown organisation": {"Martin Paul;p.martin@x.example;Bondy\nPetit Claude;c.petit@x.example;Pantin\n",
			"1: Martin|Paul|p.martin@x.example|Bondy ?\n2: Petit|Claude|c.petit@x.example|Pantin ?\n"},
		"the address missing in a line": {"DURAND;Zoé;z@x.example;Caf\nMOREL;Anne;;Caf\n", "1: Durand|Zoé|z@x.example|Caf\n2: Morel|Anne||Caf\n"},
		"an order that nothing proves":  {"Thomas;Martin;a@x.example\nBernard;Claude;b@x.example\n", "1: Thomas|Martin|a@x.example ?\n2: Bernard|Claude|b@x.example ?\n"},
		"name with address, organisation": {"DURAND Zoé <z@x.example>;Caf\nMOREL Anne <a@x.example>;Mairie de Pantin\n",
			"1: Durand|Zoé|z@x.example|Caf\n2: Morel|Anne|a@x.example|Mairie de Pantin\n"},
		"people, then columns": {"DUPRÉ Lina <l@x.example>;\nDURAND;Zoé;z@x.example\nMOREL;Anne;a@x.example\nVALMONT Sami\n",
			"1: Dupré|Lina|l@x.example\n2: Durand|Zoé|z@x.example\n3: Morel|Anne|a@x.example\n4: Valmont|Sami\n"},
		"name and address that do not go together": {"DUPRÉ Lina;paul.morel@x.example\nVALMONT Sami;anne.durand@x.example\n",
			"1: Dupré|Lina|paul.morel@x.example ?\n2: Valmont|Sami|anne.durand@x.example ?\n"},
		// lists
		"Outlook on one line": {"Dupré Anne <a@x.example>; Morel Bruno <b@x.example>;", "1: Dupré|Anne|a@x.example\n1: Morel|Bruno|b@x.example\n"},
		"Outlook on two lines": {"Dupré Anne <a@x.example>; Morel Bruno <b@x.example>;\nPetit Zoé <z@x.example>; Roche Lina <l@x.example>;",
			"1: Dupré|Anne|a@x.example\n1: Morel|Bruno|b@x.example\n2: Petit|Zoé|z@x.example\n2: Roche|Lina|l@x.example\n"},
		"a name in an Outlook list": {"Dupré Anne <a@x.example>; MOREL Bruno\nPetit Zoé <z@x.example>; ROCHE Lina",
			"1: Dupré|Anne|a@x.example\n1: Morel|Bruno\n2: Petit|Zoé|z@x.example\n2: Roche|Lina\n"},
		"names and an address on one line": {"DUPRÉ Anne; MOREL Bruno; z.petit@x.example", "1: Dupré|Anne\n1: Morel|Bruno\n1: Petit|Z|z.petit@x.example ?\n"},
	} {
		if got := all(Parse(c[0])); got != c[1] {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c[1])
		}
	}
}

func TestCapitals(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"NGUYEN VAN Minh", "Nguyen Van|Minh"}, {"TRAN THI Lan", "Tran Thi|Lan"}, {"Minh NGUYEN VAN", "Nguyen Van|Minh"}, {"NGUYEN Van Minh", "Nguyen|Van Minh"},
		{"DE LA TOURNELLE Anaëlle", "de La Tournelle|Anaëlle"}, {"LY Minh", "Ly|Minh"}, {"VAN DER BERG Marie Lou", "Van Der Berg|Marie Lou"},
		// capitals that do not decide
		{"DUPRÉ de Vauclair", "?"}, {"LE Thi Lan", "?"}, {"DUPRÉ Lina VASSEUR", "?"}, {"JP Valmont", "?"}, {"Lina DUPRÉ Marie", "?"},
	} {
		l := Parse(c[0])
		if len(l.Entries) != 1 {
			t.Errorf("%q: %+v", c[0], l)
			continue
		}
		got := said(l.Entries[0])
		if c[1] == "?" && !strings.HasSuffix(got, " ?") || c[1] != "?" && got != c[1] {
			t.Errorf("%q: got %s, want %s", c[0], got, c[1])
		}
	}
}

// TestNobodyIsLostBesideAnAddress: somebody without address, on the line of somebody who has one.
func TestNobodyIsLostBesideAnAddress(t *testing.T) {
	t.Parallel()
	list := Parse("Mme Anaëlle de La Tournelle, Directrice, Mairie de Bondy ; dupré lina <LINA.DUPRE@bobigny.example>;;")
	if len(list.Entries) != 2 {
		t.Errorf("%d persons, want 2: %+v", len(list.Entries), list)
	}
}
