// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

type problemPage struct {
	Page
	Problem   *Problem
	RequestID string // shown when the fault is ours
}

var problemTemplate = NewTemplate[problemPage](ownTemplates, "templates/problem.html")

// fail is the one place where an error becomes an answer.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	id := RequestID(r.Context())
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		s.log.InfoContext(r.Context(), "client left", "id", id)
		panic(http.ErrAbortHandler) // nobody reads the answer
	}
	p := problemOf(err)
	if detour, ok := errors.AsType[*Detour](err); ok {
		told := *detour.Problem
		p = &told
		p.Link.Href = detour.to(r)
		if isRead(r) && !WantsJSON(r) {
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, p.Link.Href, http.StatusSeeOther)
			return
		}
	}
	if p.Status >= 500 {
		s.log.ErrorContext(r.Context(), "request failed", "id", id, "route", r.Pattern, "err", err.Error())
	} else if p.err != nil {
		s.log.InfoContext(r.Context(), "request refused", "id", id, "route", r.Pattern, "status", p.Status, "err", p.err.Error())
	}
	if sent, ok := w.(*response); ok && sent.started {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	h := w.Header()
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "Etag", "Last-Modified"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	if p.allow != "" {
		h.Set("Allow", p.allow)
	}
	if p.Retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(p.Retry.Seconds())))
	}
	if WantsJSON(r) {
		writeProblemJSON(w, r, p, id)
		return
	}
	page := problemPage{Page: Page{Title: p.Title, Robots: "noindex"}, Problem: p}
	if p.Status >= 500 {
		page.RequestID = id
	}
	body, renderErr := problemTemplate.execute(r, page)
	if renderErr != nil {
		s.log.ErrorContext(r.Context(), "problem page", "id", id, "err", renderErr.Error())
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.Status)
		_, _ = w.Write([]byte(p.Title + ".\n" + p.Detail + "\n"))
		return
	}
	h.Set("Content-Type", htmlType)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // #nosec G705 -- escaped by html/template
}

// WantsJSON says that errors must come as application/problem+json: the API and the
// .json twins of pages. It depends on the address alone, so caches cannot confuse them.
func WantsJSON(r *http.Request) bool {
	path := r.URL.Path
	return path == "/api" || strings.HasPrefix(path, "/api/") ||
		strings.HasSuffix(path, ".json") || strings.HasSuffix(path, ".geojson") || strings.HasSuffix(path, ".jsonld")
}

// writeProblemJSON follows RFC 9457.
func writeProblemJSON(w http.ResponseWriter, _ *http.Request, p *Problem, id string) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(struct { // cannot fail: strings only
		Type   string            `json:"type"`
		Title  string            `json:"title"`
		Status int               `json:"status"`
		Detail string            `json:"detail"`
		Fields map[string]string `json:"errors,omitempty"`
		ID     string            `json:"requestId"`
	}{"about:blank", p.Title, p.Status, p.Detail, p.Fields, id})
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(p.Status)
	_, _ = w.Write(b.Bytes())
}
