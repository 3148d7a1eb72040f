// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"maillage/internal/platform/french"
)

// opener gives a new bounded reading of the unpacked bytes.
type opener func(ctx context.Context) (io.ReadCloser, error)

// stored reads bytes that are not packed.
func stored(p packed, lim Limits) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		return io.NopCloser(&bounded{ctx: ctx, r: io.NewSectionReader(p, 0, p.size), max: lim.MaxUnzipped}), nil
	}
}

// gzipped unpacks.
func gzipped(p packed, lim Limits) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		z, err := gzip.NewReader(bufio.NewReaderSize(io.NewSectionReader(p, 0, p.size), 64<<10))
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.Closer
		}{&bounded{ctx: ctx, r: z, max: lim.MaxUnzipped, packed: p.size}, z}, nil
	}
}

// sampleSize is how much of a text decides its encoding and its separator.
const sampleSize = 256 << 10

// textSource is a CSV, opened anew for each reading.
type textSource struct {
	book   *Book
	file   string
	open   opener
	sep    byte
	latin  bool
	skip   int // lines before the table: Excel's "sep=;"
	format Format
}

// addText looks at the beginning of a text and adds it as a table.
func (b *Book) addText(ctx context.Context, file, name string, open opener) error {
	s, err := b.newText(ctx, file, open)
	if err != nil {
		return place(err, file, "", 0)
	}
	s.format.Gzip = b.format.Gzip
	b.format = s.format
	b.add(file, name, false, s)
	return nil
}

func (b *Book) newText(ctx context.Context, file string, open opener) (*textSource, error) {
	raw, err := open(ctx)
	if err != nil {
		return nil, err
	}
	defer raw.Close() //nolint:errcheck // read only
	text, encoding, err := decode(raw)
	if err != nil {
		return nil, err
	}
	sample := make([]byte, sampleSize)
	n, err := io.ReadFull(text, sample)
	// A text cut short is told by Rows, with the line where it stops.
	if n == 0 && err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	sample = sample[:n]
	if err := refuseSample(sample); err != nil {
		return nil, err
	}
	s := &textSource{book: b, file: file, open: open}
	if encoding == "" {
		encoding = "utf-8"
		if !utf8.Valid(wholeLines(sample, n == sampleSize)) {
			s.latin, encoding = true, "windows-1252"
		}
	}
	s.sep, s.skip = sniff(sample, n == sampleSize, b.lim)
	s.format = Format{Kind: "csv", Encoding: encoding, Separator: rune(s.sep)}
	return s, nil
}

// refuseSample catches what hides in a gzip or after a byte order mark.
func refuseSample(sample []byte) error {
	if len(bytes.TrimSpace(sample)) == 0 {
		return &Error{Msg: "le fichier ne contient aucun texte", Remedy: "Enregistrez-le ou téléchargez-le de nouveau."}
	}
	if len(sample) > 262 && string(sample[257:262]) == "ustar" {
		return refusals[kindArchive].error()
	}
	switch k := recognise(sample[:min(len(sample), 4096)]); k {
	case kindText:
		return nil
	case kindZip, kindGzip, kindOLE:
		return &Error{Msg: "un fichier compressé en contient un autre", Remedy: "Décompressez-le une fois et donnez le fichier obtenu."}
	default:
		return refusals[k].error()
	}
}

// decode drops a UTF-8 mark and turns UTF-16 into UTF-8. Without a mark, encoding is "".
func decode(r io.Reader) (io.Reader, string, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	mark, err := br.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) && len(mark) == 0 {
		return nil, "", err
	}
	switch {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		_, err := br.Discard(3)
		return br, "utf-8", err
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(br), "utf-16", nil
	}
	return br, "", nil
}

// wholeLines leaves out a last line that the sample cut.
func wholeLines(sample []byte, cut bool) []byte {
	if !cut {
		return sample
	}
	if i := bytes.LastIndexAny(sample, "\n\r"); i >= 0 {
		return sample[:i+1]
	}
	for n := 0; n < utf8.UTFMax && len(sample) > 0 && !utf8.Valid(sample); n++ {
		sample = sample[:len(sample)-1]
	}
	return sample
}

func (s *textSource) rows(ctx context.Context, yield func(Row) error) error {
	raw, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer raw.Close() //nolint:errcheck // read only
	text, _, err := decode(raw)
	if err != nil {
		return err
	}
	c := newCSVReader(text, s.sep, s.latin, s.book.lim)
	c.onForeign = func(line int) {
		s.book.warn(&Error{File: s.file, Line: line, Msg: "le texte n'est pas codé comme le reste du fichier",
			Remedy: "Il a été lu comme du Windows-1252 : vérifiez ses accents."})
	}
	c.onQuote = func(line, column int) {
		s.book.warn(&Error{File: s.file, Line: line, Column: column, Msg: "des guillemets du texte ne sont pas doublés",
			Remedy: "Ils ont été gardés tels quels : vérifiez la cellule."})
	}
	var width lineWidths
	for n := 0; ; n++ {
		line := c.line
		row, err := c.next()
		switch {
		case errors.Is(err, io.EOF):
			if line := width.cut(); c.unended && line > 0 {
				s.book.warnFirst(&Error{File: s.file, Msg: "la dernière ligne (" + french.Int(line) + ") est incomplète : le fichier semble coupé",
					Remedy: "Téléchargez-le ou copiez-le de nouveau, et vérifiez que ses dernières lignes y sont."})
			}
			return nil
		case err != nil:
			return place(err, s.file, "", line)
		case n < s.skip:
			continue
		}
		width.add(row)
		if err := yield(row); err != nil {
			return err
		}
	}
}

// lineWidths counts the rows of a text by their number of cells, the last one aside.
type lineWidths struct {
	count       map[int]int // but for the usual
	usual, top  int         // the commonest so far, and its rows
	line, cells int         // of the last row
}

func (w *lineWidths) add(r Row) {
	switch {
	case w.line == 0:
		w.count = map[int]int{}
	case w.cells == w.usual:
		w.top++
	default:
		w.count[w.cells]++
		if n := w.count[w.cells]; n > w.top || n == w.top && w.cells > w.usual {
			w.count[w.usual] = w.top
			w.usual, w.top = w.cells, n
		}
	}
	w.line, w.cells = r.Line, len(r.Cells)
}

// cut is the line of the last row when it has fewer cells than usual; 0.
func (w *lineWidths) cut() int {
	if w.cells < w.usual {
		return w.line
	}
	return 0
}
