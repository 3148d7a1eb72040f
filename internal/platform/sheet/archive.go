// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"strings"

	"maillage/internal/platform/french"
)

const (
	maxDirectory = 8 << 20 // bytes of a ZIP's table of contents, some 100,000 names
	maxEntries   = 1000    // tables looked for in one archive
)

// openZip tells a workbook from an archive of tables.
func (b *Book) openZip(ctx context.Context, p packed) error {
	z, err := readZip(p)
	if err != nil {
		return err
	}
	names := map[string]*zip.File{}
	for _, f := range z.File {
		names[strings.TrimPrefix(f.Name, "/")] = f
		if f.Flags&1 != 0 {
			return &Error{Msg: "l'archive est protégée par un mot de passe", Remedy: "Décompressez-la et donnez le tableau."}
		}
	}
	has := func(name string) bool { return names[name] != nil }
	switch {
	case has("mimetype") && has("content.xml"):
		return b.openODF(ctx, names)
	case has("xl/workbook.bin"):
		return &Error{Msg: "c'est un classeur Excel binaire (.xlsb)", Remedy: reSave}
	case has("word/document.xml"):
		return &Error{Msg: "c'est un document Word (.docx), pas un tableau", Remedy: "Copiez son tableau dans un tableur et enregistrez-le en .xlsx ou .csv."}
	case has("ppt/presentation.xml"):
		return &Error{Msg: "c'est une présentation PowerPoint, pas un tableau", Remedy: "Demandez le tableau d'origine en .xlsx, .ods ou .csv."}
	case has("[Content_Types].xml"):
		return b.openXLSX(ctx, names)
	}
	return b.openArchive(ctx, z)
}

// readZip reads the table of contents, after a look at the size that the file claims for it.
func readZip(p packed) (*zip.Reader, error) {
	var z *zip.Reader
	err := checkDirectory(p)
	if err == nil {
		z, err = zip.NewReader(p, p.size)
	}
	if errors.Is(err, zip.ErrFormat) {
		// Its end is where the contents are listed: without it, the file was cut.
		return nil, &Error{Msg: "l'archive est tronquée ou abîmée", Remedy: "Téléchargez-la ou copiez-la de nouveau.", Cause: err}
	}
	if err != nil {
		return nil, err
	}
	return z, nil
}

// checkDirectory bounds what archive/zip would hold in memory: from where the end record
// says that the table of contents begins, to the end of the file.
func checkDirectory(p packed) error {
	tail := make([]byte, min(p.size, 66<<10))
	if _, err := p.ReadAt(tail, p.size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	const endLen = 22
	if len(tail) < endLen {
		return zip.ErrFormat
	}
	i := bytes.LastIndex(tail[:len(tail)-endLen+4], []byte("PK\x05\x06"))
	if i < 0 {
		return zip.ErrFormat
	}
	u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(tail[at:])) }
	if err := p.checkClaim(u32(i+12), u32(i+16), math.MaxUint32); err != nil {
		return err
	}
	if i < 20 || !bytes.HasPrefix(tail[i-20:], []byte("PK\x06\x07")) {
		return nil
	}
	// ZIP64: the locator just before says where the wider record is.
	wide, at := make([]byte, 56), binary.LittleEndian.Uint64(tail[i-12:])
	if at > uint64(p.size) { // #nosec G115 -- the size of a file is not negative
		return zip.ErrFormat
	}
	if _, err := p.ReadAt(wide, int64(at)); err != nil { // #nosec G115 -- at is within the file
		return zip.ErrFormat
	}
	return p.checkClaim(binary.LittleEndian.Uint64(wide[40:]), binary.LittleEndian.Uint64(wide[48:]), math.MaxUint64)
}

// checkClaim judges the size and the place that an end record gives; elsewhere means that
// the wider record has them. What stands before the first entry shifts the place, so both
// the size and the distance to the end count.
func (p packed) checkClaim(size, offset, elsewhere uint64) error {
	total := uint64(p.size) // #nosec G115 -- the size of a file is not negative
	switch {
	case size == elsewhere || offset == elsewhere:
		return nil
	case size > total || offset > total:
		return zip.ErrFormat
	case size > maxDirectory || total-offset > maxDirectory+66<<10:
		return &Error{Msg: "l'archive annonce un nombre démesuré de fichiers", Remedy: "Donnez les tableaux un par un."}
	}
	return nil
}

// openPart reads one part of an archive, bounded.
func openPart(ctx context.Context, f *zip.File, lim Limits) (io.ReadCloser, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	packed := int64(min(f.CompressedSize64, 1<<62)) // #nosec G115 -- bounded just here
	return struct {
		io.Reader
		io.Closer
	}{&bounded{ctx: ctx, r: r, max: lim.MaxUnzipped, packed: max(packed, 1)}, r}, nil
}

// openArchive takes every part that is a table; the others are left aside.
func (b *Book) openArchive(ctx context.Context, z *zip.Reader) error {
	var left []string
	var fault error
	kept, seen := Format{Kind: "zip", Encoding: "utf-8"}, 0
	for _, f := range z.File {
		base := path.Base(f.Name)
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") || strings.HasPrefix(base, ".") || f.UncompressedSize64 == 0 {
			continue
		}
		if seen++; seen > maxEntries {
			return &Error{Msg: "l'archive contient plus de " + french.Int(maxEntries) + " fichiers", Remedy: "Donnez les tableaux utiles seulement."}
		}
		if strings.EqualFold(path.Ext(base), ".shp") {
			return &Error{Msg: "l'archive contient une carte (shapefile), pas un tableau", Remedy: "Importez-la avec les contours."}
		}
		before := len(b.tables)
		err := b.addEntry(ctx, f)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			left, fault = append(left, base), err
		case before == 0 && b.format.Encoding != "":
			kept.Encoding, kept.Separator = b.format.Encoding, b.format.Separator
		}
	}
	b.format = kept
	switch {
	case len(b.tables) == 0 && len(left) == 1:
		return fault
	case len(b.tables) == 0:
		return &Error{Msg: "l'archive ne contient aucun tableau", Remedy: "Mettez-y des fichiers .csv, .xlsx ou .ods.", Cause: fault}
	case len(left) > 0:
		b.warn(&Error{File: b.name, Msg: "des fichiers de l'archive ne sont pas des tableaux : " + listed(left)})
	}
	return nil
}

// listed names the first few.
func listed(names []string) string {
	if more := len(names) - 5; more > 0 {
		return strings.Join(names[:5], ", ") + " et " + french.Plural(more, "autre", "autres")
	}
	return strings.Join(names, ", ")
}

func (b *Book) addEntry(ctx context.Context, f *zip.File) error {
	file := b.name + "/" + f.Name
	r, err := openPart(ctx, f, b.lim)
	if err != nil {
		return place(err, file, "", 0)
	}
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	_ = r.Close()
	if n == 0 {
		return place(err, file, "", 0)
	}
	switch k := recognise(head[:n]); k {
	case kindText:
		open := func(ctx context.Context) (io.ReadCloser, error) { return openPart(ctx, f, b.lim) }
		return b.addText(ctx, file, tableName(f.Name), open)
	case kindZip:
		return b.addNested(ctx, f, file)
	case kindGzip, kindOLE:
		return place(refusals[kindArchive].error(), file, "", 0)
	default:
		return place(refusals[k].error(), file, "", 0)
	}
}

// addNested unpacks a workbook of the archive into a temporary file and takes its sheets.
func (b *Book) addNested(ctx context.Context, f *zip.File, file string) error {
	r, err := openPart(ctx, f, b.lim)
	if err != nil {
		return place(err, file, "", 0)
	}
	defer r.Close() //nolint:errcheck // read only
	tmp, err := os.CreateTemp("", "maillage-sheet-*")
	if err != nil {
		return fmt.Errorf("unpack %s: %w", file, err)
	}
	inner := &Book{name: file, lim: b.lim}
	inner.closers = append(inner.closers, func() error { return errors.Join(tmp.Close(), os.Remove(tmp.Name())) })
	size, err := io.Copy(tmp, io.LimitReader(r, b.lim.MaxBytes+1))
	switch {
	case err != nil:
	case size > b.lim.MaxBytes:
		err = errTooBig
	default:
		err = inner.openWorkbook(ctx, packed{tmp, size})
	}
	if err != nil {
		_ = inner.Close()
		return place(err, file, "", 0)
	}
	for i, t := range inner.tables {
		b.add(t.File, t.Name, t.Hidden, inner.sources[i])
	}
	b.closers = append(b.closers, inner.Close)
	return nil
}

// openWorkbook is openZip where an archive in an archive is refused.
func (b *Book) openWorkbook(ctx context.Context, p packed) error {
	z, err := readZip(p)
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if f.Name == "[Content_Types].xml" || f.Name == "mimetype" {
			return b.openZip(ctx, p)
		}
	}
	return &Error{Msg: "une archive en contient une autre", Remedy: "Décompressez-la une fois et donnez l'archive obtenue."}
}
