// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestDiskForgets: what was flushed survives each cut; each sector that was not is the old or
// the new one; and the disk itself has forgotten nothing.
func TestDiskForgets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "image")
	const sectors = 64
	if err := os.WriteFile(path, make([]byte, sectors*sector), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := openDisk(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.image.Close() })
	old := bytes.Repeat([]byte{'a'}, sectors*sector)
	young := bytes.Repeat([]byte{'b'}, sectors*sector/2)
	if n := d.write(0, old); n != len(old) {
		t.Fatalf("%d bytes written", n)
	}
	if err := d.flush(); err != nil {
		t.Fatal(err)
	}
	d.write(0, young)
	if got := d.at(0, sectors*sector); !bytes.Equal(got[:len(young)], young) || !bytes.Equal(got[len(young):], old[len(young):]) {
		t.Error("the disk does not answer what it was told")
	}
	kept := map[int]int{}
	for range 200 {
		photo := filepath.Join(dir, "photo")
		if err := d.cut(photo); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(photo)
		if err != nil || len(content) != len(old) {
			t.Fatalf("%d bytes, %v", len(content), err)
		}
		n := 0
		for i := range sectors {
			switch s := content[i*sector : (i+1)*sector]; {
			case i < sectors/2 && bytes.Equal(s, young[:sector]):
				n++
			case !bytes.Equal(s, old[:sector]):
				t.Fatalf("sector %d is torn", i)
			}
		}
		kept[n]++
	}
	if kept[0] == 0 || kept[sectors/2] == 0 || len(kept) < 5 {
		t.Errorf("the shares that survive hardly vary: %v", kept)
	}
}
