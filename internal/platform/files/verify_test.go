// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
)

// padded is a PDF of a size.
func padded(size int) []byte {
	text := pdf("")
	return append(text, bytes.Repeat([]byte("\n"), max(0, size-len(text)))...)
}

// rewrite changes a stored content behind the store's back, as a failing disk would.
func rewrite(t rapid.TB, path string, text []byte) {
	t.Helper()
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, text, 0o600)); err != nil {
		t.Fatal(err)
	}
}

// TestAnyChangeIsSeen: a byte altered anywhere, bytes cut off or added: the reader errs, and
// before that never gives all bytes. The sizes are around what it holds back at once, where mistakes
// would be.
func TestAnyChangeIsSeen(t *testing.T) {
	t.Parallel()
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	ids, paths := map[int]string{}, map[int]string{}
	sizes := []int{100, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 200_000}
	for _, size := range sizes {
		ids[size] = put(t, s, padded(size), meta("a.pdf")).ID
		if !bytes.Equal(read(t, s, ids[size]), padded(size)) {
			t.Errorf("%d bytes: another content came back", size)
		}
		for _, path := range stored(t, root) {
			if st, err := os.Stat(path); err == nil && st.Size() == int64(size) {
				paths[size] = path
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom(sizes).Draw(rt, "size")
		text, bad := padded(size), padded(size)
		switch at := rapid.IntRange(0, size-1).Draw(rt, "at"); rapid.SampledFrom([]string{"alter", "cut", "add"}).Draw(rt, "how") {
		case "alter":
			bad[at] ^= rapid.ByteRange(1, 255).Draw(rt, "by")
		case "cut":
			bad = bad[:at]
		case "add":
			bad = append(bad, text[:at+1]...)
		}
		rewrite(rt, paths[size], bad)
		r, err := s.Open(t.Context(), ids[size])
		if err != nil {
			rt.Fatal(err)
		}
		defer r.Close()
		got, err := io.ReadAll(iotest.HalfReader(r))
		if !errors.Is(err, files.ErrAltered) {
			rt.Fatalf("err = %v, want ErrAltered", err)
		}
		if len(got) >= size {
			rt.Errorf("%d bytes of %d were delivered", len(got), size)
		}
		if again, err := io.ReadAll(r); len(again) != 0 || !errors.Is(err, files.ErrAltered) {
			rt.Errorf("read again after the error: %d bytes, %v", len(again), err)
		}
	})
}

// TestEveryByte alters each byte of a file in turn.
func TestEveryByte(t *testing.T) {
	t.Parallel()
	s, root := open(t, dbtest.New(t, db.SQLite, rooms...), files.Config{})
	text := pdf("y")
	f := put(t, s, text, meta("a.pdf"))
	path := stored(t, root)[0]
	for i := range text {
		bad := bytes.Clone(text)
		bad[i] ^= 0x20
		rewrite(t, path, bad)
		r, err := s.Open(t.Context(), f.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); !errors.Is(err, files.ErrAltered) || len(got) != 0 {
			t.Errorf("byte %d: %d bytes, %v", i, len(got), err)
		}
		_ = r.Close()
	}
}

// TestMend: putting a content again repairs the damaged copy, for every file that holds it.
func TestMend(t *testing.T) {
	t.Parallel()
	dbtest.RunMigrated(t, rooms, func(t *testing.T, d *db.DB) {
		s, root := open(t, d, files.Config{})
		first, other := put(t, s, pdf("x"), meta("a.pdf")), put(t, s, pdf("other"), meta("b.pdf"))
		path := stored(t, root)[0]
		for _, damage := range []func() error{
			func() error { return errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, []byte("rien"), 0o600)) },
			func() error { return os.Remove(path) },
			func() error { return os.RemoveAll(filepath.Dir(path)) },
		} {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			var bad []string
			n, err := s.Verify(t.Context(), func(f files.File, _ error) { bad = append(bad, f.ID) })
			if err != nil || n != 2 || len(bad) != 1 {
				t.Fatalf("verify: %d files, %v damaged, %v; want 2 and one", n, bad, err)
			}
			put(t, s, pdf("x"), meta("c.pdf"))
			put(t, s, pdf("other"), meta("d.pdf"))
			if !bytes.Equal(read(t, s, first.ID), pdf("x")) || !bytes.Equal(read(t, s, other.ID), pdf("other")) {
				t.Error("the damaged content was not mended")
			}
			for _, f := range mustOf(t, s, "seance/1")[2:] {
				if _, err := s.EraseNow(t.Context(), files.Erasure{ID: f.ID}); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func mustOf(t testing.TB, s *files.Store, subject string) []files.File {
	t.Helper()
	list, err := s.Of(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
