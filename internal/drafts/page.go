// SPDX-License-Identifier: EUPL-1.2

package drafts

import (
	"database/sql"
	"net/http"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
)

// Page is the draft of a form whose address is its own (POST on the path of its page), for rooms
// that accept it by [Room.Kept] rather than in their own transaction. base is as for [Room.Form].
//
// The answer to a form (one that is to be corrected, the next step, a form filled in by the
// service) is newer than any draft: nothing is put back over it.
func (r *Room) Page(req *http.Request, path, base string) Form {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return Form{}
	}
	return r.Form(req, pageKey(path), base)
}

func pageKey(path string) string { return "page" + path }

// Kept is a handler that drops the draft of its page once the form is accepted, which a
// redirection (303) tells. Should the service stop between the two, the draft is offered once
// more, and thrown away by hand: nothing typed is lost.
func (r *Room) Kept(h web.Handler) web.Handler {
	return func(w http.ResponseWriter, req *http.Request) error {
		told := &status{ResponseWriter: w}
		if err := h(told, req); err != nil || told.code != http.StatusSeeOther || r == nil || actor.From(req.Context()).Person == "" {
			return err
		}
		if !keyShape.MatchString(pageKey(req.URL.Path)) {
			return nil
		}
		return r.db.Tx(req.Context(), func(tx *sql.Tx) error { return r.Accept(req.Context(), tx, pageKey(req.URL.Path)) })
	}
}

// status learns what a handler answers.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	if s.code == 0 {
		s.code = code
	}
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets http.ResponseController reach the answer.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }
