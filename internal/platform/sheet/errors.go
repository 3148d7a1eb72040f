// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"maillage/internal/platform/french"
)

// Error is a fault of a file, told to the person who gave it.
type Error struct {
	File   string // name of the file, "archive.zip/table.csv" inside an archive
	Table  string // sheet of a workbook; empty for CSV
	Line   int    // from 1 as a text editor or a spreadsheet counts; 0 when it has no meaning
	Column int    // from 1; 0 when it has no meaning
	Msg    string // French, without capital or full stop
	Remedy string // French sentence, with both
	Cause  error  // what the operating system or a decoder said, for the log; may be nil
}

// Error is "creches.csv, ligne 12, colonne 3 : le guillemet … Remedy."
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Table != "" {
		fmt.Fprintf(&b, ", feuille « %s »", e.Table)
	}
	if e.Line > 0 {
		b.WriteString(", ligne " + french.Int(e.Line))
	}
	if e.Column > 0 {
		b.WriteString(", colonne " + french.Int(e.Column))
	}
	b.WriteString(" : " + e.Msg + ".")
	if e.Remedy != "" {
		b.WriteString(" " + e.Remedy)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ErrStop returned by a yield ends the reading without error.
var ErrStop = errors.New("sheet: stop")

// What bounded readers say; place turns it into French.
var (
	errTooBig = errors.New("sheet: unpacked size over the limit")
	errBomb   = errors.New("sheet: packed far too well to be a table")
)

// place completes an error of a reader with where it happened. Errors of the context and of
// the caller's yield pass unchanged.
func place(err error, file, table string, line int) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var yielded *yieldError
	if errors.As(err, &yielded) {
		return yielded.err
	}
	var e *Error
	if errors.As(err, &e) {
		if e.File == "" {
			e.File, e.Table = file, table
		}
		return e
	}
	e = &Error{File: file, Table: table, Line: line, Cause: err}
	e.Msg, e.Remedy = explain(err)
	return e
}

// yieldError marks what the caller's function returned, so that it is not explained.
type yieldError struct{ err error }

func (e *yieldError) Error() string { return e.err.Error() }

func explain(err error) (msg, remedy string) {
	var corrupt flate.CorruptInputError
	switch {
	case errors.Is(err, errTooBig):
		return "une fois décompressé, le fichier dépasse la taille admise", "Découpez-le en plusieurs fichiers."
	case errors.Is(err, errBomb):
		return "le fichier grossit démesurément à la décompression", "Vérifiez son origine, ou envoyez-le décompressé."
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "le fichier est tronqué : sa fin manque", "Téléchargez-le ou copiez-le de nouveau."
	case errors.Is(err, zip.ErrAlgorithm):
		return "l'archive emploie une compression peu courante", "Décompressez-la et refaites une archive ZIP ordinaire."
	case errors.Is(err, zip.ErrFormat), errors.Is(err, zip.ErrChecksum), errors.Is(err, gzip.ErrHeader),
		errors.Is(err, gzip.ErrChecksum), errors.As(err, &corrupt), strings.HasPrefix(err.Error(), "flate:"):
		return "le fichier est abîmé", "Téléchargez-le ou copiez-le de nouveau."
	case errors.Is(err, errMarkup):
		return "le contenu XML du classeur est abîmé", "Ouvrez-le dans un tableur et enregistrez-le de nouveau."
	case errors.Is(err, errDoctype):
		return "le classeur contient une déclaration de document interdite", "Ouvrez-le dans un tableur et enregistrez-le de nouveau."
	}
	return "la lecture a échoué", "Recommencez ; si cela persiste, enregistrez le tableau en CSV."
}
