// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Handler answers a request, or returns an error that the server turns into a page.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is an address of the site. Pattern is http.ServeMux's, method included
// ("GET /territoires/{insee}"); GET answers HEAD too.
type Route struct {
	Pattern string
	Access  Access
	Scope   func(*http.Request) (Scope, error) // what the access is asked on; nil: the service as a whole
	Handler Handler
	MaxBody int64 // largest body accepted, in bytes; 0: DefaultMaxBody
}

// DefaultMaxBody suits forms without files.
const DefaultMaxBody = 1 << 20

// Config is what the site needs to know of where it runs.
type Config struct {
	Addr         string // "localhost:8080"
	BaseURL      string // "https://maillage.example.fr"; empty: a local address, by name localhost or by number
	Organisation string // who runs this service, in the footer
	Version      string
	Theme        string    // "light", "dark" or empty: as the device asks
	Demo         bool      // shows DemoText on every page
	DemoText     string    // empty: DefaultDemoText
	DemoLink     Link      // at the end of DemoText
	Guard        Guard     // nil: only what is public is open
	Nav          []NavItem // nil: the default menu
	SearchPath   string    // empty: "/territoires"
	Suggest      string    // empty: "/api/v1/territoires"
	MetricsOpen  bool      // /metrics for others than this machine
	CacheBytes   int64     // memory for rendered pages, 0: 64 MiB
	Log          *slog.Logger
	Ready        map[string]func(context.Context) error // by name, what /readyz asks
}

// DefaultDemoText is the banner of a demonstration.
const DefaultDemoText = "Démonstration : ce que vous modifiez ici ne vaut que sur cette machine."

var defaultNav = []NavItem{
	{"accueil", "Accueil", "/"},
	{"territoires", "Territoires", "/territoires"},
	{"observatoire", "Observatoire", "/observatoire"},
	{"obligations", "Obligations", "/obligations"},
}

// Server is the site: its routes and everything around them. It is an http.Handler.
type Server struct {
	cfg      Config
	log      *slog.Logger
	shell    *Shell
	mux      *http.ServeMux
	routes   []Route
	errs     []error
	hosts    []string // accepted in Host, lower case, without port; nil: local only
	https    bool
	cross    *http.CrossOriginProtection
	metrics  *metrics
	cache    *pageCache
	draining atomic.Bool
	stop     chan struct{} // closed when draining starts
}

// New makes a site that has only its own routes: assets, health, metrics.
// What is wrong in cfg is told by Err.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, log: cfg.Log, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(),
		cache: newPageCache(cfg.CacheBytes), stop: make(chan struct{})}
	if s.log == nil {
		s.log = slog.Default()
	}
	s.metrics = newMetrics()
	s.shell = &Shell{Nav: cfg.Nav, Theme: cfg.Theme, Organisation: cfg.Organisation, Version: cfg.Version,
		SearchPath: cfg.SearchPath, Suggest: cfg.Suggest, SignIn: cfg.Guard != nil, DemoLink: cfg.DemoLink}
	if s.shell.Nav == nil {
		s.shell.Nav = defaultNav
	}
	if s.shell.SearchPath == "" {
		s.shell.SearchPath = "/territoires"
	}
	if s.shell.Suggest == "" {
		s.shell.Suggest = "/api/v1/territoires"
	}
	if cfg.Demo {
		s.shell.Demo = cfg.DemoText
		if s.shell.Demo == "" {
			s.shell.Demo = DefaultDemoText
		}
	}
	if cfg.BaseURL != "" {
		s.setBase(cfg.BaseURL)
	}
	s.ownRoutes()
	return s
}

func (s *Server) setBase(base string) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		s.errs = append(s.errs, fmt.Errorf("l'adresse publique « %s » ne convient pas : "+
			"écrivez-la comme https://maillage.exemple.fr, sans chemin", base))
		return
	}
	s.hosts = []string{strings.ToLower(u.Hostname())}
	s.https = u.Scheme == "https"
	if err := s.cross.AddTrustedOrigin(u.Scheme + "://" + u.Host); err != nil {
		s.errs = append(s.errs, err)
	}
}

// Handle adds routes. One without access, without method, without handler, or that
// contradicts another, is reported by Err and refused at start.
func (s *Server) Handle(routes ...Route) {
	for _, rt := range routes {
		if err := s.handle(rt); err != nil {
			s.errs = append(s.errs, fmt.Errorf("route %q: %w", rt.Pattern, err))
		}
	}
}

func (s *Server) handle(rt Route) (err error) {
	method, _, spaced := strings.Cut(rt.Pattern, " ")
	switch {
	case rt.Access == Undeclared:
		return errors.New("no access declared")
	case rt.Access != Public && s.cfg.Guard != nil && !s.cfg.Guard.Knows(rt.Access):
		return fmt.Errorf("the policy table has no access %q", rt.Access)
	case rt.Handler == nil:
		return errors.New("no handler")
	case !spaced || strings.Contains(method, "/"):
		return errors.New("no method in the pattern")
	}
	defer func() {
		if p := recover(); p != nil { // ServeMux panics on patterns that are wrong or in conflict
			err = fmt.Errorf("%v", p)
		}
	}()
	s.mux.Handle(rt.Pattern, s.enter(rt))
	s.routes = append(s.routes, rt)
	return nil
}

// Routes are all routes with their access, for the test that walks them.
func (s *Server) Routes() []Route { return slices.Clone(s.routes) }

// Err says what is wrong in the configuration or the routes; nil: the site may start.
func (s *Server) Err() error { return errors.Join(s.errs...) }

// visit is what the package keeps of a request, in its context.
type visit struct {
	server *Server
	id     string
	route  Route
	who    *Account // nil: a visitor
}

type visitKey struct{}

func visitOf(ctx context.Context) *visit {
	v, _ := ctx.Value(visitKey{}).(*visit)
	return v
}

// RequestID is the number that the log and the error page share; "" outside a request.
func RequestID(ctx context.Context) string {
	if v := visitOf(ctx); v != nil {
		return v.id
	}
	return ""
}

// ShuttingDown is closed when the server starts to stop: streams that would hold it
// end then. It is nil outside a request.
func ShuttingDown(ctx context.Context) <-chan struct{} {
	if v := visitOf(ctx); v != nil {
		return v.server.stop
	}
	return nil
}

// enter is the door of a route: policy, body limit, handler, errors.
func (s *Server) enter(rt Route) http.Handler {
	limit := rt.MaxBody
	if limit == 0 {
		limit = DefaultMaxBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := visitOf(r.Context())
		v.route = rt
		if s.cfg.Guard != nil && !rt.asset() {
			ctx, who, err := s.cfg.Guard.Enter(w, r)
			if err != nil {
				s.fail(w, r, err)
				return
			}
			if v.who = who; who != nil {
				r = r.WithContext(ctx)
				w.Header()["Cache-Control"] = headerNoStore // nothing of it stays on a shared machine
			}
		}
		if err := s.admit(rt, r); err != nil {
			s.fail(w, r, err)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			if r.ContentLength > limit {
				s.fail(w, r, &http.MaxBytesError{Limit: limit})
				return
			}
			r.Body = http.MaxBytesReader(w, patient(w, r.Body), limit)
		}
		if err := rt.Handler(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// asset says that the route serves the site's own files, the same for everyone.
func (rt Route) asset() bool { return strings.HasPrefix(rt.Pattern, "GET /static/") }

// admit asks the policy for one request.
func (s *Server) admit(rt Route, r *http.Request) error {
	var on Scope
	if rt.Scope != nil && rt.Access != Public {
		var err error
		if on, err = rt.Scope(r); err != nil {
			if denied := s.check(r.Context(), rt.Access, Scope{}); denied != nil {
				return denied // who may do nothing here learns nothing of what exists
			}
			return err
		}
	}
	return s.check(r.Context(), rt.Access, on)
}

// route finds the handler and tells 404 and 405 in our own words.
func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(w, r)
		return
	}
	if to := s.withoutSlash(r); to != "" {
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return
	}
	var told statusOnly
	h.ServeHTTP(&told, r)
	switch {
	case told.status == http.StatusMethodNotAllowed:
		s.fail(w, r, methodNotAllowed(told.Header().Get("Allow")))
	case told.status >= 300 && told.status < 400:
		http.Redirect(w, r, told.Header().Get("Location"), told.status)
	default:
		s.fail(w, r, NotFound("Aucune page ne correspond à cette adresse. Elle a pu être mal recopiée, ou la page a changé de place."))
	}
}

// withoutSlash is where a GET of "/territoires/" was meant to go, "" when nowhere.
func (s *Server) withoutSlash(r *http.Request) string {
	path := strings.TrimRight(r.URL.Path, "/")
	if path == "" || path == r.URL.Path || !isRead(r) {
		return ""
	}
	meant := r.Clone(r.Context())
	meant.URL.Path, meant.URL.RawPath = path, ""
	if _, pattern := s.mux.Handler(meant); pattern == "" {
		return ""
	}
	return SafeLocal(meant.URL.RequestURI(), "")
}

// statusOnly learns what ServeMux would answer.
type statusOnly struct {
	header http.Header
	status int
}

func (o *statusOnly) Header() http.Header {
	if o.header == nil {
		o.header = http.Header{}
	}
	return o.header
}
func (o *statusOnly) WriteHeader(code int)        { o.status = code }
func (o *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
