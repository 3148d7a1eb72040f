// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// check makes sure that what came is the data, whole: an answer cut short without a length
// looks like any other.
func (f *File) check(path string) error {
	if strings.HasSuffix(f.Name, ".zip") {
		return f.checkArchive(path)
	}
	file, err := os.Open(path) // #nosec G304 -- in our own folder
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	if err := f.checkStart(file); err != nil {
		return err
	}
	if err := checkEnd(file); err != nil {
		return f.cut(err)
	}
	return f.checkTable(file, true)
}

// checkStart refuses a page, or an error in JSON, sent in place of the table.
func (f *File) checkStart(file io.ReadSeeker) error {
	head, err := io.ReadAll(io.LimitReader(file, 4<<10))
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	switch text := bytes.TrimSpace(bytes.TrimPrefix(head, []byte(byteOrderMark))); {
	case len(text) == 0:
		return &passing{error: refuse("le service %s a envoyé un fichier vide : réessayez plus tard, ou %s", f.Dataset.Host(), byHand)}
	case text[0] == '<':
		return isPage(f.Dataset.Host())
	case text[0] == '{' || text[0] == '[':
		return refuse("le service %s a répondu par un message d'erreur au lieu de %s%s ; %s", f.Dataset.Host(), f.Dataset.Code, said(text), byHand)
	}
	return nil
}

const byteOrderMark = "\ufeff"

var errCut = errors.New("the last line has no end")

// checkEnd looks for the end of the last line.
func checkEnd(file io.ReadSeeker) error {
	if _, err := file.Seek(-1, io.SeekEnd); err != nil {
		return err
	}
	last := make([]byte, 1)
	if _, err := io.ReadFull(file, last); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if last[0] != '\n' {
		return errCut
	}
	return nil
}

// checkTable reads the header, and every line when all is asked: each has as many cells.
func (f *File) checkTable(r io.Reader, all bool) error {
	in := bufio.NewReader(r)
	if mark, err := in.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = in.Discard(len(byteOrderMark))
	}
	table := csv.NewReader(in)
	table.Comma, table.ReuseRecord, table.LazyQuotes = ';', true, true
	header, err := table.Read()
	if err != nil {
		return f.cut(err)
	}
	for _, want := range f.Dataset.Columns {
		if !slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), want) }) {
			return refuse("le fichier reçu de %s n'a pas la colonne « %s » : ce jeu de données a changé de forme ; "+
				"téléchargez-le et déposez-le ici, l'aperçu permettra de dire comment le lire", f.Dataset.Host(), want)
		}
	}
	for rows := 0; all; rows++ {
		_, err := table.Read()
		if errors.Is(err, io.EOF) {
			if rows == 0 {
				return refuse("le service %s n'a aucune ligne pour %s : réessayez plus tard, ou %s", f.Dataset.Host(), f.Dataset.Code, byHand)
			}
			return nil
		}
		if err != nil {
			return f.cut(err)
		}
	}
	return nil
}

// checkArchive looks for the table in an archive, whose directory comes last.
func (f *File) checkArchive(path string) error {
	file, err := os.Open(path) // #nosec G304 -- in our own folder
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	defer func() { _ = file.Close() }() // only read
	if err := f.checkStart(file); err != nil {
		return err
	}
	archive, err := zip.OpenReader(path)
	if err != nil {
		return f.cut(err)
	}
	defer func() { _ = archive.Close() }() // only read
	for _, entry := range archive.File {
		if !strings.HasSuffix(strings.ToLower(entry.Name), "_data.csv") {
			continue
		}
		r, err := entry.Open()
		if err != nil {
			return f.cut(err)
		}
		err = f.checkTable(r, false)
		_ = r.Close()
		return err
	}
	return refuse("l'archive reçue de %s ne contient pas de fichier de données (…_data.csv) : ce jeu de données a changé de forme ; %s", f.Dataset.Host(), byHand)
}

// cut says that a file came damaged; it may come whole the next time.
func (f *File) cut(cause error) error {
	return &passing{error: refuseBecause(cause, "le fichier %s est arrivé incomplet ou abîmé depuis %s : recommencez, ou %s", f.Name, f.Dataset.Host(), byHand)}
}
