// SPDX-License-Identifier: EUPL-1.2

// Command islands makes web/dist from web/islands and the npm libraries: each file of
// web/islands becomes a small script of the same name, the map's worker, its style sheet
// and the fonts are copied beside, and LICENCES.txt gathers what their licences ask for.
//
//	go run -C tools/islands . ../..
//
// It has its own module so that esbuild and the linters stay out of the product's.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	log.SetFlags(0)
	root := "."
	if len(os.Args) > 1 {
		root = os.Args[1]
	}
	if err := build(root); err != nil {
		log.Fatalf("islands: %v", err)
	}
}

// copied are taken as they are. The worker and the style sheet only serve the map.
var (
	font    = "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"
	mapOnly = []string{"maplibre-gl/dist/maplibre-gl-worker.mjs", "maplibre-gl/dist/maplibre-gl.css"}
)

func build(root string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	modules, dist := filepath.Join(root, "node_modules"), filepath.Join(root, "web", "dist")
	if _, err := os.Stat(modules); err != nil {
		return errors.New("no node_modules: run npm ci --ignore-scripts first")
	}
	if err := sweep(dist); err != nil {
		return err
	}
	used, err := bundle(root, dist)
	if err != nil {
		return err
	}
	files := []string{font}
	used["@fontsource-variable/inter"] = true
	if used["maplibre-gl"] {
		files = append(files, mapOnly...)
	}
	for _, f := range files {
		if err := copyFile(filepath.Join(modules, f), filepath.Join(dist, filepath.Base(f))); err != nil {
			return err
		}
	}
	return licences(modules, used, filepath.Join(dist, "LICENCES.txt"))
}

// sweep empties dist but for .keep, so that a removed island does not live on.
func sweep(dist string) error {
	entries, err := os.ReadDir(dist)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if e.Name() == ".keep" {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dist, e.Name())); err != nil {
			return err
		}
	}
	return os.MkdirAll(dist, 0o755)
}

// bundle returns the npm packages that ended up in a script.
func bundle(root, dist string) (map[string]bool, error) {
	var entries []string
	for _, pattern := range []string{"*.js", "*.ts"} {
		found, err := filepath.Glob(filepath.Join(root, "web", "islands", pattern))
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
	}
	res := api.Build(api.BuildOptions{
		EntryPoints: entries, Outdir: dist, AbsWorkingDir: root, Bundle: true, Write: true, Metafile: true,
		Format: api.FormatESModule, Platform: api.PlatformBrowser, Target: api.ES2022,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		LegalComments: api.LegalCommentsNone, // gathered in LICENCES.txt
		Charset:       api.CharsetUTF8, LogLevel: api.LogLevelWarning,
	})
	if len(res.Errors) > 0 {
		return nil, fmt.Errorf("%d errors", len(res.Errors))
	}
	var meta struct {
		Inputs  map[string]any
		Outputs map[string]struct{ Bytes int }
	}
	if err := json.Unmarshal([]byte(res.Metafile), &meta); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(meta.Outputs)) {
		log.Printf("%8d octets  %s", meta.Outputs[name].Bytes, name)
	}
	used := map[string]bool{}
	for in := range meta.Inputs {
		if _, after, ok := strings.Cut(in, "node_modules/"); ok {
			used[packageOf(after)] = true
		}
	}
	return used, nil
}

// packageOf is "@scope/name" or "name" from a path under node_modules.
func packageOf(path string) string {
	parts := strings.SplitN(path, "/", 3)
	if strings.HasPrefix(path, "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from) // #nosec G304 -- a build tool, on its own tree
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644) // #nosec G306 -- a public asset
}

// licences gathers the texts; a package that ships none is told by its name and licence.
func licences(modules string, used map[string]bool, to string) error {
	var b strings.Builder
	b.WriteString("Bibliothèques et police servies au navigateur, avec leurs licences\n")
	for _, name := range slices.Sorted(maps.Keys(used)) {
		dir := filepath.Join(modules, name)
		var pkg struct{ Version, License string }
		raw, err := os.ReadFile(filepath.Join(dir, "package.json")) // #nosec G304 -- a build tool
		if err != nil {
			return err
		}
		if err := json.Unmarshal(raw, &pkg); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(&b, "\n\n==== %s %s (%s)\n\n", name, pkg.Version, cmp.Or(pkg.License, "voir ci-dessous"))
		found, _ := filepath.Glob(filepath.Join(dir, "LICEN*")) // the pattern is good
		for _, f := range found {
			text, err := os.ReadFile(f) // #nosec G304 -- a build tool
			if err != nil {
				return err
			}
			b.Write(text)
		}
	}
	return os.WriteFile(to, []byte(b.String()), 0o644) // #nosec G306 -- a public asset
}
