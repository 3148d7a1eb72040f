// SPDX-License-Identifier: EUPL-1.2

// Package remotetest plays data.caf.fr and the Melodi service of Insee for tests, traps
// included: it answers as the recorded answers of both do, and as badly as a test asks.
package remotetest

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is both services at one address.
type Server struct {
	URL string
	// PageSize is the most observations that Melodi gives at once, whatever is asked.
	PageSize int
	// PerMinute is how many requests Melodi accepts before it answers 429; 0: any number.
	PerMinute int

	mu     sync.Mutex
	faults map[string][]Fault
	asked  []Request
	melodi int
}

// Request is one that the server received.
type Request struct {
	Path, Query, Range, IfNoneMatch string
}

// Fault answers in place of the service; right is what it would have answered.
type Fault func(w http.ResponseWriter, r *http.Request, right http.Handler)

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{PageSize: 1000, faults: map[string][]Fault{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/explore/v2.1/catalog/datasets/{set}/exports/csv", cafExport)
	mux.HandleFunc("GET /api/explore/v2.1/catalog/datasets/{set}/records", cafRecords)
	mux.HandleFunc("GET /melodi/data/{set}", s.melodiData)
	mux.HandleFunc("GET /melodi/file/{set}/{file}", melodiFile)
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, Request{r.URL.Path, r.URL.RawQuery, r.Header.Get("Range"), r.Header.Get("If-None-Match")})
		var fault Fault
		for part, list := range s.faults {
			if strings.Contains(r.URL.RequestURI(), part) && len(list) > 0 {
				fault, s.faults[part] = list[0], list[1:]
				break
			}
		}
		s.mu.Unlock()
		if fault != nil {
			fault(w, r, mux)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(h.Close)
	s.URL = h.URL
	return s
}

// Fail makes the next requests whose address contains part fail, one fault each.
func (s *Server) Fail(part string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[part] = append(s.faults[part], faults...)
}

// Asked are the requests received so far.
func (s *Server) Asked() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// Status answers a status with a body of a kind.
func Status(code int, kind, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// TooMany answers 429, or another status, and asks to wait.
func TooMany(code int, retryAfter string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Retry-After", retryAfter)
		http.Error(w, "Rate limit exceeded ! You reached the limit of 30 requests per 1 minutes", code)
	}
}

// Cut sends the first bytes of the right answer, then breaks the connection.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, right http.Handler) {
		rec := record(r, right)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes()[:n])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// Shortened sends the first bytes of the right answer and says that this is all.
func Shortened(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, right http.Handler) {
		rec := record(r, right)
		w.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		_, _ = w.Write(rec.Body.Bytes()[:n])
	}
}

// Elsewhere sends to another address.
func Elsewhere(address string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, address, http.StatusFound)
	}
}

// Silent begins the right answer and then says nothing more, until the client leaves.
func Silent(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, right http.Handler) {
		rec := record(r, right)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
		_, _ = w.Write(rec.Body.Bytes()[:n])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
		panic(http.ErrAbortHandler)
	}
}

func record(r *http.Request, right http.Handler) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	right.ServeHTTP(rec, r)
	return rec
}

// Births is the archive of births as Insee publishes it.
func Births() []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, file := range [][2]string{{"DS_ETAT_CIVIL_NAIS_COMMUNES_data.csv", birthsData},
		{"DS_ETAT_CIVIL_NAIS_COMMUNES_metadata.csv", "COD_VAR;LIB_VAR;COD_MOD;LIB_MOD\nEC_MEASURE;Mesure;LVB;Naissances vivantes\n"}} {
		w, err := z.Create(file[0])
		if err == nil {
			_, err = w.Write([]byte(file[1]))
		}
		if err != nil {
			panic(err) // in memory, cannot happen
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func melodiFile(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("set") != "DS_ETAT_CIVIL_NAIS_COMMUNES" || r.PathValue("file") != "DS_ETAT_CIVIL_NAIS_COMMUNES_CSV_FR" {
		http.Error(w, r.PathValue("set")+" n'existe pas.", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Etag", `"naissances-2025"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(Births()))
}
