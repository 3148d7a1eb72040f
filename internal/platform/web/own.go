// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

var noTime time.Time

func (s *Server) ownRoutes() {
	s.Handle(
		Route{Pattern: "GET /static/", Access: Public, Handler: serveAsset},
		Route{Pattern: "GET /favicon.ico", Access: Public, Handler: favicon},
		Route{Pattern: "GET /healthz", Access: Public, Handler: healthz},
		Route{Pattern: "GET /readyz", Access: Public, Handler: s.readyz},
		Route{Pattern: "GET /metrics", Access: Public, Handler: s.serveMetrics()},
	)
}

func favicon(w http.ResponseWriter, r *http.Request) error {
	url, err := AssetURL("favicon.svg")
	if err != nil {
		return err
	}
	http.Redirect(w, r, url, http.StatusFound)
	return nil
}

// healthz says that the process answers; whether it can work is readyz's matter.
func healthz(w http.ResponseWriter, _ *http.Request) error { return plain(w, http.StatusOK, "ok\n") }

// readyz runs the checks of Config.Ready: 200 when all pass, 503 while one does not or
// while the service is stopping. The body names the checks; their errors go to the log.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if s.draining.Load() {
		return plain(w, http.StatusServiceUnavailable, "arrêt en cours\n")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	status, lines := http.StatusOK, []string{}
	for _, name := range slices.Sorted(maps.Keys(s.cfg.Ready)) {
		state := "ok"
		if err := s.cfg.Ready[name](ctx); err != nil {
			status, state = http.StatusServiceUnavailable, "en défaut"
			s.log.WarnContext(ctx, "not ready", "check", name, "err", err.Error())
		}
		lines = append(lines, fmt.Sprintf("%s : %s\n", name, state))
	}
	if len(lines) == 0 {
		lines = []string{"ok\n"}
	}
	return plain(w, status, strings.Join(lines, ""))
}

func plain(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, err := w.Write([]byte(text))
	return err
}
