// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"maillage/internal/correspondence"
	"maillage/internal/drafts"
	"maillage/internal/duty"
	"maillage/internal/observatory"
	"maillage/internal/people"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/history"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/mail"
	"maillage/internal/signin"
	"maillage/internal/territory"
)

// house is every room that keeps something, with its dictionary.
var house = []struct {
	name       string
	migrations fs.FS
	dictionary string
}{
	{"territory", territory.Migrations(), territory.Dictionary()},
	{"observatory", observatory.Migrations(), observatory.Dictionary()},
	{"duty", duty.Migrations(), duty.Dictionary()},
	{"people", people.Migrations(), people.Dictionary()},
	{"signin", signin.Migrations(), signin.Dictionary()},
	{"journal", journal.Migrations(), journal.Dictionary()},
	{"mail", mail.Migrations(), mail.Dictionary()},
	{"history", history.Migrations(), history.Dictionary()},
	{"files", files.Migrations(), files.Dictionary()},
	{"drafts", drafts.Migrations(), drafts.Dictionary()},
	{"correspondence", correspondence.Migrations(), correspondence.Dictionary()},
	{"privacy", Migrations(), ownDictionary},
}

func houseRooms() []dbtest.Room {
	var rooms []dbtest.Room
	for _, h := range house {
		rooms = append(rooms, dbtest.Room{Name: h.name, FS: h.migrations})
	}
	return rooms
}

func houseDictionary(t *testing.T) *Dictionary {
	t.Helper()
	texts := []string{db.Dictionary()}
	for _, h := range house {
		texts = append(texts, h.dictionary)
	}
	d, err := Parse(texts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEveryColumnIsDeclared compares the dictionaries with the database itself.
func TestEveryColumnIsDeclared(t *testing.T) {
	t.Parallel()
	d := houseDictionary(t)
	dbtest.RunMigrated(t, houseRooms(), func(t *testing.T, base *db.DB) {
		for _, fault := range Undeclared(d, columnsOf(dbtest.Schema(t, base))) {
			t.Error(fault)
		}
	})
}

func columnsOf(schema map[string][]dbtest.Column) map[string][]string {
	columns := map[string][]string{}
	for table, list := range schema {
		for _, c := range list {
			columns[table] = append(columns[table], c.Name)
		}
	}
	return columns
}

// TestUndeclaredIsFound: a column or a table that nobody declared, and a declaration of nothing.
func TestUndeclaredIsFound(t *testing.T) {
	t.Parallel()
	d := houseDictionary(t)
	schema := map[string][]string{}
	for _, table := range d.Tables {
		schema[table.Name] = table.Columns()
	}
	if faults := Undeclared(d, schema); len(faults) > 0 {
		t.Fatal(faults)
	}
	schema["people_person"] = append(schema["people_person"], "birth_name")
	schema["people_child"] = []string{"id"}
	schema["signin_session"] = slices.DeleteFunc(slices.Clone(schema["signin_session"]), func(c string) bool { return c == "device" })
	delete(schema, "mail_outbox")
	faults := strings.Join(Undeclared(d, schema), "\n")
	for _, want := range []string{"people_person.birth_name", "people_child", "signin_session.device", "mail_outbox"} {
		if !strings.Contains(faults, want) {
			t.Errorf("%s was not found in:\n%s", want, faults)
		}
	}
}

// TestDictionaryRefusals: what contradicts itself is not a dictionary.
func TestDictionaryRefusals(t *testing.T) {
	t.Parallel()
	const head = "salle = \"x\"\n[[traitement]]\nnom = \"t\"\ntitre = \"t\"\nfinalite = \"t\"\nbase = \"mission\"\npersonnes = \"t\"\nlecteurs = \"t\"\nsource = \"t\"\nconservation = \"t\"\n"
	const good = head + "[[table]]\nnom = \"x_a\"\ntitre = \"A\"\ntraitement = \"t\"\nneutre = \"id\"\nlien = [{ par = \"who\", effet = \"ligne\" }]\n[table.donnee]\nwho = \"Qui\"\n"
	if _, err := Parse(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown key":         {"neutre =", "neuter ="},
		"unknown basis":       {"\"mission\"", "\"envie\""},
		"both kinds":          {"\"id\"", "\"id who\""},
		"unknown effect":      {"\"ligne\"", "\"rien\""},
		"link by nothing":     {"par = \"who\"", "par = \"whom\""},
		"link to nothing":     {"effet =", "vers = \"x_b\", effet ="},
		"no processing":       {"traitement = \"t\"", ""},
		"another's table":     {"x_a", "y_a"},
		"free and undeclared": {"neutre =", "libre = \"z\"\nneutre ="},
		"kept and undeclared": {"neutre =", "garde = { z = \"pourquoi\" }\nneutre ="},
		"life without column": {"neutre =", "duree = { categorie = \"t\", depuis = \"z\", effet = \"ligne\" }\nneutre ="},
	} {
		if _, err := Parse(strings.Replace(good, change[0], change[1], 1)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Parse(good, good); err == nil {
		t.Error("the same room twice: accepted")
	}
}

// TestNoDictionaryIsForgotten: whatever room declares a dictionary is one of those that these tests
// seed, copy and erase.
func TestNoDictionaryIsForgotten(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"../*/donnees.toml", "../platform/*/donnees.toml"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) < 3 {
			t.Fatal(paths, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(filepath.Clean(path))
			if err != nil {
				t.Fatal(err)
			}
			known := string(text) == db.Dictionary()
			for _, h := range house {
				known = known || h.dictionary == string(text)
			}
			if !known {
				t.Errorf("%s: its room is not in the house of these tests; add it, with its migrations", path)
			}
		}
	}
}

// TestRegisterIsComplete: a processing says everything that article 30 asks, and its category of
// retention exists.
func TestRegisterIsComplete(t *testing.T) {
	t.Parallel()
	d := houseDictionary(t)
	for _, p := range d.Processings {
		if category(p.Category) == nil {
			t.Errorf("%s: no category of retention %q", p.Name, p.Category)
		}
	}
	used := map[string]bool{Deposits: true} // these are in no table
	for _, p := range d.Processings {
		used[p.Category] = true
	}
	for _, table := range d.Tables {
		if table.Life.Category != "" {
			used[table.Life.Category] = true
			if category(table.Life.Category) == nil {
				t.Errorf("%s: no category of retention %q", table.Name, table.Life.Category)
			}
		}
	}
	for _, c := range Categories() {
		if !used[c.Name] {
			t.Errorf("no table has the category of retention %q; there are %v", c.Name, slices.Sorted(maps.Keys(used)))
		}
	}
}
