// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rows are the floors of the house, from the ground up, as docs/architecture.md draws them. A
// room may import those of lower floors, never one beside or above it. A new room, or a new
// floor, is a decision: it is added here in the commit that needs it.
var rows = [][]string{
	{"platform/clock", "platform/actor"},
	{"platform/french"},
	{"platform/db", "platform/sheet", "platform/geo", "platform/jobs"},
	{"platform/journal", "platform/mail"},
	{"platform/db/dbtest", "platform/mail/mailtest", "platform/figure/palette", "platform/figure/classes"},
	{"platform/figure", "platform/web"},
	{"platform/history", "drafts"},
	{"platform/web/webtest", "platform/files"},
	{"platform/web/storybook", "drafts/story"},
	{"people/policy", "people/paste"},
	{"territory"},
	{"people"},
	{"signin/oidc"},
	{"signin/oidc/oidctest"},
	{"signin", "correspondence"},
	{"planning"},
	{"observatory/statistic"},
	{"observatory/formula"},
	{"observatory/intake", "observatory/remote"},
	{"observatory/remote/remotetest"},
	{"observatory"},
	{"duty"},
	{"fiche", "about", "acts", "privacy"},
	{"app"},
}

// floor is the height of a room, -1 when the plan does not name it.
func floor(room string) int {
	return slices.IndexFunc(rows, func(row []string) bool { return slices.Contains(row, room) })
}

// outside are the packages of the module that are not rooms, and who may import them.
var outside = map[string][]string{
	"refdata": {"territory"},
	"web":     {"platform/web"},
}

func TestArrowsGoDown(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "internal")
	seen := map[string]bool{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		room := filepath.ToSlash(rel)
		seen[room] = true
		if floor(room) < 0 {
			t.Errorf("%s: room %s is not on the plan", p, room)
			return nil
		}
		checkImports(t, p, room)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, room := range row {
			if !seen[room] {
				t.Errorf("the plan names room %s, which does not exist", room)
			}
		}
	}
}

func checkImports(t *testing.T, file, room string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range f.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Error(err)
		}
		inner, ours := strings.CutPrefix(name, "maillage/")
		if !ours {
			continue
		}
		other, isRoom := strings.CutPrefix(inner, "internal/")
		switch {
		case !isRoom && !slices.Contains(outside[inner], room):
			t.Errorf("%s: %s may not import %s", file, room, inner)
		case isRoom && other != room && floor(other) >= floor(room):
			// A test may use the test rooms of its own floor.
			if strings.HasSuffix(file, "_test.go") && strings.HasSuffix(path.Base(other), "test") {
				continue
			}
			t.Errorf("%s: %s may not import %s, which is not below it", file, room, other)
		}
	}
}

// TestOneRoomOneLibrary keeps each large library behind one room, so that changing it changes one room.
func TestOneRoomOneLibrary(t *testing.T) {
	t.Parallel()
	owners := map[string][]string{
		"modernc.org/sqlite":            {"platform/db", "platform/geo"}, // a GeoPackage is a SQLite file
		"github.com/jackc/pgx":          {"platform/db"},
		"github.com/prometheus":         {"platform/web"},
		"github.com/BurntSushi/toml":    {"app", "duty", "observatory", "people/policy", "planning", "privacy"},
		"github.com/coreos/go-oidc":     {"signin/oidc"},
		"github.com/go-webauthn":        {"signin"},
		"github.com/pquerna/otp":        {"signin"},
		"github.com/minio":              {"platform/files"},
		"github.com/wneessen/go-mail":   {"platform/mail"},
		"golang.org/x/mod":              {"platform/journal"},
		"golang.org/x/image":            {"platform/figure"},
		"github.com/jba/templatecheck":  {"platform/web"},
		"github.com/klauspost/compress": {"platform/sheet", "platform/web", "territory"},
		"golang.org/x/oauth2":           {"signin/oidc"},
		"github.com/zitadel/oidc":       {"signin/oidc/oidctest"}, // of tests only
		"rsc.io/qr":                     {"signin"},
		"github.com/peterstace":         {"platform/geo"},
		"golang.org/x/text/collate":     {"platform/french"},
	}
	root := filepath.Join("..", "..", "internal")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		src, err := os.ReadFile(filepath.Clean(p))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil {
			return err
		}
		for _, spec := range f.Imports {
			name, _ := strconv.Unquote(spec.Path.Value) // the parser checked it
			for lib, rooms := range owners {
				if strings.HasPrefix(name, lib) && !slices.ContainsFunc(rooms, func(r string) bool {
					return r == filepath.ToSlash(rel) || strings.HasPrefix(filepath.ToSlash(rel), r+"/")
				}) {
					t.Errorf("%s imports %s, which belongs to %v", p, name, rooms)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
