// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"

	"context"
)

// ServeHTTP wraps every request in the same order: number, security headers, recovery,
// log and metrics, host, origin of writes, then the route.
func (s *Server) ServeHTTP(hw http.ResponseWriter, hr *http.Request) {
	start := time.Now()
	v := &visit{server: s, id: rand.Text()[:12]}
	r := hr.WithContext(context.WithValue(hr.Context(), visitKey{}, v))
	w := newResponse(hw, r)
	s.secure(w.Header())
	w.Header()["X-Request-Id"] = []string{v.id}
	if s.draining.Load() {
		w.Header().Set("Connection", "close")
	}
	s.metrics.inflight.Inc()
	defer func() {
		broken := recover()
		if broken != nil && broken != http.ErrAbortHandler {
			s.log.ErrorContext(r.Context(), "panic", "id", v.id, "route", v.route.Pattern,
				"err", fmt.Sprint(broken), "stack", string(debug.Stack()))
			s.fail(w, r, errPanic)
		}
		if broken == nil || broken != http.ErrAbortHandler {
			w.finish()
		}
		s.metrics.inflight.Dec()
		s.account(w, r, v, time.Since(start))
		if broken == http.ErrAbortHandler {
			panic(broken)
		}
	}()
	s.dispatch(w, r)
}

var errPanic = errors.New("panic in a handler, see the line before")

func (s *Server) dispatch(w http.ResponseWriter, r *http.Request) {
	if len(s.errs) > 0 {
		s.fail(w, r, fmt.Errorf("site not started: %w", s.Err()))
		return
	}
	if !s.knows(r.Host) && r.URL.Path != "/healthz" && r.URL.Path != "/readyz" {
		s.fail(w, r, &Problem{Status: http.StatusMisdirectedRequest, Title: "Adresse inconnue de ce service",
			Detail: "Ce service répond à une autre adresse. S'il s'agit bien de lui, son administrateur doit déclarer " +
				"l'adresse publique par le réglage MAILLAGE_BASE_URL."})
		return
	}
	if err := s.cross.Check(r); err != nil {
		s.fail(w, r, Forbidden("Cet envoi vient d'un autre site que celui-ci : par sécurité, rien n'a été enregistré. "+
			"Ouvrez la page sur ce site, puis recommencez.").Because(err))
		return
	}
	s.route(w, r)
}

// knows refuses a forged Host: a name that is not ours never reaches a page, a cache or
// a mail. Without a public address only this machine's names and bare IP addresses pass,
// which a hostile name made to point here (DNS rebinding) is not.
func (s *Server) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for _, h := range s.hosts {
		if name == h {
			return true
		}
	}
	if s.hosts != nil {
		return false
	}
	if name == "localhost" {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil
}

const policyCSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; worker-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'"

// Values are shared slices: they are set on every answer and never appended to.
var (
	headerCSP         = []string{policyCSP}
	headerNosniff     = []string{"nosniff"}
	headerReferrer    = []string{"same-origin"}
	headerPermissions = []string{"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"}
	headerSameOrigin  = []string{"same-origin"}
	headerNoStore     = []string{"no-store"}
	headerDeny        = []string{"DENY"}
	headerHSTS        = []string{"max-age=31536000"}
)

func (s *Server) secure(h http.Header) {
	h["Content-Security-Policy"] = headerCSP
	h["X-Content-Type-Options"] = headerNosniff
	h["Referrer-Policy"] = headerReferrer
	h["Permissions-Policy"] = headerPermissions
	h["Cross-Origin-Opener-Policy"] = headerSameOrigin
	h["Cross-Origin-Resource-Policy"] = headerSameOrigin
	h["X-Frame-Options"] = headerDeny
	if s.https {
		h["Strict-Transport-Security"] = headerHSTS
	}
}

// account writes the log line and the metrics. The pattern stands for the path: a path
// or a query may tell who looked for what.
func (s *Server) account(w *response, r *http.Request, v *visit, took time.Duration) {
	pattern := v.route.Pattern
	if pattern == "" {
		pattern = "-"
	}
	s.metrics.observe(pattern, w.status, took)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
		slog.String("id", v.id), slog.String("method", methodLabel(r.Method)), slog.String("route", pattern),
		slog.Int("status", w.status), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.Int64("bytes", w.written))
}

// methodLabel keeps made-up methods out of the log.
func methodLabel(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "autre"
}
