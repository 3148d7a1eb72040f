// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
)

// TestJudge: what was written is found, and what was not is missed.
func TestJudge(t *testing.T) {
	t.Parallel()
	ctx := actor.With(t.Context(), actor.Machine("essai"))
	dir := t.TempDir()
	s, err := openSite(ctx, filepath.Join(dir, "site"))
	if err != nil {
		t.Fatal(err)
	}
	w := writer{site: s, tx: s.db.Tx}
	var told strings.Builder
	for _, one := range []func(context.Context) (string, error){w.act, w.pair, w.lot, w.file, w.signature} {
		ack, err := one(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&told, ack)
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	judgeIs(t, ctx, dir, told.String(), "confirmees=5 perdues=0 anomalies=0", nil)
	for _, kind := range []string{pairAck, lotAck, actAck, fileAck} {
		judgeIs(t, ctx, dir, told.String()+kind+" "+db.NewID()+"\n", "confirmees=6 perdues=1 anomalies=0", errLost)
	}
	judgeIs(t, ctx, dir, told.String()+signedAck+" 1000\n", "confirmees=6 perdues=1 anomalies=0", errLost)
	judgeIs(t, ctx, dir, told.String()+pairAck+" cut", "confirmees=5 perdues=0 anomalies=0", nil)
	removeFiles(t, filepath.Join(dir, "site", "fichiers"))
	judgeIs(t, ctx, dir, told.String(), "perdues=1", errLost)
}

func judgeIs(t *testing.T, ctx context.Context, dir, told, want string, wantErr error) {
	t.Helper()
	path := filepath.Join(dir, "confirmes")
	if err := os.WriteFile(path, []byte(told), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := verify(ctx, []string{"-confirmes", path, "-octets", fmt.Sprint(len(told)), filepath.Join(dir, "site")}, &out)
	if !errors.Is(err, wantErr) || !strings.Contains(out.String(), want) {
		t.Errorf("%v, want %v\n%s", err, wantErr, out.String())
	}
}

func removeFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Remove(path)
	})
	if err != nil {
		t.Fatal(err)
	}
}
