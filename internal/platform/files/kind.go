// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/web"
)

// Refusal is why a file is not kept, in French, for the person who gave it: what is wrong and how
// to mend it. It is also a [web.Problem], for a page that has no form to show it in.
type Refusal struct {
	Message string
	status  int
	title   string
	err     error // for the log
}

func (r *Refusal) Error() string { return r.Message }

// Unwrap gives the answer to a request, which holds the cause.
func (r *Refusal) Unwrap() error {
	p := &web.Problem{Status: r.status, Title: r.title, Detail: r.Message}
	if r.err != nil {
		return p.Because(r.err)
	}
	return p
}

func refuse(format string, args ...any) *Refusal {
	return &Refusal{Message: fmt.Sprintf(format, args...), status: http.StatusUnprocessableEntity, title: "Fichier refusé"}
}

// content is what a kind looks at.
type content struct {
	io.ReaderAt
	size int64
	head []byte // its first bytes
}

// headLen is how many of them: enough for every signature and for the search of a hidden page.
const headLen = 1024

// kind is a type of file that is let in.
type kind struct {
	label string
	exts  []string // the first is shown
	media string
	check func(content, kind) (media string, err error)
	main  string // for Office: the type of its main part
}

const (
	openDocument = "application/vnd.oasis.opendocument."
	openXML      = "application/vnd.openxmlformats-officedocument."
)

// kinds are all types that are let in.
var kinds = []kind{
	{"PDF", []string{"pdf"}, "application/pdf", checkPDF, ""},
	{"ODT", []string{"odt"}, openDocument + "text", checkODF, ""},
	{"ODS", []string{"ods"}, openDocument + "spreadsheet", checkODF, ""},
	{"ODP", []string{"odp"}, openDocument + "presentation", checkODF, ""},
	{"DOCX", []string{"docx"}, openXML + "wordprocessingml.document", checkOOXML, "wordprocessingml.document.main+xml"},
	{"XLSX", []string{"xlsx"}, openXML + "spreadsheetml.sheet", checkOOXML, "spreadsheetml.sheet.main+xml"},
	{"PPTX", []string{"pptx"}, openXML + "presentationml.presentation", checkOOXML, "presentationml.presentation.main+xml"},
	{"CSV", []string{"csv"}, "text/csv", checkText, ""},
	{"TXT", []string{"txt"}, "text/plain", checkText, ""},
	{"PNG", []string{"png"}, "image/png", checkPNG, ""},
	{"JPEG", []string{"jpg", "jpeg"}, "image/jpeg", checkJPEG, ""},
	{"WEBP", []string{"webp"}, "image/webp", checkWebP, ""},
}

// Accepted names the types that are let in, for the hint of a form: "PDF, ODT, …".
func Accepted() string {
	var list []string
	for _, k := range kinds {
		list = append(list, k.label)
	}
	return strings.Join(list, ", ")
}

// Accept is the same for the attribute accept of a file field: ".pdf,.odt,…".
func Accept() string {
	var list []string
	for _, k := range kinds {
		for _, e := range k.exts {
			list = append(list, "."+e)
		}
	}
	return strings.Join(list, ",")
}

// remedies are what to do with types that are often tried, by extension.
var remedies = map[string]string{}

func init() {
	for remedy, exts := range map[string]string{
		"Enregistrez-le au format DOCX, ODT ou PDF.":                                                          "doc dot rtf pages wps wpd dotx ott odm",
		"Enregistrez-le au format XLSX, ODS ou CSV.":                                                          "xls xlt xlsb numbers xltx ots dbf",
		"Enregistrez-la au format PPTX, ODP ou PDF.":                                                          "ppt pps pot ppsx key potx otp",
		"Il peut contenir des macros : enregistrez-le sans macros, au format DOCX, XLSX, PPTX ou PDF.":        "docm dotm xlsm xltm xlam pptm ppsm potm ppam",
		"Ce qu'une archive contient ne peut pas être contrôlé : déposez les documents un par un.":             "zip 7z rar tar gz tgz bz2 xz zst iso cab jar",
		"Une page web peut exécuter du code : enregistrez-la au format PDF.":                                  "html htm xhtml shtml mht mhtml xml xsl php asp aspx jsp",
		"Cette image n'est pas lue partout, ou peut exécuter du code : enregistrez-la au format PNG ou JPEG.": "svg svgz heic heif tif tiff bmp gif avif ico psd eps ai",
		"Les programmes et les scripts ne sont pas acceptés.":                                                 "exe com bat cmd ps1 vbs js mjs jse wsf msi scr sh py rb pl lnk hta dll app apk deb rpm",
		"Enregistrez le message au format PDF, ou déposez ses pièces jointes une par une.":                    "eml msg",
	} {
		for ext := range strings.FieldsSeq(exts) {
			remedies[ext] = remedy
		}
	}
}

// recognise says what type a content is, by its name and by itself: both must agree.
func recognise(name string, c content) (media string, err error) {
	ext := extOf(name)
	i := slices.IndexFunc(kinds, func(k kind) bool { return slices.Contains(k.exts, ext) })
	switch {
	case c.size == 0:
		return "", refuse("Le fichier « %s » est vide : vérifiez-le et déposez-le de nouveau.", name)
	case i < 0 && remedies[ext] != "":
		return "", refuse("Le fichier « %s » n'est pas d'un type accepté. %s Types acceptés : %s.", name, remedies[ext], Accepted())
	case i < 0 && ext == "":
		return "", refuse("Le nom « %s » n'a pas d'extension qui dise son type. Types acceptés : %s.", name, Accepted())
	case i < 0:
		return "", refuse("Le fichier « %s » n'est pas d'un type accepté. Types acceptés : %s.", name, Accepted())
	}
	k := kinds[i]
	media, err = k.check(c, k)
	if bad, ok := errors.AsType[*mismatch](err); ok {
		return "", bad.refusal(name, k, c)
	}
	if err != nil {
		return "", err
	}
	return media, nil
}

// mismatch is a content that is not what its name says, and how it shows.
type mismatch struct{ why string }

func (m *mismatch) Error() string { return m.why }

// unlike is a mismatch; why is the end of a sentence, or empty: then what it looks like is said.
func unlike(why string) error { return &mismatch{why} }

func (m *mismatch) refusal(name string, k kind, c content) *Refusal {
	why := m.why
	if why == "" {
		why = "il n'en a pas le contenu"
		if like := looksLike(c.head); like != "" {
			why = "il a le contenu " + like
		}
	}
	return refuse("Le fichier « %s » porte l'extension d'un fichier %s, mais %s. Ouvrez-le, enregistrez-le dans un type accepté (%s), puis déposez-le de nouveau.",
		name, k.label, why, Accepted())
}

// looksLike names what people are most often mistaken about.
func looksLike(head []byte) string {
	for _, s := range []struct{ start, is string }{
		{"%PDF-", "d'un PDF"},
		{"PK\x03\x04", "d'une archive ou d'un document de bureautique"},
		{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "d'un document Office ancien ou protégé par un mot de passe"},
		{"\x89PNG\r\n\x1a\n", "d'une image PNG"},
		{"\xff\xd8\xff", "d'une image JPEG"},
		{"GIF8", "d'une image GIF"},
		{"MZ", "d'un programme"},
		{"\x7fELF", "d'un programme"},
		{"{\\rtf", "d'un document RTF"},
	} {
		if bytes.HasPrefix(head, []byte(s.start)) {
			return s.is
		}
	}
	if hidesPage(head) {
		return "d'une page web"
	}
	return ""
}

// hidesPage looks for the beginning of a page among the first bytes of another type: a
// polyglot. Downloads cannot run it; there is no honest reason to let it in either.
func hidesPage(head []byte) bool {
	low := bytes.ToLower(head)
	for _, tag := range []string{"<html", "<script", "<!doctype", "<svg", "<iframe", "<body", "<?php"} {
		if bytes.Contains(low, []byte(tag)) {
			return true
		}
	}
	return false
}

func checkPDF(c content, k kind) (string, error) {
	if !bytes.HasPrefix(c.head, []byte("%PDF-1.")) && !bytes.HasPrefix(c.head, []byte("%PDF-2.")) {
		return "", unlike("")
	}
	return k.media, noPage(c)
}

func checkPNG(c content, k kind) (string, error) {
	if !bytes.HasPrefix(c.head, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")) {
		return "", unlike("")
	}
	return k.media, noPage(c)
}

func checkJPEG(c content, k kind) (string, error) {
	if len(c.head) < 4 || !bytes.HasPrefix(c.head, []byte("\xff\xd8\xff")) || c.head[3] < 0xc0 || c.head[3] == 0xff {
		return "", unlike("")
	}
	return k.media, noPage(c)
}

func checkWebP(c content, k kind) (string, error) {
	h := c.head
	if len(h) < 16 || string(h[:4]) != "RIFF" || string(h[8:15]) != "WEBPVP8" {
		return "", unlike("")
	}
	riff := int64(h[4]) | int64(h[5])<<8 | int64(h[6])<<16 | int64(h[7])<<24
	if riff+8 > c.size+1 { // a missing last padding byte is common
		return "", unlike("il est incomplet")
	}
	return k.media, noPage(c)
}

func noPage(c content) error {
	if hidesPage(c.head) {
		return unlike("il cache le début d'une page web")
	}
	return nil
}
