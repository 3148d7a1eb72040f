// SPDX-License-Identifier: EUPL-1.2

package sheet

import (
	"bytes"
	"errors"
	"io"
)

// kind is what the first bytes of a file say it is.
type kind int

const (
	kindText kind = iota
	kindZip
	kindGzip
	kindOLE
	kindPDF
	kindRTF
	kindHTML
	kindExcelXML
	kindXML
	kindJSON
	kindArchive
	kindSQLite
	kindImage
	kindParquet
	kindUTF32
	kindBinary
)

// magics are tried in order; the longest of those that overlap comes first.
var magics = []struct {
	prefix string
	kind   kind
}{
	{"PK\x03\x04", kindZip}, {"PK\x05\x06", kindZip}, {"PK\x07\x08", kindZip},
	{"\x1f\x8b", kindGzip},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", kindOLE},
	{"%PDF-", kindPDF}, {`{\rtf`, kindRTF},
	{"7z\xbc\xaf\x27\x1c", kindArchive}, {"Rar!\x1a\x07", kindArchive}, {"BZh", kindArchive},
	{"\xfd7zXZ\x00", kindArchive}, {"\x28\xb5\x2f\xfd", kindArchive},
	{"SQLite format 3\x00", kindSQLite}, {"PAR1", kindParquet},
	{"\x89PNG", kindImage}, {"\xff\xd8\xff", kindImage}, {"GIF8", kindImage},
	{"\xff\xfe\x00\x00", kindUTF32}, {"\x00\x00\xfe\xff", kindUTF32},
}

// refusal is a message for a file that is no table we read.
type refusal struct{ msg, remedy string }

func (r refusal) error() error { return &Error{Msg: r.msg, Remedy: r.remedy} }

const reSave = "Ouvrez-le dans un tableur et enregistrez-le en .xlsx ou .csv."

var refusals = map[kind]refusal{
	kindPDF:      {"c'est un document PDF, pas un tableau", "Demandez le tableau d'origine en .xlsx, .ods ou .csv."},
	kindRTF:      {"c'est un document de traitement de texte", "Copiez son tableau dans un tableur et enregistrez-le en .xlsx ou .csv."},
	kindHTML:     {"c'est une page web, même si son nom dit autre chose", reSave},
	kindExcelXML: {"c'est un classeur Excel 2003 en XML", reSave},
	kindXML:      {"c'est un fichier XML, pas un tableau", reSave},
	kindJSON:     {"c'est un fichier JSON ou GeoJSON", "Importez-le avec les contours s'il s'agit d'une carte ; sinon demandez-le en .csv."},
	kindArchive:  {"c'est une archive d'un format qui n'est pas lu", "Décompressez-la et donnez le tableau, ou une archive .zip."},
	kindSQLite:   {"c'est une base SQLite ou un GeoPackage", "Importez-le avec les contours s'il s'agit d'une carte."},
	kindImage:    {"c'est une image", "Demandez le tableau d'origine en .xlsx, .ods ou .csv."},
	kindParquet:  {"c'est un fichier Parquet", "Demandez-le en .csv."},
	kindBinary:   {"ce n'est ni un tableau ni du texte", "Demandez le tableau d'origine en .xlsx, .ods ou .csv (« CSV UTF-8 »)."},
	kindUTF32:    {"le texte est codé en UTF-32", "Enregistrez-le en « CSV UTF-8 »."},
}

// recognise looks at the first bytes, 4 kB if the file has them.
func recognise(head []byte) kind {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.kind
		}
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	lower := bytes.ToLower(text)
	switch {
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")),
		bytes.HasPrefix(lower, []byte("<table")), bytes.HasPrefix(lower, []byte("<head")), bytes.HasPrefix(lower, []byte("<meta ")):
		return kindHTML
	case bytes.HasPrefix(lower, []byte("<?xml")):
		switch {
		case bytes.Contains(lower, []byte("schemas-microsoft-com:office:spreadsheet")):
			return kindExcelXML
		case bytes.Contains(lower, []byte("<html")):
			return kindHTML
		}
		return kindXML
	case jsonStart(text):
		return kindJSON
	case manyNULs(head):
		return kindBinary
	}
	return kindText
}

// manyNULs says that one byte in fifty is NUL, where no UTF-16 mark explains it. A single
// one is left to the reader of text, which tells its line.
func manyNULs(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false
	}
	return bytes.Count(head, []byte{0}) > max(2, len(head)/50)
}

// jsonStart is an opening brace or bracket and what JSON allows after it.
func jsonStart(text []byte) bool {
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return false
	}
	rest := bytes.TrimLeft(text[1:], " \t\r\n")
	if len(rest) == 0 {
		return false
	}
	if text[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return rest[0] == '{' || rest[0] == '['
}

// refuseOLE tells apart what Microsoft kept in its container of the nineties. The names of
// its streams are in UTF-16.
func refuseOLE(p packed) error {
	head, err := io.ReadAll(io.LimitReader(io.NewSectionReader(p, 0, p.size), 8<<20))
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	has := func(name string) bool { return bytes.Contains(head, wide(name)) }
	switch {
	case has("EncryptedPackage"):
		return &Error{Msg: "ce classeur est protégé par un mot de passe",
			Remedy: "Ouvrez-le dans un tableur, retirez le mot de passe et enregistrez-le de nouveau."}
	case has("WordDocument"):
		return &Error{Msg: "c'est un ancien document Word (.doc)",
			Remedy: "Copiez son tableau dans un tableur et enregistrez-le en .xlsx ou .csv."}
	case has("Workbook"), has("Book"):
		return &Error{Msg: "ce fichier est un ancien classeur Excel (.xls)", Remedy: "Ouvrez-le et enregistrez-le en .xlsx ou .csv."}
	}
	return &Error{Msg: "c'est un fichier d'un ancien logiciel de bureau", Remedy: reSave}
}

func wide(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return out
}
