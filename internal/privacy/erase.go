// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/journal"
)

// KindErasure is the act that an erasure appends to the journal.
const KindErasure = "effacement-donnees"

// Kinds are the acts of this room.
func Kinds() []journal.Kind {
	return []journal.Kind{{Slug: KindErasure, Label: "Effacement de données personnelles", Subject: unnamed, Show: showErasure},
		{Slug: KindCopy, Label: "Copie de ses données remise à une personne", Subject: unnamed}}
}

// Nobody stands where a name was.
const Nobody = "personne effacée"

// Effacing is what erasing does, or has done, in one table.
type Effacing struct {
	Table  string
	Title  string
	Effect Effect
	Role   string
	Rows   int
}

// Plan is what erasing a person would do.
type Plan struct {
	Who     Identity
	Effects []Effacing
	Texts   []Effacing // free texts where the name is replaced
	Doubts  []Effacing // free texts that hold the family name alone: for somebody to read
	Stays   []string   // what stays, for people
}

// Plan counts, and changes nothing.
func (r *Room) Plan(ctx context.Context, person string) (Plan, error) {
	var p Plan
	err := r.DB.View(ctx, func(tx *sql.Tx) (err error) {
		if p.Who, err = r.identity(ctx, tx, person); err != nil {
			return err
		}
		for _, t := range r.Dictionary.Tables {
			if t.Remains != "" {
				p.Stays = append(p.Stays, t.Remains)
			}
			for _, l := range t.Links {
				var args []any
				where := r.Dictionary.where(l, p.Who, &args)
				n, err := count(ctx, tx, t.Name, where, args)
				if err != nil {
					return err
				}
				if n > 0 {
					p.Effects = append(p.Effects, Effacing{t.Name, t.Title, l.Effect, l.Role, n})
				}
			}
		}
		return r.planTexts(ctx, tx, &p)
	})
	return p, err
}

func count(ctx context.Context, tx *sql.Tx, table, where string, args []any) (n int, err error) {
	err = tx.QueryRowContext(ctx, "select count(*) from "+table+" where "+where, args...).Scan(&n) // #nosec G202 -- names of the dictionary
	return n, err
}

// Erased is an erasure that was done.
type Erased struct {
	ID   string // of the erasure: its act's subject is privacy/ID
	Act  string // of the act in the journal
	Rows map[string]int
}

// Erase forgets a person everywhere, in one transaction that also appends the official act, and
// notes it in the ledger. When it returns, the files of the database hold nothing of it either;
// an error that is [ErrUnclean] says that only this last step is still to be done.
func (r *Room) Erase(ctx context.Context, person string) (Erased, error) {
	w, err := r.identity(ctx, r.DB.Read(), person)
	if err != nil {
		return Erased{}, err
	}
	if w.Erased() {
		return Erased{}, ErrErased
	}
	done, err := r.eraseNoted(ctx, w)
	if err != nil {
		return done, err
	}
	return done, r.finish(ctx)
}

// eraseNoted erases a person and notes it in the ledger. The error is [ErrErased] when another
// process was quicker.
func (r *Room) eraseNoted(ctx context.Context, w Identity) (Erased, error) {
	line := Line{ID: db.NewID(), At: r.Now(), Persons: w.IDs}
	if err := r.Ledger.Append(line); err != nil { // first: a crash leaves a line too many, never one too few
		return Erased{}, err
	}
	done, err := r.erase(ctx, line)
	if err != nil { // nothing was done: a restart must not do it either
		return Erased{}, errors.Join(err, r.Ledger.Cancel(line.ID))
	}
	if done.Act == "" {
		return done, ErrErased
	}
	return done, nil
}

// erase is the transaction of an erasure of the ledger. Whom another one erased before is left
// alone; when nobody is left, it appends no act.
func (r *Room) erase(ctx context.Context, line Line) (done Erased, err error) {
	err = r.Journal.Tx(ctx, func(tx *sql.Tx) error {
		if r.DB.Engine() == db.SQLite { // what is removed is overwritten
			if _, err := tx.ExecContext(ctx, "pragma secure_delete = on"); err != nil {
				return err
			}
		}
		done = Erased{ID: line.ID, Rows: map[string]int{}}
		var known int // another process may have replayed it
		if err := tx.QueryRowContext(ctx, `select count(*) from privacy_erasure where id = $1`, line.ID).Scan(&known); err != nil || known > 0 {
			return err
		}
		persons := 0
		for _, id := range line.Persons {
			w, err := r.identity(ctx, tx, id)
			if errors.Is(err, ErrUnknown) || err == nil && w.Erased() { // a backup older than the person, or erased meanwhile
				continue
			}
			if err == nil {
				err = r.eraseIdentity(ctx, tx, w, line.At, done.Rows)
			}
			if err != nil {
				return err
			}
			persons++
		}
		if err := r.note(ctx, tx, line); err != nil || persons == 0 {
			return err
		}
		if err := r.scrubNeeded(ctx, tx); err != nil {
			return err
		}
		return r.record(ctx, tx, line, &done)
	})
	return done, err
}

func (r *Room) eraseIdentity(ctx context.Context, tx *sql.Tx, w Identity, at time.Time, rows map[string]int) error {
	for _, t := range r.Dictionary.byDepth() {
		for _, l := range t.Links {
			if l.Effect == ByRoom {
				continue
			}
			text, args := r.effacing(t, l, w, at)
			if text == "" {
				continue
			}
			n, err := affected(tx.ExecContext(ctx, text, args...))
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			rows[t.Name] += n
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Holders)) {
		for _, id := range w.IDs {
			if err := r.Holders[name].Erase(ctx, tx, id); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return r.eraseTexts(ctx, tx, w, rows)
}

// effacing is the statement of a link and its arguments.
func (r *Room) effacing(t *Table, l Link, w Identity, at time.Time) (string, []any) {
	var args []any
	if l.Effect == DeleteRow {
		where := r.Dictionary.where(l, w, &args)
		return "delete from " + t.Name + " where " + where, args
	}
	var sets []string
	for _, c := range t.blanked(l) {
		if _, other := l.Set[c]; !other {
			sets = append(sets, c+" = ''")
		}
	}
	for _, c := range slices.Sorted(maps.Keys(l.Set)) {
		value := l.Set[c]
		if value == "@maintenant" {
			value = db.Instant(at)
		}
		args = append(args, value)
		sets = append(sets, fmt.Sprintf("%s = $%d", c, len(args)))
	}
	if len(sets) == 0 {
		return "", nil
	}
	where := r.Dictionary.where(l, w, &args)
	return "update " + t.Name + " set " + strings.Join(sets, ", ") + " where " + where, args
}

func affected(res sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := res.RowsAffected()
	return int(n), err
}

// note has the database know a line of the ledger.
func (r *Room) note(ctx context.Context, tx *sql.Tx, line Line) error {
	for _, id := range line.Persons {
		_, err := tx.ExecContext(ctx, `insert into privacy_erasure (id, person, at) values ($1, $2, $3)`, line.ID, id, db.Instant(line.At))
		if err != nil {
			return err
		}
	}
	return nil
}

// record appends the official act of an erasure, that names nobody.
func (r *Room) record(ctx context.Context, tx *sql.Tx, line Line, done *Erased) error {
	for _, name := range r.Bumped {
		if err := db.Bump(ctx, tx, name); err != nil {
			return err
		}
	}
	lines := map[string]any{}
	for table, n := range done.Rows {
		if n > 0 {
			lines[table] = n
		}
	}
	who := actor.From(ctx)
	act := journal.Act{Kind: KindErasure, At: r.Now(), Hat: cmp.Or(who.Title, "Le service lui-même"), Subject: "privacy/" + line.ID,
		Body: map[string]any{erasedRows: lines, "demandé le": db.Instant(line.At)}}
	if who.Person != "" {
		act.Actor = journal.Personal{Person: who.Person, Value: who.Name}
	}
	p, err := r.Journal.Append(ctx, tx, act)
	done.Act = p.ID
	return err
}
