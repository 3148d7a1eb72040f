// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"maillage/internal/platform/files"
	"maillage/internal/platform/journal"
)

// acks is what was acknowledged: the keys of each kind.
type acks map[string][]string

func (a acks) total() (n int) {
	for _, keys := range a {
		n += len(keys)
	}
	return n
}

// readAcks reads the first size bytes of a file of acknowledgements; a line that is cut
// there was not yet given.
func readAcks(path string, size int64) (acks, error) {
	f, err := os.Open(path) // #nosec G304 -- the file the script names
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := acks{}
	r := bufio.NewReader(io.LimitReader(f, size))
	for {
		line, err := r.ReadString('\n')
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		kind, key, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if !ok {
			return nil, fmt.Errorf("%s : ligne illisible : %q", path, line)
		}
		found[kind] = append(found[kind], key)
	}
}

// judge says what is missing, a line each, and counts.
type judge struct {
	*site
	out           io.Writer
	lost, damaged int
}

// verify opens the site as Maillage would after the cut, and looks.
func verify(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("verifier", flag.ContinueOnError)
	path := flags.String("confirmes", "", "fichier des écritures confirmées")
	size := flags.Int64("octets", 0, "taille de ce fichier à l'instant de la coupure")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errUsage
	}
	told, err := readAcks(*path, *size)
	if err != nil {
		return err
	}
	j := judge{out: out}
	if j.site, err = openSite(ctx, flags.Arg(0)); err == nil {
		err = j.look(ctx, told)
	}
	if err != nil { // what cannot be read is lost
		j.damage("%v", err)
		j.lost = told.total()
	} else if err := j.goOn(ctx); err != nil {
		j.damage("%v", err)
	}
	if j.site != nil {
		if err := j.db.Close(); err != nil {
			j.damage("%v", err)
		}
	}
	_, err = fmt.Fprintf(out, "confirmees=%d perdues=%d anomalies=%d paires=%d lots=%d actes=%d signatures=%d fichiers=%d\n", told.total(), j.lost, j.damaged,
		len(told[pairAck]), len(told[lotAck]), len(told[actAck]), len(told[signedAck]), len(told[fileAck]))
	if err == nil && j.lost+j.damaged > 0 {
		err = errLost
	}
	return err
}

func (j *judge) damage(format string, args ...any) {
	j.damaged++
	_, _ = fmt.Fprintf(j.out, "  anomalie : "+format+"\n", args...)
}

func (j *judge) look(ctx context.Context, told acks) error {
	var verdict string
	if err := j.db.Read().QueryRowContext(ctx, "pragma integrity_check").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		j.damage("integrity_check : %s", verdict)
	}
	if err := j.whole(ctx, "select id, count(*) from epreuve_paire group by id", 2, told[pairAck]); err != nil {
		return err
	}
	if err := j.whole(ctx, "select lot, count(*) from epreuve_lot group by lot", lotSize, told[lotAck]); err != nil {
		return err
	}
	if err := j.whole(ctx, "select id, 1 from journal_leaf", 1, told[actAck]); err != nil {
		return err
	}
	if err := j.checkFiles(ctx, told[fileAck]); err != nil {
		return err
	}
	return j.checkJournal(ctx, told[signedAck])
}

// checkFiles reads every file, whole: a row without its content is a damage, acknowledged or not.
func (j *judge) checkFiles(ctx context.Context, ids []string) error {
	bad := map[string]bool{}
	_, err := j.files.Verify(ctx, func(f files.File, err error) {
		bad[f.ID] = true
		j.damage("fichier %s : %v", f.ID, err)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		_, err := j.files.Get(ctx, id)
		switch {
		case errors.Is(err, fs.ErrNotExist) || bad[id]:
			j.lost++
		case err != nil:
			return err
		}
	}
	return nil
}

// whole compares what is there with what must be; what was not acknowledged may be there,
// but whole.
func (j *judge) whole(ctx context.Context, query string, size int, keys []string) error {
	rows, err := j.db.Read().QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	there := map[string]bool{}
	for rows.Next() {
		var key string
		var n int
		if err := rows.Scan(&key, &n); err != nil {
			return err
		}
		there[key] = n == size
		if n != size {
			j.damage("%s : %d lignes sur %d", key, n, size)
		}
	}
	for _, key := range keys {
		if !there[key] {
			j.lost++
		}
	}
	return rows.Err()
}

// checkJournal audits the tree, and looks for the signatures.
func (j *judge) checkJournal(ctx context.Context, sizes []string) error {
	audit, err := j.journal.Audit(ctx, nil)
	if err != nil {
		return err
	}
	for _, f := range audit.Findings {
		j.damage("journal, %s : %s", f.Table, f.Text)
	}
	var signed sql.NullInt64
	if err := j.db.Read().QueryRowContext(ctx, "select max(size) from journal_checkpoint").Scan(&signed); err != nil {
		return err
	}
	for _, text := range sizes {
		size, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		if size > signed.Int64 {
			j.lost++
		}
	}
	return nil
}

// goOn: the service that comes back writes and signs.
func (j *judge) goOn(ctx context.Context) error {
	w := writer{site: j.site, tx: j.db.Tx}
	if _, err := w.pair(ctx); err != nil {
		return fmt.Errorf("écrire après la coupure : %w", err)
	}
	if _, err := w.act(ctx); err != nil {
		return fmt.Errorf("un acte après la coupure : %w", err)
	}
	if _, err := w.file(ctx); err != nil {
		return fmt.Errorf("un fichier après la coupure : %w", err)
	}
	if _, err := j.journal.Checkpoint(ctx); err != nil && !errors.Is(err, journal.ErrEmpty) {
		return fmt.Errorf("signer après la coupure : %w", err)
	}
	return nil
}
