// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/db"
)

// LedgerName is the file of erasures in the data folder.
const LedgerName = "effacements.txt"

// Ledger is the file that lists erasures beside the database: a restored backup, which brings
// the erased persons back, does not bring it back to what it was. It holds instants and opaque
// IDs, nothing else.
type Ledger struct{ Path string }

// Line is one erasure.
type Line struct {
	ID      string
	At      time.Time
	Persons []string
}

const ledgerHead = "maillage-effacements/1"

func (l Line) String() string {
	return db.Instant(l.At) + " " + l.ID + " " + strings.Join(l.Persons, ",")
}

func parseLine(s string) (Line, error) {
	fields := strings.Fields(s)
	if len(fields) != 3 {
		return Line{}, fmt.Errorf("« %s » n'est pas une ligne du registre des effacements", s)
	}
	at, err := db.ParseInstant(fields[0])
	return Line{ID: fields[1], At: at, Persons: strings.Split(fields[2], ",")}, err
}

// What the ledger says besides its erasures.
const (
	cancelled = "annulée" // before an ID: that erasure did not take place
	cutShort  = "coupée"  // after a line that a crash cut: it does not count
)

// Append adds a line; it is on disk when nil is returned.
func (l Ledger) Append(line Line) error {
	err := l.append(line.String())
	if err != nil {
		return fmt.Errorf("le registre des effacements %s ne s'écrit pas, rien n'a été effacé : %w", l.Path, err)
	}
	return nil
}

// Cancel notes that an erasure of the ledger did not take place.
func (l Ledger) Cancel(id string) error {
	if err := l.append(cancelled + " " + id); err != nil {
		return fmt.Errorf("l'effacement %s a échoué et le registre des effacements %s ne s'écrit plus ; ajoutez-y la ligne « %s %s », sinon il sera fait au prochain démarrage : %w",
			id, l.Path, cancelled, id, err)
	}
	return nil
}

func (l Ledger) append(line string) error {
	f, err := os.OpenFile(l.Path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	text := line + "\n"
	if err == nil && st.Size() == 0 {
		text = ledgerHead + "\n" + text
	} else if err == nil {
		last := make([]byte, 1)
		if _, err = f.ReadAt(last, st.Size()-1); err == nil && last[0] != '\n' {
			text = " " + cutShort + "\n" + text // the end of a line was lost in a crash
		}
	}
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	d, err := os.Open(filepath.Dir(l.Path))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lines are the erasures that took place, the oldest first. A line cut short by a crash, even
// by its end of line alone, is left out: its erasure was never done.
func (l Ledger) Lines() ([]Line, error) {
	text, err := os.ReadFile(l.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Line
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	n := 0
	for s := range strings.Lines(string(whole)) {
		n++
		fields := strings.Fields(s)
		switch {
		case len(fields) == 0 || fields[0] == ledgerHead || fields[len(fields)-1] == cutShort:
		case fields[0] == cancelled && len(fields) == 2:
			list = slices.DeleteFunc(list, func(l Line) bool { return l.ID == fields[1] })
		case len(fields) < 3 && bytes.HasPrefix(text, []byte(ledgerHead)): // cut too, when nothing was written after it
		default:
			line, err := parseLine(s)
			if err != nil {
				return nil, fmt.Errorf("%s, ligne %d : %w", l.Path, n, err)
			}
			list = append(list, line)
		}
	}
	return list, nil
}

// Replay brings the ledger and the database to agree: what the ledger lists and the database
// does not know is erased again, as after the restoration of a backup; what only the database
// knows is added to the ledger, as on another machine. It returns how many were erased again.
// One that fails keeps no other waiting; [Room.RunDaily] tries again, and /donnees says so meanwhile.
func (r *Room) Replay(ctx context.Context) (int, error) {
	again, err := r.replay(ctx)
	r.unreplayed.Store(err != nil)
	return again, err
}

func (r *Room) replay(ctx context.Context) (int, error) {
	lines, err := r.Ledger.Lines()
	if err != nil {
		return 0, err
	}
	known, err := r.erasures(ctx)
	if err != nil {
		return 0, err
	}
	again := 0
	var failures []error
	for _, line := range lines {
		if slices.ContainsFunc(known, func(k Line) bool { return k.ID == line.ID }) {
			continue
		}
		if _, err := r.erase(ctx, line); err != nil {
			failures = append(failures, fmt.Errorf("effacement %s : %w", line.ID, err))
			continue
		}
		again++
	}
	for _, k := range known {
		if !slices.ContainsFunc(lines, func(l Line) bool { return l.ID == k.ID }) {
			if err := r.Ledger.Append(k); err != nil {
				return again, errors.Join(append(failures, err)...)
			}
		}
	}
	if again > 0 {
		_, err = scrubLater(r.finish(ctx))
	}
	return again, errors.Join(append(failures, err)...)
}

// erasures are those that the database knows, the oldest first.
func (r *Room) erasures(ctx context.Context) ([]Line, error) {
	rows, err := db.Query(ctx, r.DB.Read(), func(scan func(...any) error) (l Line, err error) {
		var at, person string
		if err = scan(&l.ID, &person, &at); err == nil {
			l.Persons = []string{person}
			l.At, err = db.ParseInstant(at)
		}
		return l, err
	}, `select id, person, at from privacy_erasure order by at, id, person limit 1000000`)
	var list []Line
	for _, l := range rows {
		if n := len(list); n > 0 && list[n-1].ID == l.ID {
			list[n-1].Persons = append(list[n-1].Persons, l.Persons...)
			continue
		}
		list = append(list, l)
	}
	return list, err
}
