// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	browser "maillage/web"
)

// asset is a file as the browser gets it. Its address holds a hash of its content, so
// it may be kept for ever.
type asset struct {
	name, url   string
	contentType string
	body        []byte
	zip         func() []byte // gzip of body, made once when first asked; nil result: not worth it
}

// assets is what the program ships, filled by package variables before main.
var assets = struct {
	sync.RWMutex
	byName map[string]*asset
	byURL  map[string]*asset
	styles []string
}{byName: map[string]*asset{}, byURL: map[string]*asset{}}

const assetPrefix = "/static/"

// AddAsset ships a file under /static/: name is its plain name ("figure.css"),
// AssetURL gives its address. It is for package variables and main; the same name twice
// with another content is a mistake in the source and panics.
func AddAsset(name string, body []byte) string {
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])[:12]
	ext := path.Ext(name)
	a := &asset{name: name, body: body, contentType: contentTypeOf(ext),
		url: assetPrefix + strings.TrimSuffix(name, ext) + "." + hash + ext}
	a.zip = sync.OnceValue(func() []byte { return zipped(a) })
	assets.Lock()
	defer assets.Unlock()
	if old := assets.byName[name]; old != nil && old.url != a.url {
		panic("web: two assets named " + name)
	}
	assets.byName[name], assets.byURL[a.url] = a, a
	return a.url
}

// AddStyle ships a style sheet that every page links, after our own.
func AddStyle(name string, css []byte) string {
	url := AddAsset(name, css)
	assets.Lock()
	defer assets.Unlock()
	if !slices.Contains(assets.styles, name) {
		assets.styles = append(assets.styles, name)
	}
	return url
}

// AssetURL is the address of an asset; the error names what does not exist.
func AssetURL(name string) (string, error) {
	if url := builtURL(name); url != "" {
		return url, nil
	}
	return "", fmt.Errorf("no asset %q", name)
}

// builtURL is the address of something that may not have been built, else "".
func builtURL(name string) string {
	assets.RLock()
	defer assets.RUnlock()
	if a := assets.byName[name]; a != nil {
		return a.url
	}
	return ""
}

func styleURLs() []string {
	assets.RLock()
	defer assets.RUnlock()
	urls := make([]string, len(assets.styles))
	for i, name := range assets.styles {
		urls[i] = assets.byName[name].url
	}
	return urls
}

// contentTypeOf does not trust the machine's own tables, which differ.
func contentTypeOf(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json; charset=utf-8"
	case ".png":
		return "image/png"
	}
	if t := mime.TypeByExtension(ext); t != "" {
		return t
	}
	return "application/octet-stream"
}

func zipped(a *asset) []byte {
	if !isText(a.contentType) || len(a.body) < minCompress {
		return nil
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // cannot fail: a known level
	_, _ = z.Write(a.body)                                // to memory
	_ = z.Close()
	return b.Bytes()
}

// serveAsset answers /static/…: plain names and old hashes are 404, so that no proxy
// keeps for ever what may change.
func serveAsset(w http.ResponseWriter, r *http.Request) error {
	assets.RLock()
	a := assets.byURL[r.URL.Path]
	assets.RUnlock()
	if a == nil {
		return NotFound("Ce fichier n'existe pas ou n'existe plus : rechargez la page qui l'utilise.")
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Etag", `"`+a.url[len(a.url)-12-len(path.Ext(a.name)):]+`"`)
	if isText(a.contentType) {
		addVary(h, "Accept-Encoding")
		if zip := a.zip(); zip != nil && r.Header.Get("Range") == "" && acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			h.Set("Etag", gzipTag(h.Get("Etag")))
			h.Set("Content-Length", strconv.Itoa(len(zip)))
			if found := matchTag(r.Header.Get("If-None-Match"), h.Get("Etag")); found != "" {
				h.Del("Content-Length")
				h.Del("Content-Encoding")
				w.WriteHeader(http.StatusNotModified)
				return nil
			}
			w.WriteHeader(http.StatusOK)
			_, err := w.Write(zip)
			return err
		}
	}
	http.ServeContent(w, r, "", noTime, bytes.NewReader(a.body))
	return nil
}

// referenced is how our CSS names another asset: url("asset:inter.woff2").
var referenced = regexp.MustCompile(`url\("asset:([^"]+)"\)`)

// The order matters: later files refine earlier ones. fonts.css comes alone, since it
// only makes sense when the fonts were copied into dist.
var sheets = []string{"tokens.css", "base.css", "layout.css", "components.css", "forms.css", "tables.css", "print.css"}

func init() {
	addTree(browser.Static, "images")
	addTree(browser.Dist, "dist")
	var all []byte
	for _, name := range sheets {
		css, err := fs.ReadFile(browser.Static, "styles/"+name)
		if err != nil {
			panic(err) // cannot happen: embedded
		}
		all = append(append(all, css...), '\n')
	}
	if fonts, err := fs.ReadFile(browser.Static, "styles/fonts.css"); err == nil && resolvable(fonts) {
		all = append(fonts, all...)
	}
	AddStyle("app.css", resolve(all))
}

func addTree(fsys fs.FS, root string) {
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		body, err := fs.ReadFile(fsys, p)
		if err == nil {
			AddAsset(d.Name(), body)
		}
		return err
	})
	if err != nil {
		panic(err) // cannot happen: embedded
	}
}

func resolvable(css []byte) bool {
	for _, m := range referenced.FindAllSubmatch(css, -1) {
		if builtURL(string(m[1])) == "" {
			return false
		}
	}
	return true
}

func resolve(css []byte) []byte {
	return referenced.ReplaceAllFunc(css, func(m []byte) []byte {
		url, err := AssetURL(string(referenced.FindSubmatch(m)[1]))
		if err != nil {
			panic(fmt.Sprintf("web: style sheet: %v", err))
		}
		return []byte(`url("` + url + `")`)
	})
}
