// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
)

// aReceipt is the receipt of the sixth of nine acts, and the key that signed it.
func aReceipt(t *testing.T) ([]byte, PublicKey) {
	t.Helper()
	j := newJournal(t, dbtest.New(t, db.SQLite, rooms...))
	id := fill(t, j, 9)[5].ID
	sign(t, j)
	r, err := j.Receipt(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return data, j.Key()
}

// A receipt that was handed out must be accepted for ever: this one was written by the
// first version, and is never written again.
func TestReceiptOfTheFirstFormat(t *testing.T) {
	t.Parallel()
	keys, err := TrustedKeys(filepath.Join("testdata", "cle.txt"), "")
	if err != nil {
		t.Fatal(err)
	}
	r, err := VerifyFile(filepath.Join("testdata", "recu.json"), keys...)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(r.Explain(Kind{Label: "Transmission d'un schéma"}), "\u00a0", " ")
	for _, want := range []string{"Reçu authentique.", "Transmission d'un schéma", "12 mars 2026 à 14 h 04 min 10 s", "93005",
		"Direction de la petite enfance", "schema/5", "SHA-256 " + sealed, "acte n° 6", "point de contrôle n° 1, 9 actes", "2 données personnelles"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}

// TestNoByteOfAReceiptCanChange: whatever byte is changed or removed, wherever one is added or
// the rest cut, the receipt is refused; it is never taken for a receipt of something else, and
// nothing panics.
func TestNoByteOfAReceiptCanChange(t *testing.T) {
	t.Parallel()
	data, key := aReceipt(t)
	if _, err := VerifyText(data, key); err != nil {
		t.Fatal(err)
	}
	refused := func(what string, at int, altered []byte) {
		if _, err := VerifyText(altered, key); !errors.Is(err, ErrReceipt) && !errors.Is(err, ErrKey) {
			t.Errorf("%s at %d (%q): %v", what, at, data[max(0, at-10):min(len(data), at+10)], err)
		}
	}
	last := len(data) - 1
	for i := range data {
		mask := []byte{0x01, 0x20, 0x80}[i%3]
		altered := bytes.Clone(data)
		altered[i] ^= mask
		refused(fmt.Sprintf("byte changed by %#x", mask), i, altered)
		if i < last { // without its last line feed it is the same document
			refused("byte removed", i, append(bytes.Clone(data[:i]), data[i+1:]...))
		}
		switch {
		case i%4 == 0 && i < last:
			refused("cut short", i, data[:i])
		case i%4 == 1:
			refused("byte added", i, append(append(bytes.Clone(data[:i]), ' '), data[i:]...))
		}
	}
	refused("something after", last, append(bytes.Clone(data), '\n'))
}

func TestReceiptIsOfItsKey(t *testing.T) {
	t.Parallel()
	data, key := aReceipt(t)
	stranger := testKey(t).Public()
	if _, err := VerifyText(data, stranger); !errors.Is(err, ErrReceipt) {
		t.Errorf("under another key of the same name: %v", err)
	}
	if _, err := VerifyText(data, stranger, key); err != nil {
		t.Errorf("the second key is its own: %v", err)
	}
	if _, err := VerifyText(data); !errors.Is(err, ErrKey) {
		t.Errorf("without a key: %v", err)
	}
	forged := bytes.ReplaceAll(data, []byte(key), []byte(stranger))
	if _, err := VerifyText(forged, stranger); !errors.Is(err, ErrReceipt) {
		t.Errorf("the key of the receipt replaced: %v", err)
	}
	if _, err := VerifyText(bytes.Repeat([]byte("["), MaxReceipt), key); !errors.Is(err, ErrReceipt) {
		t.Errorf("a thousand lists: %v", err)
	}
	if _, err := VerifyText(bytes.Repeat([]byte("x"), MaxReceipt+1), key); !errors.Is(err, ErrReceipt) || !strings.Contains(err.Error(), "trop gros") {
		t.Errorf("too large: %v", err)
	}
}

// Only a receipt written by the key passes, whatever the bytes.
func FuzzReceipt(f *testing.F) {
	data, err := os.ReadFile(filepath.Join("testdata", "recu.json"))
	if err != nil {
		f.Fatal(err)
	}
	keys, err := TrustedKeys(filepath.Join("testdata", "cle.txt"), "")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":"maillage-recu/1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := VerifyText(text, keys...); err == nil && !bytes.Equal(bytes.TrimSuffix(text, []byte("\n")), bytes.TrimSuffix(data, []byte("\n"))) {
			t.Errorf("taken: %q", text)
		}
	})
}

func TestNameOfAJournal(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{"https://Maillage.exemple.fr:8443": "maillage.exemple.fr/journal", "": "localhost/journal", "://": "localhost/journal"} {
		if got := NameAt(base); got != want {
			t.Errorf("NameAt(%q) = %q, want %q", base, got, want)
		}
		if _, err := NewKey(NameAt(base)); err != nil {
			t.Error(err)
		}
	}
}

func TestKeySuccession(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "donnees")
	if list := CheckKey("", dir); len(list) != 1 || !strings.Contains(list[0], "pas encore") {
		t.Errorf("an empty folder: %v", list)
	}
	first, err := OpenKey("", dir, testName)
	if err != nil {
		t.Fatal(err)
	}
	if list := CheckKey("", dir); len(list) != 0 {
		t.Errorf("a sound key: %v", list)
	}
	path := filepath.Join(dir, KeyFile)
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	if list := CheckKey("", dir); len(list) != 1 || !strings.Contains(list[0], "chmod 600") {
		t.Errorf("readable by others: %v", list)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if list := CheckKey("", dir); len(list) != 1 || !strings.Contains(list[0], "a disparu") {
		t.Errorf("lost: %v", list)
	}
	second, err := OpenKey("", dir, testName)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := NewKey(testName)
	if err != nil {
		t.Fatal(err)
	}
	third, err := OpenKey(secret, dir, "sans-effet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenKey(secret, dir, "sans-effet"); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprint([]PublicKey{third.Public(), first.Public(), second.Public()})
	if keys, err := TrustedKeys("", dir); err != nil || fmt.Sprint(keys) != want {
		t.Errorf("keys %v, %v, want %v", keys, err, want)
	}
	if list := CheckKey("PRIVATE+KEY+x", dir); len(list) != 1 {
		t.Errorf("a setting that is not a key: %v", list)
	}
	if _, err := TrustedKeys("", t.TempDir()); !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "--cle") {
		t.Errorf("no key anywhere: %v", err)
	}
	if keys, err := TrustedKeys(string(first.Public()), ""); err != nil || len(keys) != 1 {
		t.Errorf("a key in clear: %v, %v", keys, err)
	}
	empty := filepath.Join(dir, "vide.txt")
	if err := os.WriteFile(empty, []byte("# rien\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := TrustedKeys(empty, ""); !errors.Is(err, ErrKey) {
		t.Errorf("a file without key: %v", err)
	}
}

// What the public page tells of a receipt that was changed.
func TestDifferencesAreNamed(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, j *Journal) {
		ctx := t.Context()
		id := fill(t, j, 9)[5].ID
		sign(t, j)
		good, err := j.Receipt(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		data, err := good.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct{ old, new, want string }{
			{"", "", "[]"},
			{`"schema/5"`, `"schema/6"`, "[l'objet]"},
			{`"93005"`, `"93066"`, "[le territoire]"},
			{`"numéro":5`, `"numéro":4`, "[le numéro de l'acte]"},
			{`"version":5`, `"version":6`, "[le contenu de l'acte]"},
			{`\nnuméro 0\n`, `\nnuméro 1\n`, "[le point de contrôle signé]"},
			{`"preuve":["`, `"preuve":["` + strings.Repeat("A", 43) + `=","`, "[la preuve, c'est-à-dire le chemin d'empreintes]"},
			{string(j.Key()), string(testKey(t).Public()), "[la clé publique]"},
		} {
			r, err := ParseReceipt(bytes.Replace(data, []byte(x.old), []byte(x.new), 1))
			if err != nil {
				t.Fatalf("%s: %v", x.want, err)
			}
			if list, err := j.Differences(ctx, r); err != nil || fmt.Sprint(list) != x.want {
				t.Errorf("%s for %s: %q, %v, want %s", x.new, x.old, list, err, x.want)
			}
		}
		other := *good.Leaf
		other.ID = db.NewID()
		if _, err := j.Differences(ctx, &Receipt{Leaf: &other}); !errors.Is(err, ErrUnknown) {
			t.Errorf("of another act: %v", err)
		}
	})
}
