// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"container/list"
	"hash/maphash"
	"net/http"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// Cached keeps the rendered answers of a public GET page in memory, plain and compressed,
// until version() changes: the version of the data behind the page, cheap to ask. Only
// whole answers of status 200 without cookie are kept; the memory is bounded for the whole
// site (Config.CacheBytes), the least used go first.
func Cached(version func() string, h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := visitOf(r.Context())
		if v == nil || v.route.Access != Public || v.who != nil || !isRead(r) {
			return h(w, r)
		}
		cache, key, now := v.server.cache, cacheKey(r), version()
		if page := cache.get(key, now); page != nil {
			return page.serve(w, r)
		}
		copied := &copier{header: http.Header{}}
		if err := h(copied, unconditional(r)); err != nil {
			return err
		}
		page := copied.page(now)
		if page == nil {
			return copied.replay(w)
		}
		if page.version == version() { // else the data changed while the page was made
			cache.put(key, page)
		}
		return page.serve(w, r)
	}
}

// cacheKey has no host: pages hold local links only. Encode sorts the query.
func cacheKey(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return r.URL.Path
	}
	return r.URL.Path + "?" + r.URL.Query().Encode()
}

// unconditional is r as a plain GET, so that the handler renders everything.
func unconditional(r *http.Request) *http.Request {
	c := *r
	c.Method = http.MethodGet
	c.Header = r.Header.Clone()
	for _, name := range []string{"If-None-Match", "If-Modified-Since", "If-Range", "Range"} {
		c.Header.Del(name)
	}
	return &c
}

type cachedPage struct {
	key, version string
	header       http.Header // without those that depend on the encoding
	tag, zipTag  string
	tagHeader    []string
	zipTagHeader []string
	body, zip    []byte
	length       []string
	zipLength    []string
}

// quick is the level of compression of what is made at once: on a page of 400 kB, a tenth larger
// than the usual level for a tenth of the time.
const quick = 3

var (
	headerGzip = []string{"gzip"}
	headerVary = []string{"Accept-Encoding"}
)

func (p *cachedPage) serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	body, tag, length := p.body, p.tagHeader, p.length
	if p.zip != nil {
		h["Vary"] = headerVary
		if r.Header.Get("Range") == "" && acceptsGzip(r) {
			body, tag, length = p.zip, p.zipTagHeader, p.zipLength
			h["Content-Encoding"] = headerGzip
		}
	}
	h["Etag"] = tag
	if asked := r.Header.Get("If-None-Match"); asked != "" {
		if found := matchTag(asked, p.tag); found != "" {
			delete(h, "Content-Encoding")
			h["Etag"] = []string{found}
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h["Content-Length"] = length
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}

func (p *cachedPage) cost() int64 { return int64(len(p.key)+len(p.body)+len(p.zip)) + 1024 }

// copier catches what a handler writes.
type copier struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *copier) Header() http.Header { return c.header }

func (c *copier) WriteHeader(code int) {
	if c.status == 0 && code >= 200 {
		c.status = code
	}
}

func (c *copier) Write(p []byte) (int, error) {
	if c.status == 0 {
		c.status = http.StatusOK
	}
	return c.body.Write(p)
}

func (c *copier) replay(w http.ResponseWriter) error {
	for name, values := range c.header {
		w.Header()[name] = values
	}
	if c.status != 0 {
		w.WriteHeader(c.status)
	}
	_, err := w.Write(c.body.Bytes())
	return err
}

// page is nil when the answer must not be kept.
func (c *copier) page(version string) *cachedPage {
	h := c.header
	if c.status != http.StatusOK || h.Get("Set-Cookie") != "" || h.Get("Cache-Control") == "no-store" ||
		h.Get("Content-Encoding") != "" {
		return nil
	}
	p := &cachedPage{version: version, header: h.Clone(), body: c.body.Bytes()}
	for _, name := range []string{"Content-Length", "Etag", "Vary"} {
		p.header.Del(name)
	}
	if p.header.Get("Cache-Control") == "" {
		p.header.Set("Cache-Control", "no-cache")
	}
	p.tag = tagOf(p.body)
	p.zipTag = gzipTag(p.tag)
	p.tagHeader, p.zipTagHeader = []string{p.tag}, []string{p.zipTag}
	p.length = []string{strconv.Itoa(len(p.body))}
	if isText(h.Get("Content-Type")) && len(p.body) >= minCompress {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, quick) // cannot fail: a known level
		_, _ = z.Write(p.body)                 // to memory
		_ = z.Close()
		p.zip = b.Bytes()
		p.zipLength = []string{strconv.Itoa(len(p.zip))}
	}
	return p
}

// pageCache is a least-recently-used store bounded in bytes.
type pageCache struct {
	mu    sync.Mutex
	limit int64
	used  int64
	order *list.List // of *cachedPage, most recent first
	byKey map[string]*list.Element
	seed  maphash.Seed
	// seen remembers keys asked once: an address is kept from its second visit on, so
	// that a crawler of made-up queries does not push out the pages people read.
	seen [4096]uint64
}

func newPageCache(limit int64) *pageCache {
	if limit <= 0 {
		limit = 64 << 20
	}
	return &pageCache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}, seed: maphash.MakeSeed()}
}

func (c *pageCache) get(key, version string) *cachedPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[key]
	if e == nil {
		return nil
	}
	p := e.Value.(*cachedPage)
	if p.version != version {
		c.drop(e)
		c.seen[c.slot(key)] = c.hash(key) // it was read: welcome back at once
		return nil
	}
	c.order.MoveToFront(e)
	return p
}

func (c *pageCache) put(key string, p *cachedPage) {
	p.key = key
	cost := p.cost()
	c.mu.Lock()
	defer c.mu.Unlock()
	if cost > c.limit/4 {
		return
	}
	if i, h := c.slot(key), c.hash(key); c.seen[i] != h {
		c.seen[i] = h
		return
	}
	if old := c.byKey[key]; old != nil {
		c.drop(old)
	}
	c.byKey[key] = c.order.PushFront(p)
	c.used += cost
	for c.used > c.limit {
		c.drop(c.order.Back())
	}
}

func (c *pageCache) drop(e *list.Element) {
	p := c.order.Remove(e).(*cachedPage)
	delete(c.byKey, p.key)
	c.used -= p.cost()
}

func (c *pageCache) hash(key string) uint64 { return maphash.String(c.seed, key) }

func (c *pageCache) slot(key string) int { return int(c.hash(key) % uint64(len(c.seen))) }
