// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"

	"maillage/internal/platform/french"
)

// openODF lists the sheets of an OpenDocument spreadsheet. They are all in one part, which
// is read through once for their names.
func (b *Book) openODF(ctx context.Context, parts map[string]*zip.File) error {
	mime, err := readPart(ctx, parts["mimetype"], b.lim, 256)
	if err != nil {
		return err
	}
	switch kind := strings.TrimPrefix(strings.TrimSpace(string(mime)), "application/vnd.oasis.opendocument."); kind {
	case "spreadsheet", "spreadsheet-template":
	case "text", "text-template":
		return &Error{Msg: "c'est un document texte (.odt), pas un tableau", Remedy: "Copiez son tableau dans un tableur et enregistrez-le en .ods ou .csv."}
	default:
		return &Error{Msg: "c'est un document OpenDocument qui n'est pas un tableau", Remedy: "Demandez le tableau d'origine en .xlsx, .ods ou .csv."}
	}
	if manifest := parts["META-INF/manifest.xml"]; manifest != nil {
		text, err := readPart(ctx, manifest, b.lim, 1<<20)
		if err != nil {
			return err
		}
		if bytes.Contains(text, []byte("encryption-data")) {
			return &Error{Msg: "ce classeur est protégé par un mot de passe",
				Remedy: "Ouvrez-le dans un tableur, retirez le mot de passe et enregistrez-le de nouveau."}
		}
	}
	b.format = Format{Kind: "ods", Encoding: "utf-8"}
	return b.listODS(ctx, parts["content.xml"])
}

func readPart(ctx context.Context, f *zip.File, lim Limits, most int64) ([]byte, error) {
	r, err := openPart(ctx, f, lim)
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // read only
	return io.ReadAll(io.LimitReader(r, most))
}

func (b *Book) listODS(ctx context.Context, content *zip.File) error {
	w := &workbook{book: b, parts: map[string]*zip.File{"content": content}}
	hidden := map[string]bool{}
	style := ""
	err := w.scan(ctx, "content", func(s *scanner) error {
		switch {
		case s.is("style"):
			style = s.attrText("style:name")
		case s.is("table-properties") && s.attrText("table:display") == "false":
			if len(hidden) < maxParts {
				hidden[style] = true
			}
		case string(s.name) == "table:table" && len(b.tables) < maxParts:
			name := s.attrText("table:name")
			b.add(b.name, name, hidden[s.attrText("table:style-name")], &odsTable{b, content, len(b.tables), name})
		}
		return nil
	})
	if err == nil && len(b.tables) == 0 {
		err = &Error{Msg: "le classeur n'a aucune feuille", Remedy: "Vérifiez que c'est le bon fichier."}
	}
	return err
}

// odsTable is one sheet: the nth table of the content.
type odsTable struct {
	book    *Book
	content *zip.File
	nth     int
	name    string
}

// odsReader is the state of one reading.
type odsReader struct {
	*scanner
	out     builder
	yield   func(Row) error
	line    int // of the row being read
	repeat  int // how many times the row stands
	pending int // empty cells not yet written

	depth0    int // depth inside the table's cell, to pass over what it frames
	inCell    bool
	cellTimes int
	kind      string // office:value-type
	stored    []byte // office:value and its kin
	shown     []byte // the paragraphs
	value     []byte // what the cell says, from both
	paras     int
	inPara    int
	note      int // inside an annotation, whose text is not the cell's
}

func (t *odsTable) rows(ctx context.Context, yield func(Row) error) error {
	part, err := openPart(ctx, t.content, t.book.lim)
	if err != nil {
		return err
	}
	defer part.Close() //nolint:errcheck // read only
	r := &odsReader{scanner: newScanner(part), out: builder{lim: t.book.lim}, yield: yield, repeat: 1}
	if err := r.find(t.nth); err != nil {
		return err
	}
	inside := r.depth
	for r.depth >= inside {
		tok, err := r.next()
		if err == nil {
			err = r.take(tok)
		}
		if err != nil {
			return place(err, t.book.name, t.name, r.line)
		}
	}
	return nil
}

// find goes to just inside the nth table.
func (r *odsReader) find(nth int) error {
	for {
		tok, err := r.next()
		if err != nil {
			return err
		}
		if tok == tokenStart && string(r.name) == "table:table" {
			if nth == 0 {
				return nil
			}
			nth--
		}
	}
}

func (r *odsReader) take(tok token) error {
	if r.inCell {
		return r.takeInCell(tok)
	}
	switch {
	case tok == tokenStart && r.is("table-row"):
		r.line += r.repeat // of the row before
		r.repeat = max(1, r.attrInt("table:number-rows-repeated", 1))
		r.out.reset()
		r.pending = 0
	case tok == tokenStart && (r.is("table-cell") || r.is("covered-table-cell")):
		r.startCell()
	case tok == tokenEnd && r.is("table-row"):
		return r.endOfRow()
	}
	return nil
}

func (r *odsReader) startCell() {
	r.inCell, r.depth0 = true, r.depth
	r.cellTimes = max(1, r.attrInt("table:number-columns-repeated", 1))
	r.shown, r.stored = r.shown[:0], r.stored[:0]
	r.paras, r.inPara, r.note = 0, 0, 0
	kind, _ := r.attr("office:value-type")
	r.kind = odsKind(kind)
	name := "office:value"
	switch r.kind {
	case "date":
		name = "office:date-value"
	case "boolean":
		name = "office:boolean-value"
	case "string":
		name = "office:string-value"
	}
	if v, ok := r.attr(name); ok {
		r.stored = append(r.stored, v...)
	}
}

func odsKind(b []byte) string {
	switch string(b) {
	case "float", "currency":
		return "float"
	case "percentage":
		return "percentage"
	case "date":
		return "date"
	case "boolean":
		return "boolean"
	}
	return "string" // also time, whose shown text says more than PT08H30M00S
}

// takeInCell gathers the paragraphs of the cell.
func (r *odsReader) takeInCell(tok token) error {
	switch tok {
	case tokenText:
		if r.inPara > 0 && r.note == 0 {
			r.shown = r.appendText(r.shown)
		}
	case tokenStart:
		r.inCellStart()
	case tokenEnd:
		switch {
		case r.depth == r.depth0-1:
			r.inCell = false
			return r.endOfCell()
		case r.is("annotation"):
			r.note--
		case r.is("p"), r.is("h"):
			r.inPara--
		}
	}
	if len(r.shown) > r.out.lim.MaxCell {
		return cellTooLong(r.line, len(r.out.ends)+r.pending+1, r.out.lim.MaxCell)
	}
	return nil
}

func (r *odsReader) inCellStart() {
	switch {
	case r.is("annotation"):
		r.note++
	case r.is("p"), r.is("h"):
		if r.inPara++; r.note == 0 {
			if r.paras++; r.paras > 1 {
				r.shown = append(r.shown, '\n')
			}
		}
	case r.note > 0 || r.inPara == 0:
	case r.is("s"):
		// The count is bounded as a cell is: what overflows is refused just after.
		for range min(max(1, r.attrInt("text:c", 1)), r.out.lim.MaxCell+1) {
			r.shown = append(r.shown, ' ')
		}
	case r.is("tab"):
		r.shown = append(r.shown, '\t')
	case r.is("line-break"):
		r.shown = append(r.shown, '\n')
	}
}

// endOfCell writes the cell as often as it is repeated. Empty cells wait for a full one:
// a sheet ends each row with a thousand of them.
func (r *odsReader) endOfCell() error {
	b, typed := &r.out, false
	r.value, typed = r.appendValue(r.value[:0])
	text := r.value
	if len(text) == 0 {
		if r.pending += r.cellTimes; r.pending > 1<<30 {
			r.pending = 1 << 30
		}
		return nil
	}
	if need := len(b.ends) + r.pending + r.cellTimes; need > b.lim.MaxColumns {
		if r.pending+len(b.ends) >= b.lim.MaxColumns {
			return emptyColumns(r.line, len(b.ends)+r.pending+1, b.lim.MaxColumns)
		}
		return tooManyColumns(r.line, b.lim.MaxColumns)
	}
	if len(text)*r.cellTimes > maxRow {
		return rowTooLong(r.line)
	}
	for ; r.pending > 0; r.pending-- {
		if err := b.endCell(r.line, false); err != nil {
			return err
		}
	}
	for range r.cellTimes {
		b.buf = append(b.buf, text...)
		if err := b.endCell(r.line, typed); err != nil {
			return err
		}
	}
	return nil
}

// appendValue adds the cell as a person reads it, numbers plain.
func (r *odsReader) appendValue(b []byte) (out []byte, typed bool) {
	switch r.kind {
	case "float":
		// A code kept as a number and shown as 01001 stays 01001.
		if len(r.shown) > 1 && r.shown[0] == '0' && len(bytes.Trim(r.shown, "0123456789")) == 0 {
			return append(b, r.shown...), false
		}
		if out, ok := machineNumber(b, r.stored); ok {
			return out, true
		}
	case "percentage":
		if plain, ok := machineNumber(nil, r.stored); ok {
			return percentText(b, string(plain)), false
		}
	case "date":
		return append(b, bytes.TrimSuffix(r.stored, []byte("T00:00:00"))...), false
	case "boolean":
		if string(r.stored) == "true" {
			return append(b, "VRAI"...), false
		}
		return append(b, "FAUX"...), false
	}
	if r.paras > 0 {
		return append(b, r.shown...), false
	}
	return append(b, r.stored...), false
}

// endOfRow yields the row as often as it is repeated; a full row repeated to the bottom of
// the sheet is a copy gone wrong, not data.
func (r *odsReader) endOfRow() error {
	b := &r.out
	if b.empty() {
		return nil
	}
	b.trim()
	if r.repeat > b.lim.MaxRows || r.repeat > maxRepeatedRows {
		return &Error{Line: r.line, Msg: "la même ligne est répétée " + french.Int(r.repeat) + " fois",
			Remedy: "Supprimez les lignes recopiées au bas de la feuille."}
	}
	row, _ := b.row(r.line, false)
	for i := range r.repeat {
		row.Line = r.line + i
		if err := r.yield(row); err != nil {
			return err
		}
	}
	return nil
}

// maxRepeatedRows is more equal rows in a run than any statistic has.
const maxRepeatedRows = 100_000
