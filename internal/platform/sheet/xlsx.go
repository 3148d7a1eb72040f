// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// workbook is an open XLSX: its parts, and what its sheets share.
type workbook struct {
	book     *Book
	parts    map[string]*zip.File
	from1904 bool
	looks    []look // by style number

	mu         sync.Mutex
	texts      *sharedTexts // read at the first sheet
	textsPart  string
	stylesPart string
}

// relation is a part that another names: "worksheet" and its path in the archive.
type relation struct{ kind, target string }

// openXLSX lists the sheets of a workbook. Strict and transitional files differ by their
// namespaces only, which are not looked at.
func (b *Book) openXLSX(ctx context.Context, parts map[string]*zip.File) error {
	w := &workbook{book: b, parts: parts}
	main := "xl/workbook.xml"
	if top, err := w.relations(ctx, "_rels/.rels", ""); err == nil {
		for _, r := range top {
			if r.kind == "officeDocument" {
				main = r.target
			}
		}
	}
	if parts[main] == nil {
		return &Error{Msg: "ce n'est pas un classeur : la liste des feuilles manque", Remedy: reSave}
	}
	dir, base := path.Split(main)
	rels, err := w.relations(ctx, dir+"_rels/"+base+".rels", dir)
	if err != nil {
		return err
	}
	for _, r := range rels {
		switch r.kind {
		case "sharedStrings":
			w.textsPart = r.target
		case "styles":
			w.stylesPart = r.target
		}
	}
	if err := w.readStyles(ctx); err != nil {
		return err
	}
	b.format = Format{Kind: "xlsx", Encoding: "utf-8"}
	if err := w.readSheets(ctx, main, rels); err != nil {
		return err
	}
	if len(b.tables) == 0 {
		return &Error{Msg: "le classeur n'a aucune feuille de cellules", Remedy: "Vérifiez que c'est le bon fichier."}
	}
	return nil
}

// scan reads a part from its beginning to its end; visit sees each start tag.
func (w *workbook) scan(ctx context.Context, part string, visit func(*scanner) error) error {
	f := w.parts[part]
	if f == nil {
		return nil
	}
	r, err := openPart(ctx, f, w.book.lim)
	if err != nil {
		return err
	}
	defer r.Close() //nolint:errcheck // read only
	s := newScanner(r)
	for {
		tok, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if tok == tokenStart {
			if err := visit(s); err != nil {
				return err
			}
		}
	}
}

// maxParts bounds the lists that a workbook holds beside its sheets.
const maxParts = 100_000

// relations are the parts that a part in dir names, by identifier.
func (w *workbook) relations(ctx context.Context, part, dir string) (map[string]relation, error) {
	out := map[string]relation{}
	err := w.scan(ctx, part, func(s *scanner) error {
		if !s.is("Relationship") || s.attrText("TargetMode") == "External" {
			return nil
		}
		if len(out) > maxParts {
			return errMarkup
		}
		target := s.attrText("Target")
		if strings.HasPrefix(target, "/") {
			target = target[1:]
		} else {
			target = path.Join(dir, target)
		}
		out[s.attrText("Id")] = relation{path.Base(s.attrText("Type")), target}
		return nil
	})
	return out, err
}

func (w *workbook) readSheets(ctx context.Context, main string, rels map[string]relation) error {
	return w.scan(ctx, main, func(s *scanner) error {
		switch {
		case s.is("workbookPr"):
			v := s.attrText("date1904")
			w.from1904 = v == "1" || v == "true"
		case s.is("sheet"):
			id := s.attrText("r:id")
			if id == "" {
				id = s.attrText("id") // some writers declare the namespace otherwise
			}
			r := rels[id]
			if r.kind != "worksheet" || w.parts[r.target] == nil || len(w.book.tables) > maxParts {
				return nil // a chart, a macro sheet
			}
			state := s.attrText("state")
			name := s.attrText("name")
			w.book.add(w.book.name, name, state == "hidden" || state == "veryHidden", &xlsxSheet{w, r.target, name})
		}
		return nil
	})
}

// readStyles keeps, for each style number, how it shows numbers.
func (w *workbook) readStyles(ctx context.Context) error {
	codes, inCells := map[int]look{}, false
	return w.scan(ctx, w.stylesPart, func(s *scanner) error {
		switch {
		case s.is("numFmt") && len(codes) < maxParts:
			codes[s.attrInt("numFmtId", 0)] = lookOf(s.attrText("formatCode"))
		case s.is("cellXfs"):
			inCells = true
		case s.is("cellStyles"), s.is("dxfs"), s.is("cellStyleXfs"):
			inCells = false
		case s.is("xf") && inCells && len(w.looks) < maxParts:
			id := s.attrInt("numFmtId", 0)
			l, ok := codes[id]
			if !ok {
				l = builtin(id)
			}
			w.looks = append(w.looks, l)
		}
		return nil
	})
}

// shared are the texts of the workbook, read once and kept.
func (w *workbook) shared(ctx context.Context) (*sharedTexts, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.texts != nil {
		return w.texts, nil
	}
	t := &sharedTexts{}
	if f := w.parts[w.textsPart]; f != nil {
		r, err := openPart(ctx, f, w.book.lim)
		if err != nil {
			return nil, err
		}
		defer r.Close() //nolint:errcheck // read only
		if err := t.read(newScanner(r)); err != nil {
			return nil, err
		}
	}
	w.texts = t
	return t, nil
}

const (
	maxSharedBytes = 256 << 20
	maxSharedTexts = 16 << 20
)

// sharedTexts is the list of texts that cells name by number, in one block of bytes.
type sharedTexts struct {
	bytes []byte
	ends  []uint32
}

func (t *sharedTexts) at(i int) ([]byte, bool) {
	if i < 0 || i >= len(t.ends) {
		return nil, false
	}
	from := uint32(0)
	if i > 0 {
		from = t.ends[i-1]
	}
	return t.bytes[from:t.ends[i]], true
}

func (t *sharedTexts) read(s *scanner) error {
	inText, phonetic := false, 0
	for {
		tok, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case tok == tokenText && inText && phonetic == 0:
			t.bytes = s.appendText(t.bytes)
		case tok == tokenStart && s.is("t"):
			inText = true
		case tok == tokenStart && s.is("rPh"):
			phonetic++
		case tok == tokenEnd && s.is("t"):
			inText = false
		case tok == tokenEnd && s.is("rPh"):
			phonetic--
		case tok == tokenEnd && s.is("si"):
			start := startOf32(t.ends)
			t.bytes = append(t.bytes[:start], unescapeUTF16(t.bytes[start:])...)
			t.ends = append(t.ends, uint32(len(t.bytes))) // #nosec G115 -- bounded by maxSharedBytes
		}
		if len(t.bytes) > maxSharedBytes || len(t.ends) > maxSharedTexts {
			return &Error{Msg: "le classeur contient trop de textes différents", Remedy: "Enregistrez la feuille utile en .csv."}
		}
	}
}

func startOf32(ends []uint32) int {
	if len(ends) == 0 {
		return 0
	}
	return int(ends[len(ends)-1])
}

// unescapeUTF16 turns the _x000D_ of Excel into the character meant.
func unescapeUTF16(b []byte) []byte {
	if !bytes.Contains(b, []byte("_x")) {
		return b
	}
	var out []byte
	for len(b) > 0 {
		if len(b) >= 7 && b[0] == '_' && b[1] == 'x' && b[6] == '_' {
			if n, err := strconv.ParseUint(string(b[2:6]), 16, 16); err == nil {
				r := rune(n)
				if utf16.IsSurrogate(r) {
					r = utf8.RuneError
				}
				out, b = utf8.AppendRune(out, r), b[7:]
				continue
			}
		}
		out, b = append(out, b[0]), b[1:]
	}
	return out
}
