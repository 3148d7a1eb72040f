// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"maillage/internal/platform/french"
)

// Limits bound what a file may cost. Zero fields take those of DefaultLimits.
type Limits struct {
	MaxBytes    int64 // size of the file
	MaxUnzipped int64 // size of one table or part once unpacked
	MaxRows     int   // rows yielded from one table
	MaxColumns  int   // columns of one row
	MaxCell     int   // bytes of one cell
}

// DefaultLimits lets through every public file known to the project: the widest census table
// has under 2,000 columns, the longest cell is a contour of some 500 kB, the Melodi files
// unpack to under 1 GB.
var DefaultLimits = Limits{
	MaxBytes:    512 << 20,
	MaxUnzipped: 4 << 30,
	MaxRows:     20_000_000,
	MaxColumns:  16_384,
	MaxCell:     1 << 20,
}

// maxCells bounds the cells of one table, which a few bytes of ODS can repeat at will.
const maxCells = 2_000_000_000

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	if l.MaxBytes > 0 {
		d.MaxBytes = l.MaxBytes
	}
	if l.MaxUnzipped > 0 {
		d.MaxUnzipped = l.MaxUnzipped
	}
	if l.MaxRows > 0 {
		d.MaxRows = l.MaxRows
	}
	if l.MaxColumns > 0 {
		d.MaxColumns = l.MaxColumns
	}
	if l.MaxCell > 0 {
		d.MaxCell = l.MaxCell
	}
	return d
}

// Format is what the content of a file was found to be.
type Format struct {
	Kind      string // "csv", "xlsx", "ods" or "zip"
	Encoding  string // of a CSV: "utf-8", "utf-16" or "windows-1252"; "utf-8" otherwise
	Separator rune   // of a CSV; 0 otherwise
	Gzip      bool   // the CSV was compressed
}

// TableInfo names one table of a file.
type TableInfo struct {
	Name   string // sheet name, or file name without its ending
	File   string // name of the file, "archive.zip/table.csv" inside an archive
	Index  int    // what Rows takes
	Hidden bool   // a sheet that the workbook does not show
}

// Book is an open file of one or several tables. Its methods are safe for concurrent use.
type Book struct {
	name    string
	lim     Limits
	format  Format
	tables  []TableInfo
	sources []source
	closers []func() error

	mu       sync.Mutex
	warnings []string
}

// source streams one table; yield returns the caller's errors wrapped in *yieldError.
type source interface {
	rows(ctx context.Context, yield func(Row) error) error
}

// Open reads the head of the file at path, finds what it is by its content, and lists its
// tables. The error is an *Error, or that of the context.
func Open(ctx context.Context, path string, lim Limits) (*Book, error) {
	return OpenNamed(ctx, path, filepath.Base(path), lim)
}

// OpenNamed is Open for a file kept under another name than the one its owner knows, as
// uploads are: name is what messages say.
func OpenNamed(ctx context.Context, path, name string, lim Limits) (*Book, error) {
	f, err := os.Open(path) // #nosec G304 -- opening the file that was asked for is the purpose
	if err != nil {
		return nil, &Error{File: name, Msg: "le fichier ne peut pas être ouvert",
			Remedy: "Vérifiez son nom et vos droits de lecture.", Cause: err}
	}
	b, err := openFile(ctx, f, name, lim)
	if err != nil {
		_ = f.Close() // the first fault is the one to tell
		return nil, err
	}
	b.closers = append([]func() error{f.Close}, b.closers...)
	return b, nil
}

func openFile(ctx context.Context, f *os.File, name string, lim Limits) (*Book, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, place(err, name, "", 0)
	}
	if info.IsDir() {
		return nil, &Error{File: name, Msg: "c'est un dossier", Remedy: "Indiquez un fichier."}
	}
	return OpenAt(ctx, f, info.Size(), name, lim)
}

// OpenAt is Open for bytes held elsewhere than in a file; r must stay readable until Close.
func OpenAt(ctx context.Context, r io.ReaderAt, size int64, name string, lim Limits) (*Book, error) {
	b := &Book{name: name, lim: lim.orDefault()}
	if err := b.open(ctx, packed{r, size}); err != nil {
		_ = b.Close()
		return nil, place(err, name, "", 0)
	}
	return b, nil
}

func (b *Book) open(ctx context.Context, p packed) error {
	switch {
	case p.size == 0:
		return &Error{Msg: "le fichier est vide", Remedy: "Enregistrez-le ou téléchargez-le de nouveau."}
	case p.size > b.lim.MaxBytes:
		return &Error{Msg: "le fichier dépasse " + french.Int(int(b.lim.MaxBytes>>20)) + " Mo",
			Remedy: "Découpez-le en plusieurs fichiers ou compressez-le en .zip."}
	}
	head := make([]byte, 4096)
	n, err := p.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	switch kind := recognise(head[:n]); kind {
	case kindZip:
		return b.openZip(ctx, p)
	case kindGzip:
		b.format.Gzip = true
		return b.addText(ctx, b.name, tableName(b.name), gzipped(p, b.lim))
	case kindText:
		return b.addText(ctx, b.name, tableName(b.name), stored(p, b.lim))
	case kindOLE:
		return refuseOLE(p)
	default:
		return refusals[kind].error()
	}
}

// packed is bytes that can be read many times, from a file or from a part of one.
type packed struct {
	io.ReaderAt
	size int64
}

// tableName is a file's name without its endings.
func tableName(file string) string {
	name := filepath.Base(file)
	for _, ending := range []string{".gz", ".csv", ".tsv", ".txt"} {
		if len(name) > len(ending) && strings.EqualFold(name[len(name)-len(ending):], ending) {
			name = name[:len(name)-len(ending)]
		}
	}
	return name
}

func (b *Book) add(file, name string, hidden bool, s source) {
	b.tables = append(b.tables, TableInfo{Name: name, File: file, Index: len(b.tables), Hidden: hidden})
	b.sources = append(b.sources, s)
}

// Tables lists the tables in the order of the file.
func (b *Book) Tables() []TableInfo { return slices.Clone(b.tables) }

// Format is what the file was found to be.
func (b *Book) Format() Format { return b.format }

// Rows calls yield with each row of table i that has text in at least one cell. The Row is
// valid during the call only. It stops at the first error: of the file (*Error), of the
// context, or of yield, returned as it is; ErrStop ends the reading without error.
func (b *Book) Rows(ctx context.Context, i int, yield func(Row) error) error {
	if i < 0 || i >= len(b.sources) {
		return &Error{File: b.name, Msg: "ce tableau n'existe pas dans le fichier", Remedy: "Choisissez-en un dans la liste."}
	}
	t, count, cells, line := b.tables[i], 0, 0, 0
	err := b.sources[i].rows(ctx, func(r Row) error {
		line = r.Line
		cells += len(r.Cells)
		if count++; count > b.lim.MaxRows || cells > maxCells {
			return tooManyRows(r.Line, count-1)
		}
		if count%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := yield(r); err != nil {
			return &yieldError{err}
		}
		return nil
	})
	if err = place(err, t.File, b.sheetOf(t), line); errors.Is(err, ErrStop) {
		return nil
	}
	return err
}

// sheetOf is what errors name beside the file: nothing for a CSV, whose name says all.
func (b *Book) sheetOf(t TableInfo) string {
	if _, ok := b.sources[t.Index].(*textSource); ok {
		return ""
	}
	return t.Name
}

// Preview is a copy of the first n rows of table i.
func (b *Book) Preview(ctx context.Context, i, n int) ([]Row, error) {
	var out []Row
	if n <= 0 {
		return nil, nil
	}
	err := b.Rows(ctx, i, func(r Row) error {
		out = append(out, r.Clone())
		if len(out) == n {
			return ErrStop
		}
		return nil
	})
	return out, err
}

// maxWarnings keeps a list that a person can read.
const maxWarnings = 20

func (b *Book) warn(e *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text := e.Error(); len(b.warnings) < maxWarnings && !slices.Contains(b.warnings, text) {
		b.warnings = append(b.warnings, text)
	}
}

// warnFirst is warn for what must not be lost when the list is full.
func (b *Book) warnFirst(e *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if text := e.Error(); !slices.Contains(b.warnings, text) {
		b.warnings = append([]string{text}, b.warnings[:min(len(b.warnings), maxWarnings-1)]...)
	}
}

// Warnings are what the readings so far had to guess, in French, at most twenty.
func (b *Book) Warnings() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.warnings)
}

// Close releases the file and what was unpacked beside it.
func (b *Book) Close() error {
	var errs []error
	for _, c := range slices.Backward(b.closers) {
		errs = append(errs, c())
	}
	b.closers = nil
	return errors.Join(errs...)
}
