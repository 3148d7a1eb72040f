// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
)

// entry is a part of an archive.
type entry struct {
	name, text string
	stored     bool
}

// archive is a ZIP of parts.
func archive(t testing.TB, parts ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		method := zip.Deflate
		if p.stored {
			method = zip.Store
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: p.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const odfType = "application/vnd.oasis.opendocument."

// odf is an OpenDocument file of a type ("text"), with more parts.
func odf(t testing.TB, kind string, more ...entry) []byte {
	t.Helper()
	return archive(t, append([]entry{{"mimetype", odfType + kind, true}, {"content.xml", "<office:document-content/>", false},
		{"META-INF/manifest.xml", "<manifest:manifest/>", false}}, more...)...)
}

const ooxmlType = "application/vnd.openxmlformats-officedocument."

// ooxml is an Office file whose main part is of a type.
func ooxml(t testing.TB, main string, more ...entry) []byte {
	t.Helper()
	return archive(t, append([]entry{{"[Content_Types].xml", `<Types><Override PartName="/main.xml" ContentType="` + main + `"/></Types>`, false},
		{"_rels/.rels", "<Relationships/>", false}, {"main.xml", "<main/>", false}}, more...)...)
}

func docx(t testing.TB, more ...entry) []byte {
	t.Helper()
	return ooxml(t, ooxmlType+"wordprocessingml.document.main+xml", more...)
}

// pdf is the beginning and the end of a PDF, told apart by a text.
func pdf(text string) []byte {
	return []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type/Catalog>>\nendobj\n% " + text + "\ntrailer\n<</Root 1 0 R>>\n%%EOF\n")
}

func pngImage(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jpegImage(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 3, 2)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is an image of one pixel.
const webp = "RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"
