// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// FormSpec says what a form may send; anything else is refused.
type FormSpec struct {
	Fields   []string // names of text fields
	Files    []string // names of file fields
	MaxText  int64    // largest text field, in bytes; 0: 64 KiB
	MaxFile  int64    // largest file, in bytes; 0: no file larger than the route's MaxBody
	TempDir  string   // where files are put while they arrive; empty: the system's folder
	Durable  bool     // files and their folder are synced to disk before ReadForm returns
	MaxParts int      // most values in all; 0: 200
}

// Form is what a person sent: the text as typed, so that it can be shown again, and the
// errors by field.
type Form struct {
	Values url.Values
	Files  map[string]*Upload
	Errors map[string]string
}

// Upload is a file received whole, on disk until Form.Close.
type Upload struct {
	Name string // its base name on the sender's machine
	Path string
	Size int64
}

// ReadForm reads a form, urlencoded or multipart; for GET, the query. Files go to disk as
// they come, whatever their size. An error is a Problem: unknown field, too large,
// unreadable. Call Close when done.
func ReadForm(r *http.Request, spec FormSpec) (*Form, error) {
	f := &Form{Values: url.Values{}, Files: map[string]*Upload{}, Errors: map[string]string{}}
	spec.MaxText = cmp.Or(spec.MaxText, 64<<10)
	spec.MaxParts = cmp.Or(spec.MaxParts, 200)
	if isRead(r) {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, BadRequest("L'adresse de cette page est mal formée : reprenez depuis le formulaire.").Because(err)
		}
		for name := range values {
			if followed(name) && !slices.Contains(spec.Fields, name) {
				delete(values, name)
			}
		}
		return f, f.take(values, spec)
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		kind = ""
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		err = f.readURLEncoded(r, spec)
	case "multipart/form-data":
		err = f.readMultipart(r, spec)
	default:
		err = &Problem{Status: http.StatusUnsupportedMediaType, Title: "Format d'envoi inconnu",
			Detail: "Cette adresse reçoit un formulaire (application/x-www-form-urlencoded ou multipart/form-data)."}
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// followed says that a parameter was added to a link by whoever passed it on (mails, social
// networks, search engines): the page opens as if it were not there.
func followed(name string) bool {
	for _, prefix := range []string{"utm_", "mtm_", "pk_", "at_", "xtor", "fbclid", "gclid", "msclkid", "mc_"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (f *Form) readURLEncoded(r *http.Request, spec FormSpec) error {
	body, err := io.ReadAll(r.Body) // bounded by the route's MaxBody
	if err != nil {
		return readError(err)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return BadRequest("Le formulaire reçu est mal formé : revenez en arrière et envoyez-le de nouveau.").Because(err)
	}
	return f.take(values, spec)
}

func (f *Form) take(values url.Values, spec FormSpec) error {
	n := 0
	for name, list := range values {
		for _, v := range list {
			if n++; n > spec.MaxParts {
				return TooLarge(fmt.Sprintf("Ce formulaire contient plus de %d valeurs.", spec.MaxParts))
			}
			if err := f.add(name, v, spec); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *Form) add(name, value string, spec FormSpec) error {
	if !slices.Contains(spec.Fields, name) {
		return BadRequest(fmt.Sprintf("Le champ « %s » n'est pas attendu ici : rouvrez la page du formulaire et recommencez.", clip(name)))
	}
	if int64(len(value)) > spec.MaxText {
		return TooLarge(fmt.Sprintf("Le champ « %s » dépasse la limite de %s.", name, size(spec.MaxText)))
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return BadRequest(fmt.Sprintf("Le champ « %s » contient des caractères illisibles : ressaisissez-le.", name))
	}
	f.Values.Add(name, value)
	return nil
}

func (f *Form) readMultipart(r *http.Request, spec FormSpec) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return BadRequest("Le formulaire reçu est mal formé : revenez en arrière et envoyez-le de nouveau.").Because(err)
	}
	for n := 0; ; n++ {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return readError(err)
		}
		if n >= spec.MaxParts {
			return TooLarge(fmt.Sprintf("Ce formulaire contient plus de %d valeurs.", spec.MaxParts))
		}
		name := part.FormName()
		if slices.Contains(spec.Files, name) {
			err = f.receive(part, name, part.FileName(), spec)
		} else {
			var text []byte
			if text, err = io.ReadAll(io.LimitReader(part, spec.MaxText+1)); err != nil {
				err = readError(err)
			} else {
				err = f.add(name, string(text), spec)
			}
		}
		if err != nil {
			return err
		}
	}
}

// receive streams a file to disk. A file field left empty sends an empty part without name.
func (f *Form) receive(part io.Reader, field, name string, spec FormSpec) error {
	if name == "" {
		return nil
	}
	if f.Files[field] != nil {
		return BadRequest(fmt.Sprintf("Un seul fichier est attendu dans le champ « %s ».", field))
	}
	tmp, err := os.CreateTemp(spec.TempDir, "envoi-*"+safeExt(name))
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	up := &Upload{Name: baseName(name), Path: tmp.Name()}
	f.Files[field] = up // from now on Close removes it
	src := part
	if spec.MaxFile > 0 {
		src = io.LimitReader(part, spec.MaxFile+1)
	}
	up.Size, err = io.Copy(tmp, src)
	if err == nil && spec.Durable {
		err = tmp.Sync()
	}
	err = errors.Join(err, tmp.Close())
	if err == nil && spec.Durable {
		err = syncDir(filepath.Dir(up.Path))
	}
	if err != nil {
		return readError(err)
	}
	if spec.MaxFile > 0 && up.Size > spec.MaxFile {
		return TooLarge(fmt.Sprintf("Le fichier « %s » dépasse la limite de %s.", up.Name, size(spec.MaxFile)))
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir) // #nosec G304 G703 -- the folder comes from the configuration
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// baseName keeps the last element of a name that may come from any system, printable.
func baseName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError { // direction marks hide an extension
			return -1
		}
		return r
	}, name)
	if name = strings.Trim(name, ". "); name == "" {
		return "fichier"
	}
	return clip(name)
}

func safeExt(name string) string {
	ext := strings.ToLower(filepath.Ext(baseName(name)))
	for _, r := range strings.TrimPrefix(ext, ".") {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return ""
		}
	}
	if len(ext) > 12 {
		return ""
	}
	return ext
}

func clip(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:119]) + "…"
	}
	return s
}

// readError tells a body cut short by the sender from one that is too large.
func readError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Errorf("upload: %w", err)
	}
	return BadRequest("L'envoi s'est interrompu avant la fin : vérifiez la connexion, puis recommencez. Rien n'a été enregistré.").Because(err)
}

// Close removes the files received. A file that was moved away stays where it is.
func (f *Form) Close() {
	for _, up := range f.Files {
		_ = os.Remove(up.Path)
	}
}

// Valid says that no field has an error.
func (f *Form) Valid() bool { return len(f.Errors) == 0 }

// Fail marks a field; the first error of a field stays.
func (f *Form) Fail(field, message string) {
	if f.Errors[field] == "" {
		f.Errors[field] = message
	}
}

// Text is a field without surrounding spaces, "" when absent.
func (f *Form) Text(field string) string { return strings.TrimSpace(f.Values.Get(field)) }

// Required is Text, with message as the error when it is empty.
func (f *Form) Required(field, message string) string {
	v := f.Text(field)
	if v == "" {
		f.Fail(field, message)
	}
	return v
}

// Checked says that a box was ticked.
func (f *Form) Checked(field string) bool { return f.Values.Get(field) != "" }

// Choice is a value among those offered; anything else is an error of the field. Empty
// is accepted when it is among them.
func (f *Form) Choice(field string, among ...string) string {
	v := f.Text(field)
	if !slices.Contains(among, v) {
		f.Fail(field, "Choisissez une des réponses proposées.")
		return ""
	}
	return v
}

// Number reads a number as the French write it; empty is 0 without error (see Required).
func (f *Form) Number(field string) float64 {
	v := f.Text(field)
	if v == "" {
		return 0
	}
	n, err := french.ParseNumber(v)
	if err != nil {
		f.Fail(field, err.Error())
	}
	return n
}

// Date reads what a date control sends (AAAA-MM-JJ); empty is the zero Date without error.
func (f *Form) Date(field string) clock.Date {
	var d clock.Date
	if err := d.UnmarshalText([]byte(f.Text(field))); err != nil {
		f.Fail(field, err.Error())
	}
	return d
}

// Field gives a control what was typed and its error, to show the form again.
func (f *Form) Field(c Field) Field {
	if f == nil {
		return c
	}
	if f.Values.Has(c.Name) {
		c.Value = f.Values.Get(c.Name)
		options := slices.Clone(c.Options)
		for i := range options {
			options[i].Selected = slices.Contains(f.Values[c.Name], options[i].Value)
		}
		c.Options = options
	}
	c.Error = f.Errors[c.Name]
	return c
}
