// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

// Merging points a duplicate at the record that is kept: nothing that points at the duplicate
// moves, everything finds the kept one. The values that the kept one takes from the duplicate
// are noted, so that undoing gives it its own back.

// The kinds of records that merge, as people_merge has them.
const (
	kindOrganisation = "organisation"
	kindPerson       = "personne"
)

// What callers tell apart, by errors.Is.
var (
	ErrMergeSelf   = errors.New("une fiche ne se fusionne pas avec elle-même")
	ErrMergeMerged = errors.New("l'une des deux fiches est déjà fusionnée dans une autre")
	ErrMergeUndone = errors.New("cette fusion est déjà annulée")
)

// Merge is one duplicate merged into one kept record.
type Merge struct {
	ID, Kind, Kept, Duplicate string
	Before, After             map[string]string // values of the kept one that changed, by attribute
	At                        time.Time
	ByName, ByPerson          string
	Undone                    time.Time // zero while it holds
}

// mergeable is a table whose rows merge.
type mergeable[T any] struct {
	kind string
	of   []attribute[T]
	load func(context.Context, db.Querier, string) (T, error)
	save func(context.Context, *sql.Tx, T) error
	into func(*T) string
	note func(before, after *T) history.Entry
	sql  mergeSQL
}

// mergeSQL are the texts for one table.
type mergeSQL struct{ point, follow, free, children, root string }

var organisationSQL = mergeSQL{
	point:    `update people_organisation set merged_into = $1, version = version + 1 where id = $2 and merged_into = ''`,
	follow:   `update people_organisation set root = $1 where root = $2`,
	free:     `update people_organisation set merged_into = '', version = version + 1 where id = $1 and merged_into = $2`,
	children: `select id from people_organisation where merged_into = $1 order by id limit 1000`,
	root:     `update people_organisation set root = $1 where id = $2`,
}

var personSQL = mergeSQL{
	point:    `update people_person set merged_into = $1, version = version + 1 where id = $2 and merged_into = ''`,
	follow:   `update people_person set root = $1 where root = $2`,
	free:     `update people_person set merged_into = '', version = version + 1 where id = $1 and merged_into = $2`,
	children: `select id from people_person where merged_into = $1 order by id limit 1000`,
	root:     `update people_person set root = $1 where id = $2`,
}

func (r *Room) mergeOrganisations() mergeable[Organisation] {
	return mergeable[Organisation]{kindOrganisation, organisationAttributes, r.organisationAsIs, r.saveOrganisation,
		func(o *Organisation) string { return o.MergedInto }, organisationEntry, organisationSQL}
}

func (r *Room) mergePersons() mergeable[Person] {
	return mergeable[Person]{kindPerson, personAttributes, r.personAsIs, r.writePerson,
		func(p *Person) string { return p.MergedInto }, personEntry, personSQL}
}

// MergeOrganisations merges a duplicate into the one that is kept; take names the attributes
// whose value is the duplicate's from now on. It returns the merge's ID.
func (r *Room) MergeOrganisations(ctx context.Context, kept, duplicate string, take []string) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		id, err = merge(ctx, r, tx, r.mergeOrganisations(), kept, duplicate, take)
		return err
	})
	return id, err
}

// MergePersons is MergeOrganisations for persons. The roles of the duplicate become those of
// the kept one, so that the rule on who gives what is asked.
func (r *Room) MergePersons(ctx context.Context, kept, duplicate string, take []string) (id string, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		role, self, err := r.worn(ctx, tx)
		if err != nil {
			return err
		}
		for _, way := range [][2]string{{kept, duplicate}, {duplicate, kept}} { // either address opens the one account
			roles, err := r.roles(ctx, tx, way[1])
			if err == nil {
				err = MayMerge(role, self == way[0], roles)
			}
			if err != nil {
				return err
			}
		}
		id, err = merge(ctx, r, tx, r.mergePersons(), kept, duplicate, take)
		return err
	})
	return id, err
}

func merge[T any](ctx context.Context, r *Room, tx *sql.Tx, m mergeable[T], kept, duplicate string, take []string) (string, error) {
	if kept == duplicate {
		return "", ErrMergeSelf
	}
	k, err := m.load(ctx, tx, kept)
	if err != nil {
		return "", err
	}
	d, err := m.load(ctx, tx, duplicate)
	if err != nil {
		return "", err
	}
	if m.into(&k) != "" || m.into(&d) != "" { // only what stands alone merges: there can be no cycle
		return "", ErrMergeMerged
	}
	before, after := map[string]string{}, map[string]string{}
	changed := k
	for _, name := range take {
		a, ok := attributeNamed(m.of, name)
		if !ok || a.get(&k) == a.get(&d) {
			continue
		}
		before[name], after[name] = a.get(&k), a.get(&d)
		if err := a.set(&changed, a.get(&d)); err != nil {
			return "", err
		}
	}
	res, err := tx.ExecContext(ctx, m.sql.point, kept, duplicate)
	if err := db.One(res, err, ErrMergeMerged); err != nil {
		return "", err
	}
	if _, err := tx.ExecContext(ctx, m.sql.follow, kept, duplicate); err != nil {
		return "", err
	}
	if err := m.save(ctx, tx, changed); err != nil {
		return "", err
	}
	id, err := addMerge(ctx, tx, Merge{Kind: m.kind, Kept: kept, Duplicate: duplicate, Before: before, After: after, At: r.Now()})
	if err != nil {
		return "", err
	}
	note := m.note(&k, &changed)
	note.Verb = verbMerge
	note.Fields = append(note.Fields, history.Field{Name: fieldDuplicate, Label: "Doublon", After: duplicate})
	return id, r.record(ctx, tx, note)
}

// UndoMerge separates a duplicate again and gives the kept record back the values that the
// merge changed, those that nobody changed since. ErrTaken: somebody else bears the address or
// the SIREN of the duplicate now.
func (r *Room) UndoMerge(ctx context.Context, id string) (m Merge, err error) {
	err = r.DB.Tx(ctx, func(tx *sql.Tx) (err error) {
		if m, err = r.merge(ctx, tx, id); err != nil {
			return err
		}
		if !m.Undone.IsZero() {
			return ErrMergeUndone
		}
		return r.undoMergeIn(ctx, tx, m, true)
	})
	return m, err
}

func (r *Room) undoMergeIn(ctx context.Context, tx *sql.Tx, m Merge, tell bool) error {
	if m.Kind == kindOrganisation {
		return unmerge(ctx, r, tx, r.mergeOrganisations(), m, tell)
	}
	role, self, err := r.worn(ctx, tx)
	if err != nil {
		return err
	}
	roles, err := r.roles(ctx, tx, m.Kept)
	for _, x := range roles { // separating takes from one what the other wears
		if err == nil {
			err = MayTake(role, self == m.Kept, x)
		}
	}
	if err != nil {
		return err
	}
	return unmerge(ctx, r, tx, r.mergePersons(), m, tell)
}

// How the history tells a merge and its end.
const (
	verbMerge      history.Verb = "fusion"
	verbSplit      history.Verb = "séparation"
	fieldDuplicate              = "doublon"
)

// undoMergeEntry undoes a merge from the history; merging again is done from the sheets.
func (r *Room) undoMergeEntry(ctx context.Context, tx *sql.Tx, e history.Entry) error {
	for _, f := range e.Fields {
		if f.Name != fieldDuplicate || f.After == "" {
			continue
		}
		m, err := r.mergeOf(ctx, tx, f.After)
		if errors.Is(err, ErrUnknown) || err == nil && m.Kept != e.SubjectID() {
			return web.Conflict("Cette fusion est déjà annulée : rouvrez la fiche pour voir ce qui vaut maintenant.")
		}
		if err != nil {
			return err
		}
		return forbidden(gone(r.undoMergeIn(ctx, tx, m, false))) // the history tells its own undo
	}
	return web.Conflict("Pour fusionner de nouveau ces fiches, ouvrez l'une d'elles et choisissez « Fusionner avec un doublon ».")
}

func unmerge[T any](ctx context.Context, r *Room, tx *sql.Tx, of mergeable[T], m Merge, tell bool) error {
	k, err := of.load(ctx, tx, m.Kept)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	if err == nil {
		changed := k
		for _, a := range of.of {
			if after, ok := m.After[a.name]; ok && a.get(&k) == after {
				if err := a.set(&changed, m.Before[a.name]); err != nil {
					return err
				}
			}
		}
		if err := of.save(ctx, tx, changed); err != nil {
			return err
		}
		note := of.note(&k, &changed)
		note.Verb = verbSplit
		note.Fields = append(note.Fields, history.Field{Name: fieldDuplicate, Label: "Doublon", Before: m.Duplicate})
		if tell {
			if err := r.record(ctx, tx, note); err != nil {
				return err
			}
		}
	}
	res, err := tx.ExecContext(ctx, of.sql.free, m.Duplicate, m.Kept)
	if err := db.One(res, taken(err), ErrMergeUndone); err != nil {
		return err
	}
	if err := rootBelow(ctx, tx, of.sql, m.Duplicate); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update people_merge set undone_at = $1 where id = $2`, db.Instant(r.Now()), m.ID)
	return err
}

// rootBelow makes a record the root of itself and of all that was merged into it.
func rootBelow(ctx context.Context, tx *sql.Tx, q mergeSQL, top string) error {
	queue := []string{top}
	for len(queue) > 0 {
		id := queue[0]
		if _, err := tx.ExecContext(ctx, q.root, top, id); err != nil {
			return err
		}
		more, err := db.Query(ctx, tx, scanText, q.children, id)
		if err != nil {
			return err
		}
		queue = append(queue[1:], more...)
	}
	return nil
}

func scanText(scan func(...any) error) (s string, err error) { return s, scan(&s) }

func addMerge(ctx context.Context, tx *sql.Tx, m Merge) (string, error) {
	before, err := json.Marshal(m.Before)
	if err != nil {
		return "", err
	}
	after, err := json.Marshal(m.After)
	if err != nil {
		return "", err
	}
	id, who := db.NewID(), actor.From(ctx)
	_, err = tx.ExecContext(ctx, `
		insert into people_merge (id, kind, kept, duplicate, before, after, at, by_name, by_person, undone_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')`,
		id, m.Kind, m.Kept, m.Duplicate, string(before), string(after), db.Instant(m.At), who.Name, who.Person)
	return id, err
}

const mergeColumns = `id, kind, kept, duplicate, before, after, at, by_name, by_person, undone_at`

func scanMerge(scan func(...any) error) (Merge, error) {
	var m Merge
	var before, after, at, undone string
	if err := scan(&m.ID, &m.Kind, &m.Kept, &m.Duplicate, &before, &after, &at, &m.ByName, &m.ByPerson, &undone); err != nil {
		return m, err
	}
	var err error
	if m.At, err = db.ParseInstant(at); err != nil {
		return m, err
	}
	m.Undone, err = db.ParseOptionalInstant(undone)
	if before == "" || after == "" { // erased with the person
		return m, err
	}
	return m, errors.Join(err, json.Unmarshal([]byte(before), &m.Before), json.Unmarshal([]byte(after), &m.After))
}

// merge is one merge, ErrUnknown when there is none.
func (s *Store) merge(ctx context.Context, q db.Querier, id string) (Merge, error) {
	return one(db.Query(ctx, q, scanMerge, `select `+mergeColumns+` from people_merge where id = $1`, id))
}

// mergesInto are the merges that hold into a record, the latest first.
func (s *Store) mergesInto(ctx context.Context, q db.Querier, kept string) ([]Merge, error) {
	return db.Query(ctx, q, scanMerge, `select `+mergeColumns+` from people_merge where kept = $1 and undone_at = '' order by at desc, id desc limit 100`, kept)
}

// mergeOf is the merge that made a record a duplicate, ErrUnknown when none holds.
func (s *Store) mergeOf(ctx context.Context, q db.Querier, duplicate string) (Merge, error) {
	return one(db.Query(ctx, q, scanMerge, `select `+mergeColumns+` from people_merge where duplicate = $1 and undone_at = '' order by at desc, id desc limit 1`, duplicate))
}
