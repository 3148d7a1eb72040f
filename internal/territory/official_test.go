// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"maillage/internal/platform/clock"
)

// geography is the public API as a test wants it.
func geography(t *testing.T, answer http.HandlerFunc) *fetcher {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return &fetcher{base: s.URL, dir: filepath.Join(t.TempDir(), "officiels"), day: clock.On(noon), limit: 1 << 20,
		idle: 300 * time.Millisecond, pause: time.Millisecond, tries: 3}
}

func quiet(string, int64, int64) {}

func send(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write([]byte(body))
}

func TestFetchOnceADay(t *testing.T) {
	t.Parallel()
	body := collection(t, communes93(t))
	var asked atomic.Int32
	f := geography(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/departements/93/communes" || r.URL.Query().Get("geometry") != "contour" || r.URL.Query().Get("fields") != "nom,code" || r.URL.Query().Get("format") != "geojson" {
			t.Errorf("asked for %s", r.URL)
		}
		send(w, body)
	})
	var told int64
	for range 2 {
		path, err := f.fetch(t.Context(), "93", func(_ string, done, _ int64) { told = done })
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != body {
			t.Errorf("the file is not what was sent (%v)", err)
		}
	}
	if asked.Load() != 1 || told != int64(len(body)) {
		t.Errorf("asked %d times, told %d bytes of %d", asked.Load(), told, len(body))
	}
	f.day = f.day.AddDays(1)
	f.sweep()
	if left, _ := filepath.Glob(filepath.Join(f.dir, "*")); len(left) != 0 {
		t.Errorf("yesterday's files are still there: %v", left)
	}
}

func TestFetchGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	body := collection(t, communes93(t))
	var ranges []string
	f := geography(t, func(w http.ResponseWriter, r *http.Request) {
		ranges = append(ranges, r.Header.Get("Range"))
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("Content-Type", "application/geo+json")
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && r.Header.Get("If-Range") == `"v1"` {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
		} else {
			from = 0
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(body)-from))
		if from > 0 {
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write([]byte(body[from:]))
			return
		}
		_, _ = w.Write([]byte(body[:len(body)/2])) // and the connection breaks
	})
	path, err := f.fetch(t.Context(), "93", quiet)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != body {
		t.Errorf("the halves do not make the whole (%v)", err)
	}
	if len(ranges) != 2 || ranges[0] != "" || ranges[1] != fmt.Sprintf("bytes=%d-", len(body)/2) {
		t.Errorf("ranges asked: %q", ranges)
	}
}

func TestFetchTriesAgain(t *testing.T) {
	t.Parallel()
	body := collection(t, communes93(t))
	n := 0
	f := geography(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n++; n {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			send(w, body[:len(body)-2]) // whole for HTTP, truncated for JSON
		default:
			send(w, body)
		}
	})
	if _, err := f.fetch(t.Context(), "93", quiet); err != nil || n != 3 {
		t.Errorf("%d tries: %v", n, err)
	}
}

func TestFetchFailsHonestly(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("the redirect was followed to another host")
		send(w, `{"type":"FeatureCollection","features":[]}`)
	}))
	t.Cleanup(elsewhere.Close)
	for _, c := range []struct {
		name, says string
		answer     http.HandlerFunc
	}{
		{"a portal that wants a login", "identification", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>Bienvenue sur le wifi</html>"))
		}},
		{"a redirect to another host", "autre site", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}},
		{"an endless redirect", "autre site", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}},
		{"another address", "404", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }},
		{"a service that is down", "momentanément", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }},
		{"JSON that is no contours", "incomplets", func(w http.ResponseWriter, _ *http.Request) { send(w, `{"message":"erreur"}`) }},
		{"always truncated", "incomplets", func(w http.ResponseWriter, _ *http.Request) { send(w, `{"type":"FeatureCollection","features":[`) }},
		{"announced too big", "Mio", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "2000000000")
		}},
		{"too big without saying", "Mio", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			for range 300 {
				if _, err := w.Write(make([]byte, 8<<10)); err != nil {
					return
				}
			}
		}},
		{"silent", "répondu", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }},
		{"falls silent in the middle", "répondu", func(w http.ResponseWriter, r *http.Request) {
			send(w, `{"type":`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := geography(t, c.answer)
			_, err := f.fetch(t.Context(), "93", quiet)
			if !errors.Is(err, ErrOfficial) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error = %v, want one that says %q", err, c.says)
			}
			if kept, _ := filepath.Glob(filepath.Join(f.dir, "*.geojson")); len(kept) != 0 {
				t.Errorf("kept for good: %v", kept)
			}
		})
	}
}

func TestFetchWithoutNetwork(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + l.Addr().String()
	_ = l.Close() // nobody answers there any more
	f := geography(t, nil)
	f.base = base
	if _, err := f.fetch(t.Context(), "93", quiet); !errors.Is(err, ErrOfficial) || !strings.Contains(err.Error(), "accès à internet") {
		t.Errorf("error = %v", err)
	}
}

func TestFetchStopsWhenAsked(t *testing.T) {
	t.Parallel()
	f := geography(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f.idle = time.Minute
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(errStopped) })
	if _, err := f.fetch(ctx, "93", quiet); !errors.Is(err, errStopped) {
		t.Errorf("error = %v", err)
	}
}
