// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Under this many bytes compressing costs more than it saves: the answer fits in one
// packet either way.
const minCompress = 1024

// A transfer lives as long as it moves this much within slowest: uploads and downloads
// of any size pass, a peer that sends a byte a minute does not.
const (
	stride  = 1 << 20
	slowest = 60 * time.Second
)

var gzips = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(io.Discard, 5) // cannot fail: 5 is a level
	return z
}}

// response records what was sent and compresses text on its way.
type response struct {
	http.ResponseWriter
	r       *http.Request
	status  int
	written int64
	held    []byte // not sent yet: is it worth compressing?
	started bool   // the header is on the wire
	fits    bool   // may be compressed if it gets long enough
	gz      *gzip.Writer
	grace   int64 // bytes left before the write deadline is moved
}

func newResponse(w http.ResponseWriter, r *http.Request) *response {
	return &response{ResponseWriter: w, r: r, grace: stride}
}

// Unwrap serves http.ResponseController.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *response) WriteHeader(code int) {
	if code >= 100 && code < 200 {
		w.ResponseWriter.WriteHeader(code)
		return
	}
	if w.status != 0 {
		return
	}
	w.status = code
	w.fits = w.compressible()
	if !w.fits {
		w.start(false)
	}
}

// compressible looks at everything but the length, and says Vary whenever the answer
// would differ for another client.
func (w *response) compressible() bool {
	h := w.Header()
	switch {
	case w.status == http.StatusNoContent, w.status == http.StatusNotModified, w.status == http.StatusPartialContent:
		return false
	case h.Get("Content-Encoding") != "", h.Get("Content-Range") != "":
		return false
	case !isText(h.Get("Content-Type")):
		return false
	}
	if n, err := strconv.Atoi(h.Get("Content-Length")); err == nil && n < minCompress {
		return false
	}
	addVary(h, "Accept-Encoding")
	return w.r.Header.Get("Range") == "" && acceptsGzip(w.r)
}

func (w *response) start(compress bool) {
	w.started = true
	h := w.Header()
	if compress {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		h.Del("Accept-Ranges")
		if tag := h.Get("Etag"); tag != "" {
			h.Set("Etag", gzipTag(tag))
		}
		if w.r.Method != http.MethodHead {
			w.gz = gzips.Get().(*gzip.Writer)
			w.gz.Reset(w.ResponseWriter)
		}
	}
	w.ResponseWriter.WriteHeader(w.status)
}

func (w *response) Write(p []byte) (int, error) {
	if w.status == 0 {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(p))
		}
		w.WriteHeader(http.StatusOK)
	}
	w.written += int64(len(p))
	if !w.started {
		if len(w.held)+len(p) < minCompress {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		if err := w.release(true); err != nil {
			return 0, err
		}
	}
	if w.grace -= int64(len(p)); w.grace < 0 {
		w.grace = stride
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(slowest))
	}
	return w.out(p)
}

func (w *response) out(p []byte) (int, error) {
	if w.gz != nil {
		return w.gz.Write(p)
	}
	return w.ResponseWriter.Write(p) // #nosec G705 -- passes on what html/template escaped
}

// release sends the header and what was held.
func (w *response) release(compress bool) error {
	w.start(compress)
	held := w.held
	w.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := w.out(held)
	return err
}

// FlushError serves streams (http.ResponseController.Flush).
func (w *response) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.started {
		if err := w.release(false); err != nil {
			return err
		}
	}
	if w.gz != nil {
		if err := w.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// finish sends what is left; nothing may be written after it.
func (w *response) finish() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if !w.started {
		// HEAD has no body to measure: trust the declared length.
		n, err := strconv.Atoi(w.Header().Get("Content-Length"))
		head := w.r.Method == http.MethodHead && err == nil && n >= minCompress
		_ = w.release(head)
	}
	if w.gz != nil {
		_ = w.gz.Close()
		w.gz.Reset(io.Discard)
		gzips.Put(w.gz)
		w.gz = nil
	}
}

// isText is what gzip makes smaller; event streams must not wait in a compressor.
func isText(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "text/event-stream":
		return false
	case "application/json", "application/javascript", "application/xml", "image/svg+xml",
		"application/manifest+json", "application/geo+json", "application/ld+json", "application/problem+json":
		return true
	}
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml")
}

func acceptsGzip(r *http.Request) bool {
	accepted := r.Header.Get("Accept-Encoding")
	if accepted == "" {
		return false
	}
	star := false
	for part := range strings.SplitSeq(accepted, ",") {
		name, params, _ := strings.Cut(part, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		_, q, weighted := strings.Cut(strings.ReplaceAll(params, " ", ""), "q=")
		weight := 1.0
		if weighted {
			v, err := strconv.ParseFloat(q, 64)
			if err != nil {
				v = 0
			}
			weight = v
		}
		switch name {
		case "gzip", "x-gzip":
			return weight > 0
		case "*":
			star = weight > 0
		}
	}
	return star
}

func addVary(h http.Header, name string) {
	for _, v := range h["Vary"] {
		for part := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(part), name) {
				return
			}
		}
	}
	h.Add("Vary", name)
}

// patient moves the read deadline as long as a body keeps coming.
func patient(w http.ResponseWriter, body io.ReadCloser) io.ReadCloser {
	return &patientBody{ReadCloser: body, control: http.NewResponseController(w), grace: stride}
}

type patientBody struct {
	io.ReadCloser
	control *http.ResponseController
	grace   int64
}

func (b *patientBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.grace -= int64(n); b.grace < 0 {
		b.grace = stride
		later := time.Now().Add(slowest)
		_ = b.control.SetReadDeadline(later)
		_ = b.control.SetWriteDeadline(later.Add(slowest)) // it ran since the first byte of the request
	}
	return n, err
}

// KeepOpen lets an answer that is written little by little (server-sent events) last:
// call it before each write with how long the next one may take to come.
func KeepOpen(w http.ResponseWriter, d time.Duration) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d))
}
