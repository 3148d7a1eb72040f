// SPDX-License-Identifier: EUPL-1.2

package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"maillage/internal/platform/web"
)

// readFiles is what the policy table says of downloading; the file's own access comes on top.
const readFiles web.Access = "fichiers.lire"

// VerifyFirst is up to which size, in bytes, a content is checked whole before its first byte is
// sent; a larger one is checked as it goes, and the answer is cut off when it is altered.
const VerifyFirst = 16 << 20

// downloadCSP lets nothing run or load, even where a browser would show the answer.
const downloadCSP = "default-src 'none'; frame-ancestors 'none'; sandbox"

// Routes are the addresses of this room.
func (s *Store) Routes() []web.Route {
	return []web.Route{{Pattern: "GET /fichiers/{id}/{name}", Access: readFiles, Scope: s.scope, Handler: s.download}}
}

// asked is the file that a request names, by its whole address.
func (s *Store) asked(r *http.Request) (File, error) {
	f, err := s.Get(r.Context(), r.PathValue("id"))
	if errors.Is(err, ErrUnknown) || err == nil && r.PathValue("name") != f.Name {
		return File{}, web.ErrForeign()
	}
	return f, err
}

func (s *Store) scope(r *http.Request) (web.Scope, error) {
	f, err := s.asked(r)
	return f.Scope, err
}

func (s *Store) download(w http.ResponseWriter, r *http.Request) error {
	f, err := s.asked(r)
	if err != nil {
		return err
	}
	if !web.May(r, f.Access, f.Scope) {
		return web.ErrForeign()
	}
	tag := `"` + f.SHA256 + `"`
	fresh := matches(r.Header.Get("If-None-Match"), tag)
	if fresh || r.Method == http.MethodHead {
		describe(w, f, tag)
		if fresh {
			w.Header().Del("Content-Length")
			w.WriteHeader(http.StatusNotModified)
		}
		return nil
	}
	src, err := s.checked(r, f)
	if err == nil {
		defer func() { _ = src.Close() }() // only read
		err = send(w, f, tag, src)
	}
	if errors.Is(err, ErrUnknown) { // erased meanwhile
		return web.ErrForeign()
	}
	if errors.Is(err, ErrAltered) {
		return (&web.Problem{Status: http.StatusInternalServerError, Title: "Fichier abîmé",
			Detail: "Ce fichier a été abîmé dans le dépôt : plutôt que de délivrer un contenu faux, le service ne l'envoie pas. " +
				"Prévenez l'administrateur du service, qui le rétablira depuis une sauvegarde, ou déposez-le de nouveau."}).Because(fmt.Errorf("file %s: %w", f.ID, err))
	}
	return err
}

// send waits for the first checked bytes before it says anything, so that an error is still a page.
func send(w http.ResponseWriter, f File, tag string, src io.Reader) error {
	body := bufio.NewReaderSize(src, block)
	if _, err := body.Peek(1); err != nil {
		return err
	}
	describe(w, f, tag)
	_, err := io.Copy(w, body)
	return err
}

func describe(w http.ResponseWriter, f File, tag string) {
	web.Attachment(w, f.Name, f.Type)
	h := w.Header()
	h.Set("Content-Security-Policy", downloadCSP)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Etag", tag)
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
}

// matches reads If-None-Match; the server marks the tag of what it compresses.
func matches(header, tag string) bool {
	zipped := strings.TrimSuffix(tag, `"`) + `-gzip"`
	for part := range strings.SplitSeq(header, ",") {
		part = strings.TrimPrefix(strings.TrimSpace(part), "W/")
		if part == tag || part == zipped || part == "*" {
			return true
		}
	}
	return false
}

// checked opens a file for a download. A small one is read twice: once to check it, once to
// send it, still checking.
func (s *Store) checked(r *http.Request, f File) (io.ReadCloser, error) {
	src, err := s.source(r.Context(), f)
	if err != nil || f.Size > VerifyFirst {
		return verify(src, f.SHA256, f.Size), err
	}
	local, ok := src.(*os.File)
	if !ok {
		if local, err = s.fetch(src); err != nil {
			return nil, err
		}
	}
	if _, err = io.Copy(io.Discard, verify(io.NopCloser(local), f.SHA256, f.Size)); err == nil {
		_, err = local.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = local.Close() // the error is told
		return nil, err
	}
	return verify(local, f.SHA256, f.Size), nil
}

// fetch brings a content that is elsewhere to the local disk, under no name: it vanishes when closed.
func (s *Store) fetch(src io.ReadCloser) (*os.File, error) {
	tmp, err := os.CreateTemp(s.arrival, "parti-*")
	if err == nil {
		err = os.Remove(tmp.Name())
	}
	if err == nil {
		_, err = io.Copy(tmp, io.LimitReader(src, VerifyFirst+1))
	}
	if err == nil {
		_, err = tmp.Seek(0, io.SeekStart)
	}
	err = errors.Join(err, src.Close())
	if err != nil && tmp != nil {
		err = errors.Join(err, tmp.Close())
	}
	return tmp, err
}
