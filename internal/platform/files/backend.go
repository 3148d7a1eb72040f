// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"
)

// Backend keeps contents under keys. Its errors and its String hold no secret.
type Backend interface {
	// Put keeps the file at path, of size bytes, under key: when it returns nil the content is
	// durable. At no time does key name less than the whole. A content that has this key is
	// replaced. The file at path stays, and is not written to any more.
	Put(ctx context.Context, key, path string, size int64) error
	// Open reads a content; an error that is fs.ErrNotExist says that it is not there.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
	// Remove takes a content away; that it is not there is no error.
	Remove(ctx context.Context, key string) error
	// Tidy removes what half-finished Puts left before a date.
	Tidy(ctx context.Context, before time.Time) error
	// Each calls fn with the key of each content that was put before a date.
	Each(ctx context.Context, before time.Time, fn func(key string) error) error
	// Check says that the backend answers, for /readyz.
	Check(ctx context.Context) error
	String() string
}

// OpenBackend opens what a setting names:
//
//	dossier:CHEMIN
//	s3://clé:secret@hôte/seau?region=…&tls=non
//
// Its errors are in French and hold nothing of the secret.
func OpenBackend(ctx context.Context, setting string) (Backend, error) {
	scheme, rest, found := strings.Cut(setting, ":")
	switch {
	case found && scheme == "dossier" && rest != "":
		return openFolder(rest)
	case found && scheme == "s3":
		return openBucket(ctx, setting)
	}
	return nil, errors.New("le dépôt de fichiers s'écrit dossier:CHEMIN ou s3://clé:secret@hôte/seau?region=…")
}

// Shown is a setting as it may be shown: without key nor secret.
func Shown(setting string) string {
	if !strings.HasPrefix(setting, "s3:") {
		return setting
	}
	a, err := parseS3(setting)
	if err != nil {
		return "s3://…"
	}
	return a.String()
}

// where is the path of a key below a root: 256 folders, so that none has too many files.
func where(key string) string { return key[:2] + "/" + key }

// isKey says that a key is one of ours: it goes into paths.
func isKey(key string) bool {
	if len(key) != keyLen {
		return false
	}
	for i, c := range []byte(key) {
		if i == hashLen {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// closing closes f and keeps the first error.
func closing(f *os.File, err error) error {
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
