// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/history"
	"maillage/internal/platform/journal"
)

var noon = time.Date(2026, 11, 24, 11, 0, 0, 0, time.UTC)

// The person of these tests, and how their name is written in free texts.
const (
	given, family = "Zoélie", "Quivernac"
	address       = "zoelie.quivernac@ville.example"
	phone         = "01 99 00 41 17"
)

// world is a room over every table of the house.
type world struct {
	*testing.T
	*Room
	dir     string
	files   *files.Store
	content string // of the file about the person
	seeded  map[string]string
	schema  map[string][]dbtest.Column
}

func everywhere(t *testing.T, body func(w *world)) {
	t.Helper()
	dbtest.RunMigrated(t, houseRooms(), func(t *testing.T, d *db.DB) { body(newWorld(t, d)) })
}

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{T: t, dir: t.TempDir(), seeded: map[string]string{}}
	now := func() time.Time { return noon }
	key, err := journal.LoadKey(w.dir, "essai")
	if err == nil {
		w.files, err = files.Open(t.Context(), d, files.Config{Backend: "dossier:" + filepath.Join(w.dir, "fichiers")})
	}
	if err != nil {
		t.Fatal(err)
	}
	w.files.Now = now
	h := history.New(d, now, history.Settings{})
	j := journal.New(d, key, w.dir, now)
	w.Room = &Room{DB: d, Dictionary: houseDictionary(t), People: &people.Store{DB: d}, Journal: j, History: h, Now: now,
		Holders: map[string]Holder{"journal": HolderOfJournal(j, now), "history": HolderOfHistory(h), "files": HolderOfFiles(w.files)},
		Purgers: map[string]Purger{"history_entry": PurgerOfHistory(d, now), "files_file": PurgerOfFiles(w.files),
			Deposits: PurgerOfFolder(filepath.Join(w.dir, "deposes"), func() time.Time { return w.Now() })},
		Bumped: []string{"duty"}, Ledger: Ledger{Path: filepath.Join(w.dir, LedgerName)}}
	if err := w.Check(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) tx(fn func(tx *sql.Tx) error) {
	w.Helper()
	if err := w.DB.Tx(w.Context(), fn); err != nil {
		w.Fatal(err)
	}
}

// person writes somebody into the directory.
func (w *world) person(p people.Person) (id string) {
	w.Helper()
	w.tx(func(tx *sql.Tx) (err error) {
		id, err = w.People.AddPerson(w.Context(), tx, p, noon)
		return err
	})
	return id
}

// seed writes, in every table of the dictionary that may hold something of a person, one row with
// a value of its own in each column, and through the rooms where a row is more than a row.
func (w *world) seed(person string) {
	w.Helper()
	schema := dbtest.Schema(w, w.DB)
	var tables []*Table
	for _, t := range w.Dictionary.Tables {
		if len(t.Personal) > 0 && t.Name != "people_person" && !strings.HasPrefix(t.Name, "journal_") && t.Name != "privacy_erasure" {
			tables = append(tables, t)
		}
	}
	slices.SortStableFunc(tables, func(a, b *Table) int { return w.Dictionary.depth(a) - w.Dictionary.depth(b) })
	done := map[string]bool{"people_person": true}
	w.tx(func(tx *sql.Tx) error {
		for _, t := range tables {
			if err := w.seedRow(tx, schema, done, t.Name, person); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// keyOf is the key of the row seeded in a table.
func keyOf(table string) string { return "cle-" + table }

func (w *world) seedRow(tx *sql.Tx, schema map[string][]dbtest.Column, done map[string]bool, table, person string) error {
	if done[table] {
		return nil
	}
	done[table] = true
	t := w.Dictionary.Table(table)
	var names, marks []string
	var args []any
	for _, c := range schema[table] {
		if c.RefTable != "" {
			if err := w.seedRow(tx, schema, done, c.RefTable, person); err != nil {
				return err
			}
		}
		names = append(names, c.Name)
		args = append(args, w.value(t, c, person))
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	_, err := tx.Exec("insert into "+table+" ("+strings.Join(names, ", ")+") values ("+strings.Join(marks, ", ")+")", args...)
	return err
}

// value is what a column is seeded with; personal ones are remembered.
func (w *world) value(t *Table, c dbtest.Column, person string) any {
	_, personal := t.Personal[c.Name]
	switch {
	case strings.Contains(c.Type, "int"), strings.Contains(c.Type, "double"), strings.Contains(c.Type, "real"):
		return 1
	case strings.HasPrefix(c.Type, "bool"):
		return false
	case strings.Contains(c.Type, "blob"), strings.Contains(c.Type, "bytea"):
		return []byte{1}
	case c.RefTable == "people_person":
		return person
	case c.RefTable != "":
		return keyOf(c.RefTable)
	}
	for _, l := range t.Links {
		if l.By == c.Name {
			switch l.To {
			case "":
				return person
			case byAddress:
				return address
			}
			return keyOf(l.To)
		}
	}
	if c.Key || c.Name == "id" {
		return keyOf(t.Name)
	}
	if !personal {
		return ""
	}
	if c.Name == "at" || strings.HasSuffix(c.Name, "_at") {
		value := db.Instant(noon.Add(time.Duration(len(w.seeded)+1) * time.Microsecond))
		w.seeded[t.Name+"."+c.Name] = value
		return value
	}
	value := "tem" + strings.ReplaceAll(t.Name+"."+c.Name, "_", "") + "oin"
	if slices.Contains(t.Free, c.Name) {
		value = "Vu avec " + given + " " + family + " (" + value + ")"
	}
	if c.Name == "stored" {
		value = `{"champ":["` + value + `"]}`
	}
	w.seeded[t.Name+"."+c.Name] = value
	return value
}

// all is every text of the database, by table and column.
func (w *world) all() map[string]string {
	w.Helper()
	texts := map[string]string{}
	if w.schema == nil {
		w.schema = dbtest.Schema(w, w.DB)
	}
	for table, all := range w.schema {
		var columns []string
		for _, c := range all {
			if c.Type == "text" {
				columns = append(columns, c.Name)
			}
		}
		if len(columns) == 0 {
			continue
		}
		rows, err := w.texts(w.Context(), w.DB.Read(), columns, "select "+strings.Join(columns, ", ")+" from "+table)
		if err != nil {
			w.Fatal(err)
		}
		for _, r := range rows {
			for i, value := range r {
				texts[table+"."+columns[i]] += value + "\n"
			}
		}
	}
	return texts
}

// where says in which columns a text is.
func (w *world) whereIs(text string) []string {
	var found []string
	for at, content := range w.all() {
		if strings.Contains(content, text) {
			found = append(found, at)
		}
	}
	slices.Sort(found)
	return found
}

func asAdministrator(w *world) actor.Actor {
	return actor.Actor{Person: "admin", Name: "Administration", Title: "Administration du service, Département"}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func (w *world) log() *slog.Logger { return slog.New(slog.DiscardHandler) }

// refusingOne is a room that refuses to forget one person.
type refusingOne struct {
	refusing
	person string
}

func (h refusingOne) Erase(_ context.Context, _ *sql.Tx, person string) error {
	if person == h.person {
		return errRefused
	}
	return nil
}
