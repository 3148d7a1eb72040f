// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	mathrand "math/rand/v2"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the witness opens its own connection

	"maillage/internal/platform/db"
	"maillage/internal/platform/files"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

//go:embed migrations/*.sql
var migrations embed.FS

// The kinds of write: the first word of an acknowledgement, then its key.
const (
	pairAck   = "paire"     // two rows of one transaction
	lotAck    = "lot"       // the lotSize rows of an import
	actAck    = "acte"      // an act of the journal
	signedAck = "signature" // a checkpoint, by the size it signs
	fileAck   = "fichier"   // a file of the store, by its ID
)

// How many write each kind, and how large it is.
const (
	pairs    = 12
	actors   = 4
	senders  = 3
	lotSize  = 2000
	fileSize = 200 << 10 // bytes, at most
)

// site is what the writer writes in, and the judge reads: a database and a journal beside.
type site struct {
	dir     string
	db      *db.DB
	journal *journal.Journal
	files   *files.Store
}

// openSite opens the site in a folder, and makes it the first time.
func openSite(ctx context.Context, dir string) (*site, error) {
	d, err := db.Open(ctx, "sqlite:"+filepath.Join(dir, "maillage.db"))
	if err != nil {
		return nil, err
	}
	s := &site{dir: dir, db: d}
	err = errors.Join(d.Migrate(ctx, "journal", journal.Migrations()), d.Migrate(ctx, "files", files.Migrations()), d.Migrate(ctx, "epreuve", migrations))
	if err != nil {
		return s, err
	}
	if s.files, err = files.Open(ctx, d, files.Config{Backend: "dossier:" + filepath.Join(dir, "fichiers")}); err != nil {
		return s, err
	}
	key, err := journal.LoadKey(dir, "epreuve/journal")
	if err != nil {
		return s, err
	}
	s.journal = journal.New(d, key, dir, nil)
	return s, nil
}

// write returns only when something fails.
func write(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("ecrire", flag.ContinueOnError)
	normal := flags.Bool("normal", false, "écrire avec synchronous=NORMAL, qui perd des écritures")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errUsage
	}
	s, err := openSite(ctx, flags.Arg(0))
	if err != nil {
		return err
	}
	w := writer{site: s, out: out, failed: make(chan error), tx: s.db.Tx}
	if *normal {
		if w.tx, err = careless(filepath.Join(s.dir, "maillage.db")); err != nil {
			return err
		}
	}
	if !*normal { // an empty journal has nothing to sign
		ack, err := w.act(ctx)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(out, ack+"\n"); err != nil {
			return err
		}
	}
	for range pairs {
		go w.repeat(0, func() (string, error) { return w.pair(ctx) })
	}
	if !*normal {
		for range actors {
			go w.repeat(0, func() (string, error) { return w.act(ctx) })
		}
		for range senders {
			go w.repeat(30*time.Millisecond, func() (string, error) { return w.file(ctx) })
		}
		go w.repeat(50*time.Millisecond, func() (string, error) { return w.lot(ctx) })
		go w.repeat(20*time.Millisecond, func() (string, error) { return w.signature(ctx) })
	}
	return <-w.failed
}

// careless is db.Tx on a connection of its own, with the setting Maillage refuses: its
// commits do not wait for the disk.
func careless(path string) (func(context.Context, func(*sql.Tx) error) error, error) {
	pool, err := sql.Open("sqlite", "file:"+path+"?_journal_mode=WAL&_synchronous=NORMAL&_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return func(ctx context.Context, fn func(*sql.Tx) error) error {
		tx, err := pool.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() // after a commit it does nothing
		if err := fn(tx); err != nil {
			return err
		}
		return tx.Commit()
	}, nil
}

type writer struct {
	*site
	out    io.Writer
	failed chan error
	tx     func(context.Context, func(*sql.Tx) error) error
}

// repeat writes and acknowledges, one line and one call of Write for each.
func (w *writer) repeat(pause time.Duration, one func() (string, error)) {
	for {
		ack, err := one()
		if err == nil {
			_, err = io.WriteString(w.out, ack+"\n")
		}
		if err != nil {
			w.failed <- err
			return
		}
		time.Sleep(pause)
	}
}

func (w *writer) pair(ctx context.Context) (string, error) {
	id := db.NewID()
	return pairAck + " " + id, w.tx(ctx, func(tx *sql.Tx) error { return addPair(ctx, tx, id) })
}

func addPair(ctx context.Context, tx *sql.Tx, id string) error {
	for half := range 2 {
		if _, err := tx.ExecContext(ctx, "insert into epreuve_paire (id, moitie) values ($1, $2)", id, half); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) lot(ctx context.Context) (string, error) {
	id := db.NewID()
	return lotAck + " " + id, w.db.Bulk(ctx, func(tx *sql.Tx) error {
		_, err := db.BulkInsert(ctx, tx, "epreuve_lot", []string{"lot", "rang"}, lotRows(id))
		return err
	})
}

func lotRows(id string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for i := range lotSize {
			if !yield([]any{id, i}) {
				return
			}
		}
	}
}

func (w *writer) act(ctx context.Context) (string, error) {
	id := db.NewID()
	err := w.journal.Tx(ctx, func(tx *sql.Tx) error {
		_, err := w.journal.Append(ctx, tx, journal.Act{ID: id, Kind: "epreuve-coupure", At: time.Now(), Hat: "essai",
			Body: map[string]any{"texte": "écrit pendant une coupure"}})
		return err
	})
	return actAck + " " + id, err
}

// file puts a table of a random size, since equal contents are kept once.
func (w *writer) file(ctx context.Context) (string, error) {
	raw := make([]byte, 1+mathrand.IntN(fileSize*3/4)) // #nosec G404 -- a size needs no secret
	_, _ = rand.Read(raw)                              // never fails
	content := "code;valeur\n" + base64.StdEncoding.EncodeToString(raw) + ";1\n"
	f, err := w.files.Put(ctx, strings.NewReader(content), files.Meta{Name: "essai.csv", Subject: "epreuve/coupure", Access: web.Public})
	return fileAck + " " + f.ID, err
}

func (w *writer) signature(ctx context.Context) (string, error) {
	c, err := w.journal.Checkpoint(ctx)
	if err != nil {
		return "", fmt.Errorf("signature : %w", err)
	}
	return fmt.Sprintf("%s %d", signedAck, c.Size), nil
}
