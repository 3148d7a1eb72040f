// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

const htmlType = "text/html; charset=utf-8"

// Bytes answers with a body that is whole in memory: strong ETag of the content, 304 when
// the client has it, Cache-Control "no-cache" (keep, but ask) unless already set.
func Bytes(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", contentType)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-cache")
	}
	if status == http.StatusOK {
		tag := tagOf(body)
		h.Set("Etag", tag)
		if found := matchTag(r.Header.Get("If-None-Match"), tag); found != "" && isRead(r) {
			h.Set("Etag", found)
			if isText(contentType) {
				addVary(h, "Accept-Encoding")
			}
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body) // #nosec G705 -- escaped by html/template, or of a type that nosniff keeps from being HTML
	return err
}

// JSON answers v, with the same care as Bytes.
func JSON(w http.ResponseWriter, r *http.Request, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("json answer: %w", err)
	}
	return Bytes(w, r, http.StatusOK, "application/json; charset=utf-8", b.Bytes())
}

// Attachment makes the answer a file to save under name (accents allowed); the content
// follows, through Bytes or a stream.
func Attachment(w http.ResponseWriter, name, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

func isRead(r *http.Request) bool { return r.Method == http.MethodGet || r.Method == http.MethodHead }

// tagOf is the strong ETag of a content: 16 bytes of its SHA-256.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// gzipTag is the tag of the same content compressed: other bytes, other strong tag.
func gzipTag(tag string) string { return strings.TrimSuffix(tag, `"`) + `-gzip"` }

// matchTag returns the tag of header If-None-Match that names the content, plain or
// compressed, or "". "*" matches anything that exists (RFC 9110 §13.1.2).
func matchTag(header, tag string) string {
	if header == "" {
		return ""
	}
	if strings.TrimSpace(header) == "*" {
		return tag
	}
	zipped := gzipTag(tag)
	for part := range strings.SplitSeq(header, ",") {
		switch part = strings.TrimPrefix(strings.TrimSpace(part), "W/"); part {
		case tag, zipped:
			return part
		}
	}
	return ""
}
