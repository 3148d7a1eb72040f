// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
)

// dbfReader streams the records of a dBase table, the attributes of a shapefile.
type dbfReader struct {
	r       io.Reader
	fields  []dbfField
	record  []byte
	records uint32            // as the header says; only a hint
	charset encoding.Encoding // nil: UTF-8 if it is, else Windows-1252
	m       *meter
}

type dbfField struct {
	name   string
	kind   byte
	offset int
	length int
}

const dbfEnd, dbfDeleted, dbfEOF = 0x0d, '*', 0x1a

func newDBF(r io.Reader, cpg string, m *meter) (*dbfReader, error) {
	var head [32]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, dbfError(err)
	}
	d := &dbfReader{r: r, records: binary.LittleEndian.Uint32(head[4:]), m: m}
	headerLen, recordLen := int(binary.LittleEndian.Uint16(head[8:])), int(binary.LittleEndian.Uint16(head[10:]))
	if headerLen < 33 || recordLen < 1 {
		return nil, formatErrorf("la table .dbf a un en-tête incohérent ; réexportez le shapefile")
	}
	rest := make([]byte, headerLen-32)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, dbfError(err)
	}
	d.charset = charsetOf(cpg, head[29])
	offset := 1 // after the deletion mark
	for ; len(rest) >= 32 && rest[0] != dbfEnd; rest = rest[32:] {
		name, _, _ := bytes.Cut(rest[:11], []byte{0})
		f := dbfField{name: strings.TrimSpace(d.decode(name)), kind: rest[11], offset: offset, length: int(rest[16])}
		if f.kind == 'C' { // long texts put the high byte where numbers have their decimals
			f.length += int(rest[17]) << 8
		}
		if f.length == 0 { // a field without room has no value, and thousands would cost nothing
			continue
		}
		if offset += f.length; offset > recordLen {
			return nil, formatErrorf("la table .dbf a un en-tête incohérent (champ « %s ») ; réexportez le shapefile", shorten(f.name, 20))
		}
		d.fields = append(d.fields, f)
	}
	d.record = make([]byte, recordLen)
	return d, nil
}

func dbfError(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return formatErrorf("la table .dbf est tronquée ; téléchargez le fichier à nouveau")
	}
	return packError(err)
}

// charsetOf understands a .cpg file and, without one, the language byte of the header.
func charsetOf(cpg string, language byte) encoding.Encoding {
	name := strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(strings.Trim(cpg, "\ufeff \t\r\n\x00")))
	switch name {
	case "utf8", "65001":
		return encoding.Nop
	case "1252", "windows1252", "ansi1252", "cp1252", "iso88591", "latin1", "88591", "l1":
		return charmap.Windows1252
	case "iso885915", "latin9", "885915":
		return charmap.ISO8859_15
	case "850", "cp850", "oem850", "ibm850":
		return charmap.CodePage850
	case "437", "cp437", "ibm437":
		return charmap.CodePage437
	}
	switch language {
	case 0x01:
		return charmap.CodePage437
	case 0x02:
		return charmap.CodePage850
	case 0x03, 0x57, 0x58, 0x59:
		return charmap.Windows1252
	}
	return nil
}

func (d *dbfReader) decode(b []byte) string {
	charset := d.charset
	if charset == nil || charset == encoding.Nop {
		if utf8.Valid(b) {
			return string(b)
		}
		// A text cut by the field's width may end inside a character.
		if cut := bytes.TrimRightFunc(b, func(r rune) bool { return r == utf8.RuneError }); charset != nil && utf8.Valid(cut) && len(b)-len(cut) < utf8.UTFMax {
			return string(cut)
		}
		charset = charmap.Windows1252
	}
	out, err := charset.NewDecoder().Bytes(b)
	if err != nil {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// next reads a record; deleted ones come with deleted set, io.EOF ends the table.
func (d *dbfReader) next() (props map[string]string, deleted bool, err error) {
	if _, err := io.ReadFull(d.r, d.record[:1]); err != nil || d.record[0] == dbfEOF {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, false, io.EOF
		}
		return nil, false, dbfError(err)
	}
	if _, err := io.ReadFull(d.r, d.record[1:]); err != nil {
		return nil, false, dbfError(err)
	}
	props = make(map[string]string, len(d.fields))
	text := d.m.attributes()
	for _, f := range d.fields {
		props[f.name] = d.value(f)
		if err := text.add(f.name, props[f.name]); err != nil {
			return nil, false, err
		}
	}
	return props, d.record[0] == dbfDeleted, nil
}

func (d *dbfReader) value(f dbfField) string {
	raw := d.record[f.offset : f.offset+f.length]
	text := strings.Trim(d.decode(raw), " \x00\t\r\n")
	switch f.kind {
	case 'C':
		return strings.TrimRight(strings.TrimLeft(d.decode(raw), "\x00"), " \x00")
	case 'N', 'F':
		if strings.HasPrefix(text, "*") { // ESRI's "no data"
			return ""
		}
		if strings.ContainsRune(text, '.') && !strings.ContainsAny(text, "eE") { // padded to the field's width
			text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
		}
		return text
	case 'L':
		switch strings.ToUpper(text) {
		case "T", "Y", "O":
			return "true"
		case "F", "N":
			return "false"
		}
		return ""
	case 'D':
		if len(text) == 8 && isDigits(text) && text != "00000000" {
			return text[:4] + "-" + text[4:6] + "-" + text[6:]
		}
		return ""
	case 'I', '+':
		if len(raw) == 4 {
			return strconv.Itoa(int(int32(binary.LittleEndian.Uint32(raw)))) // #nosec G115 -- two's complement on purpose
		}
		return ""
	case 'M', 'G', 'B', 'P', '0', '@', 'T', 'Y', 'O': // memos, blobs and stamps kept in other files or forms
		return ""
	}
	return text
}
