// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Names of the two folders of a store: what is whole, and what is arriving.
const (
	wholeDir    = "contenus"
	arrivingDir = "arrivee"
)

// folder is a store in a folder of this machine. Its two folders are on one file system: a
// content is prepared in the second and takes its final name by one rename.
type folder struct {
	root    string
	durable sync.Map // folders whose own name is known to be on disk
}

func openFolder(path string) (*folder, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("dépôt de fichiers : %w", err)
	}
	f := &folder{root: root}
	for _, dir := range []string{root, filepath.Join(root, wholeDir), filepath.Join(root, arrivingDir)} {
		if err := f.makeDir(dir); err != nil {
			return nil, fmt.Errorf("le dossier du dépôt de fichiers ne s'ouvre pas : vérifiez que le service peut y écrire (%w)", err)
		}
	}
	return f, nil
}

// makeDir makes a folder and those above it that are missing, and sees to it that the name of
// each is on disk, even when another process has just made it.
func (f *folder) makeDir(dir string) error {
	if _, known := f.durable.Load(dir); known {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return nil
	}
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := f.makeDir(parent); err != nil {
			return err
		}
		err = os.Mkdir(dir, 0o700)
	case errors.Is(err, fs.ErrExist) && !f.inside(parent):
		_ = syncPath(parent) // older than the store, or just made by another process; it may not be ours to read
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := syncPath(parent); err != nil {
		return err
	}
	f.durable.Store(dir, true)
	return nil
}

// inside says that dir is the store's root or below it.
func (f *folder) inside(dir string) bool {
	return dir == f.root || strings.HasPrefix(dir, f.root+string(filepath.Separator))
}

func (f *folder) path(key string) string {
	return filepath.Join(f.root, wholeDir, filepath.FromSlash(where(key)))
}

// Put prepares a copy in the second folder, which costs nothing where the file system has links.
func (f *folder) Put(_ context.Context, key, path string, size int64) (err error) {
	if !isKey(key) {
		return fmt.Errorf("files: key %q", key)
	}
	ready := filepath.Join(f.root, arrivingDir, "pret-"+key[hashLen+1:]+"-"+mark())
	defer func() {
		if err != nil {
			_ = os.Remove(ready) // Tidy does, if this cannot
		}
	}()
	if err := linkOrCopy(path, ready); err != nil {
		return err
	}
	if err := syncWhole(ready, size); err != nil {
		return err
	}
	final := f.path(key)
	dir := filepath.Dir(final)
	if err := f.makeDir(dir); err != nil {
		return err
	}
	err = os.Rename(ready, final)
	if errors.Is(err, fs.ErrNotExist) { // somebody has put another folder in the place of this one
		f.durable.Clear()
		if err := f.makeDir(dir); err != nil {
			return err
		}
		err = os.Rename(ready, final)
	}
	if err != nil {
		return err
	}
	return syncPath(dir)
}

// syncWhole puts a file on disk, once sure that it is whole.
func syncWhole(path string, size int64) error {
	f, err := os.Open(path) // #nosec G304 -- a path of the store; syncing asks for no right to write
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err == nil && st.Size() != size {
		err = fmt.Errorf("files: %d bytes arrived, want %d", st.Size(), size)
	}
	if err == nil {
		err = f.Chmod(0o400) // a content never changes
	}
	if err == nil {
		err = f.Sync()
	}
	return closing(f, err)
}

func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	src, err := os.Open(from) // #nosec G304 -- a file this program has received
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()                                    // only read
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- a path of the store
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return closing(dst, err)
}

func syncPath(path string) error {
	d, err := os.Open(path) // #nosec G304 -- a path of the store
	if err != nil {
		return err
	}
	return closing(d, d.Sync())
}

// Open reads a content; the reader can be rewound.
func (f *folder) Open(_ context.Context, key string) (io.ReadCloser, error) {
	if !isKey(key) {
		return nil, fmt.Errorf("files: key %q", key)
	}
	return os.Open(f.path(key)) // #nosec G703 -- isKey has read it
}

// Remove takes a content away, durably: what was erased does not come back after a power cut.
func (f *folder) Remove(_ context.Context, key string) error {
	if !isKey(key) {
		return fmt.Errorf("files: key %q", key)
	}
	err := os.Remove(f.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = syncPath(filepath.Dir(f.path(key)))
	}
	return err
}

// Tidy empties the second folder of what is older.
func (f *folder) Tidy(_ context.Context, before time.Time) error {
	return tidyDir(filepath.Join(f.root, arrivingDir), before)
}

func tidyDir(dir string, before time.Time) error {
	list, err := os.ReadDir(dir)
	for _, e := range list {
		info, infoErr := e.Info()
		if infoErr != nil || !info.Mode().IsRegular() || !info.ModTime().Before(before) {
			continue // gone meanwhile, not ours, or still arriving
		}
		if e := os.Remove(filepath.Join(dir, e.Name())); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Each walks the first folder.
func (f *folder) Each(ctx context.Context, before time.Time, fn func(key string) error) error {
	return filepath.WalkDir(filepath.Join(f.root, wholeDir), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !isKey(e.Name()) || path != f.path(e.Name()) || !info.ModTime().Before(before) {
			return nil // gone meanwhile, not ours, or recent
		}
		return fn(e.Name())
	})
}

// Check writes and removes a file.
func (f *folder) Check(context.Context) error {
	probe, err := os.CreateTemp(filepath.Join(f.root, arrivingDir), "essai-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func (f *folder) String() string { return "dossier:" + f.root }
