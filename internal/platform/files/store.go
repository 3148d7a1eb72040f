// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/web"
)

// MaxSize is the largest file unless a setting says otherwise.
const MaxSize = 50 << 20

// Config is where files are kept and what is let in.
type Config struct {
	Backend string // dossier:CHEMIN or s3://clé:secret@hôte/seau?…, see [OpenBackend]
	Arrival string // local folder where files arrive; may be empty when the backend is a folder: inside it
	MaxSize int64  // bytes; 0: [MaxSize]
	Clamd   string // unix:/chemin or tcp:hôte:port; empty: no antivirus
}

// Store keeps files. It is safe for concurrent use, by several processes too.
type Store struct {
	Now func() time.Time // time.Now unless a test sets it
	Log *slog.Logger

	db      *db.DB
	backend Backend
	arrival string
	maxSize int64
	clamd   *Clamd // nil: none
}

// Open opens the store; the migrations of d have been applied. The backend must answer, an
// antivirus need not: files are refused while it does not.
func Open(ctx context.Context, d *db.DB, cfg Config) (*Store, error) {
	s := &Store{Now: time.Now, Log: slog.Default(), db: d, maxSize: cfg.MaxSize, arrival: cfg.Arrival}
	if s.maxSize == 0 {
		s.maxSize = MaxSize
	}
	if s.maxSize < 0 {
		return nil, errors.New("la taille maximale d'un fichier doit être positive")
	}
	var err error
	if cfg.Clamd != "" {
		if s.clamd, err = ParseClamd(cfg.Clamd); err != nil {
			return nil, err
		}
	}
	if s.backend, err = OpenBackend(ctx, cfg.Backend); err != nil {
		return nil, err
	}
	if f, ok := s.backend.(*folder); ok && s.arrival == "" {
		s.arrival = filepath.Join(f.root, arrivingDir)
	}
	if s.arrival == "" { // not the system's own folder: others may write there
		return nil, errors.New("files: a backend that is not a folder needs a folder for arrivals")
	}
	if err := os.MkdirAll(s.arrival, 0o700); err != nil {
		return nil, fmt.Errorf("le dossier d'arrivée des fichiers ne s'ouvre pas (%w)", err)
	}
	return s, nil
}

// TempDir is where the uploads of forms should arrive ([web.FormSpec.TempDir]): from there they
// enter the store without being copied.
func (s *Store) TempDir() string { return s.arrival }

// Limit is the largest file, in bytes ([web.FormSpec.MaxFile]).
func (s *Store) Limit() int64 { return s.maxSize }

// Hint is what a form says beside its file field.
func (s *Store) Hint() string { return Accepted() + " ; " + frenchSize(s.maxSize) + " au plus." }

// Ready are the checks for /readyz, by name.
func (s *Store) Ready() map[string]func(context.Context) error {
	checks := map[string]func(context.Context) error{"dépôt de fichiers": s.backend.Check}
	if s.clamd != nil {
		checks["antivirus"] = s.clamd.Check
	}
	return checks
}

// String is where files are kept, without secret.
func (s *Store) String() string { return s.backend.String() }

// Put keeps a file, for the one who acts in ctx. When it returns nil the file is durable. A
// *[Refusal] says why a file is not let in.
func (s *Store) Put(ctx context.Context, in io.Reader, m Meta) (File, error) {
	a, err := s.receive(in, m.Name)
	if err != nil {
		return File{}, err
	}
	defer a.remove()
	return s.put(ctx, a, m)
}

// PutUpload is Put for a file received by [web.ReadForm], nil when none was sent, which is refused;
// m.Name may be empty: the upload's name.
func (s *Store) PutUpload(ctx context.Context, up *web.Upload, m Meta) (File, error) {
	if up == nil {
		return File{}, errNoUpload
	}
	if m.Name == "" {
		m.Name = uploadName(up)
	}
	return s.put(ctx, &arrival{path: up.Path, name: CleanName(m.Name)}, m)
}

var errNoUpload = refuse("Choisissez un fichier, puis recommencez.")

// uploadName gives back the extension of a name that was cut for being too long.
func uploadName(up *web.Upload) string {
	if ext := filepath.Ext(up.Path); ext != "" && len([]rune(up.Name)) >= maxName && filepath.Ext(up.Name) != ext {
		return up.Name + ext
	}
	return up.Name
}

// putTries: a content can be erased for good between the moment it is kept and the one it gets
// its file, which is then done again under another key. Twice in a row is unheard of.
const putTries = 5

func (s *Store) put(ctx context.Context, a *arrival, m Meta) (f File, err error) {
	if err := m.check(); err != nil {
		return File{}, err
	}
	if err := s.examine(ctx, a); err != nil {
		return File{}, err
	}
	for range putTries {
		var k *Kept
		if k, err = s.settle(ctx, a); err != nil {
			return File{}, err
		}
		err = s.db.Tx(ctx, func(tx *sql.Tx) error {
			f, err = s.Add(ctx, tx, k, m)
			return err
		})
		if !errors.Is(err, ErrGone) {
			break
		}
	}
	if err != nil {
		return File{}, err
	}
	return f, nil
}

// Kept is a content that is in the store, durable, and that no file holds yet: [Store.Add] makes
// one, in the transaction of the deed that it belongs to. [Store.Sweep] removes those that got none.
type Kept struct {
	Name   string
	Type   string
	Size   int64
	SHA256 string
	Scan   Scan
	key    string
}

// Keep keeps a content, to be made a file by Add within [Grace].
func (s *Store) Keep(ctx context.Context, in io.Reader, name string) (*Kept, error) {
	a, err := s.receive(in, name)
	if err != nil {
		return nil, err
	}
	defer a.remove()
	if err := s.examine(ctx, a); err != nil {
		return nil, err
	}
	return s.settle(ctx, a)
}

// KeepUpload is Keep for a file received by [web.ReadForm].
func (s *Store) KeepUpload(ctx context.Context, up *web.Upload) (*Kept, error) {
	if up == nil {
		return nil, errNoUpload
	}
	a := &arrival{path: up.Path, name: CleanName(uploadName(up))}
	if err := s.examine(ctx, a); err != nil {
		return nil, err
	}
	return s.settle(ctx, a)
}

// Add makes a file of a content, in tx, for the one who acts in ctx; its name is the one it was kept
// under. ErrGone: the content was erased since, keep it again.
func (s *Store) Add(ctx context.Context, tx *sql.Tx, k *Kept, m Meta) (File, error) {
	if err := m.check(); err != nil {
		return File{}, err
	}
	by := actor.From(ctx)
	if by.IsZero() {
		return File{}, errors.New("files: nobody is known to act")
	}
	now, err := db.ParseInstant(db.Instant(s.Now())) // as it will be read
	if err != nil {
		return File{}, err
	}
	f := File{ID: db.NewID(), SHA256: k.SHA256, Size: k.Size, Type: k.Type, Name: k.Name, Subject: m.Subject, Access: m.Access,
		Scope: m.Scope, Person: by.Person, Title: by.Title, At: now, Scan: k.Scan, key: k.key}
	err = insert(ctx, tx, f)
	if errors.Is(err, ErrGone) { // it may have come to the backend after it was taken away; its key is dead
		err = errors.Join(err, s.backend.Remove(context.WithoutCancel(ctx), k.key))
	}
	return f, err
}

// Get is a file that is there.
func (s *Store) Get(ctx context.Context, id string) (File, error) {
	f, err := s.Find(ctx, id)
	if err == nil && !f.Deleted.IsZero() {
		return File{}, ErrUnknown
	}
	return f, err
}

// Find is a file, deleted or not.
func (s *Store) Find(ctx context.Context, id string) (File, error) {
	list, err := selectFiles(ctx, s.db.Read(), "f.id = $1", id)
	if err != nil {
		return File{}, err
	}
	if len(list) == 0 {
		return File{}, ErrUnknown
	}
	return list[0], nil
}

// Of lists the files of a subject, oldest first, deleted ones included: at most a thousand.
func (s *Store) Of(ctx context.Context, subject string) ([]File, error) {
	return selectFiles(ctx, s.db.Read(), "f.subject = $1", subject)
}

// OfPerson lists all files about a person, or put by them: for the export of their data.
func (s *Store) OfPerson(ctx context.Context, person string) (all []File, err error) {
	if person == "" {
		return nil, ErrUnknown
	}
	for last := ""; ; {
		list, err := selectFiles(ctx, s.db.Read(), "(f.scope_person = $1 or f.by_person = $1) and f.id > $2", person, last)
		if err != nil || len(list) == 0 {
			return all, err
		}
		all, last = append(all, list...), list[len(list)-1].ID
	}
}

// Open reads a file by its id, checking it on the way: what a mail's attachment refers to. A file
// that is not there is fs.ErrNotExist.
func (s *Store) Open(ctx context.Context, id string) (io.ReadCloser, error) {
	f, err := s.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.Read(ctx, f)
}

// Read reads a file, checking it on the way: an error that is ErrAltered comes in the end, before
// the last bytes, when the content is not what was put.
func (s *Store) Read(ctx context.Context, f File) (io.ReadCloser, error) {
	src, err := s.source(ctx, f)
	if err != nil {
		return nil, err
	}
	return verify(src, f.SHA256, f.Size), nil
}

// source opens a content. That it is not there although a file holds it is damage, not absence:
// a restored backup brings it back.
func (s *Store) source(ctx context.Context, f File) (io.ReadCloser, error) {
	src, err := s.backend.Open(ctx, f.key)
	if errors.Is(err, os.ErrNotExist) {
		if _, err := s.Find(ctx, f.ID); err != nil { // erased since f was read
			return nil, err
		}
		return nil, fmt.Errorf("%w (contenu absent : %s)", ErrAltered, f.key)
	}
	return src, err
}

// Delete takes a file away, in tx; [Store.Restore] brings it back for [Undo].
func (s *Store) Delete(ctx context.Context, tx *sql.Tx, id string) error {
	res, err := tx.ExecContext(ctx, "update files_file set deleted_at = $1 where id = $2 and deleted_at = ''", db.Instant(s.Now()), id)
	return db.One(res, err, ErrUnknown)
}

// Restore brings a deleted file back, in tx.
func (s *Store) Restore(ctx context.Context, tx *sql.Tx, id string) error {
	list, err := selectFiles(ctx, tx, "f.id = $1", id)
	switch {
	case err != nil:
		return err
	case len(list) == 0 || list[0].Deleted.IsZero():
		return ErrUnknown
	case list[0].Deleted.Add(Undo).Before(s.Now()):
		return ErrTooLate
	}
	_, err = tx.ExecContext(ctx, "update files_file set deleted_at = '' where id = $1", id)
	return err
}
