// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"time"

	"maillage/internal/platform/web"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

// Undo is how long a deleted file can be brought back.
const Undo = 30 * 24 * time.Hour

// Errors that callers tell apart.
var (
	// ErrUnknown is returned for a file that does not exist, or is deleted. It is fs.ErrNotExist.
	ErrUnknown error = unknown{}
	// ErrAltered is returned by a reader when the content is not what was put.
	ErrAltered = errors.New("le contenu de ce fichier a été abîmé dans le dépôt")
	// ErrTooLate is returned when a deleted file can no longer be brought back.
	ErrTooLate = errors.New("il est trop tard pour rétablir ce fichier : il a été supprimé il y a plus de trente jours")
	// ErrGone is returned by [Store.Add] when the content was erased meanwhile: keep it again.
	ErrGone error = &Refusal{Message: "Ce fichier vient d'être effacé au même moment : déposez-le de nouveau.",
		status: http.StatusConflict, title: "Fichier effacé entre-temps"}
)

type unknown struct{}

func (unknown) Error() string        { return "ce fichier n'existe pas" }
func (unknown) Is(target error) bool { return target == fs.ErrNotExist }

// Scan is what an antivirus said of a file when it was put.
type Scan string

// The answers; a file that an antivirus refuses is not kept.
const (
	NotScanned Scan = "none"
	Clean      Scan = "clean"
)

// French is the answer for people.
func (s Scan) French() string {
	if s == Clean {
		return "contrôlé par l'antivirus"
	}
	return "non contrôlé : aucun antivirus n'est réglé"
}

// Meta is what a room says of a file it puts.
type Meta struct {
	Name    string     // as given by the person
	Subject string     // what it belongs to: "seance/0198…"
	Access  web.Access // the right that reading it asks for
	Scope   web.Scope  // on what
}

// check refuses what a room forgot; a file without reader's right would be everyone's.
func (m Meta) check() error {
	if m.Subject == "" || m.Access == web.Undeclared {
		return errors.New("files: a file needs a subject and an access")
	}
	return nil
}

// File is a file of the store.
type File struct {
	ID      string
	SHA256  string // 64 hexadecimal digits
	Size    int64  // bytes
	Type    string // media type, as recognised in the content, with its charset for text
	Name    string // as given, cleaned: one element, printable
	Subject string
	Access  web.Access
	Scope   web.Scope
	Person  string // ID of who put it, "" once erased or when the service did
	Title   string // under which title
	At      time.Time
	Scan    Scan
	Deleted time.Time // zero while it is there

	key string
}

// Path is where it is downloaded.
func (f File) Path() string { return "/fichiers/" + f.ID + "/" + url.PathEscape(f.Name) }
