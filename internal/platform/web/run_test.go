// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// running starts s on a free port and returns its address, what ends it, and its end.
func running(t *testing.T, s *web.Server) (addr string, stop context.CancelFunc, done <-chan error) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	end := make(chan error, 1)
	go func() { end <- s.Serve(ctx, l) }()
	t.Cleanup(stop)
	return l.Addr().String(), stop, end
}

// TestShutdownDropsNoRequest keeps clients asking, on connections they keep and on new
// ones, while the server stops: every request on a connection that it accepted is
// answered whole. A connection still in the kernel's queue when the port closes is
// refused or reset before its first answer, as any made a moment later is.
func TestShutdownDropsNoRequest(t *testing.T) {
	t.Parallel()
	body := strings.Repeat("x", 4000)
	s := webtest.Server(t, web.Config{},
		web.Route{Pattern: "GET /vite", Access: web.Public, Handler: text(body)},
		web.Route{Pattern: "GET /lent", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			time.Sleep(1500 * time.Millisecond) // longer than the drain
			return web.Bytes(w, r, 200, "text/plain; charset=utf-8", []byte(body))
		}})
	addr, stop, done := running(t, s)
	var wg sync.WaitGroup
	var answered, refused atomic.Int64
	var stopped atomic.Bool
	client := func(path string, keep bool) {
		for {
			conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", addr)
			if err != nil {
				if !errors.Is(err, syscall.ECONNREFUSED) && !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("dial: %v", err)
				}
				refused.Add(1)
				return
			}
			again, fresh := true, true
			for r := bufio.NewReader(conn); again; {
				fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path)
				res, err := http.ReadResponse(r, nil)
				if fresh && errors.Is(err, syscall.ECONNRESET) && stopped.Load() {
					break
				}
				if err != nil {
					t.Errorf("%s dropped: %v", path, err)
					break
				}
				fresh = false
				got, err := io.ReadAll(res.Body)
				if err != nil || string(got) != body {
					t.Errorf("%s cut after %d bytes: %v", path, len(got), err)
				}
				answered.Add(1)
				again = keep && !res.Close
			}
			_ = conn.Close()
		}
	}
	for range 4 {
		wg.Go(func() { client("/vite", true) })
		wg.Go(func() { client("/lent", true) })
	}
	time.Sleep(200 * time.Millisecond)
	stopped.Store(true)
	stop()
	wg.Wait()
	if err := <-done; err != nil {
		t.Errorf("Serve: %v", err)
	}
	t.Logf("%d answered, %d clients refused once stopped", answered.Load(), refused.Load())
}

func TestStreamsAreToldOfTheEnd(t *testing.T) {
	t.Parallel()
	s := webtest.Server(t, web.Config{}, web.Route{Pattern: "GET /flux", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "text/event-stream")
		if err := web.KeepOpen(w, time.Minute); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "data: un\n\n"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		<-web.ShuttingDown(r.Context())
		_, err := io.WriteString(w, "data: fin\n\n")
		return err
	}})
	addr, stop, done := running(t, s)
	res, err := http.Get("http://" + addr + "/flux")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	if line, _ := lines.ReadString('\n'); line != "data: un\n" {
		t.Fatalf("first event %q held back", line)
	}
	start := time.Now()
	stop()
	rest, err := io.ReadAll(lines)
	if err != nil || !strings.Contains(string(rest), "data: fin") {
		t.Errorf("%q %v", rest, err)
	}
	if err := <-done; err != nil || time.Since(start) > 5*time.Second {
		t.Errorf("stopped after %v: %v", time.Since(start), err)
	}
}

func TestPortTakenIsSaidInFrench(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for addr, says := range map[string]string{l.Addr().String(): "déjà occupée", "nonsense": "MACHINE:PORT"} {
		err = webtest.Server(t, web.Config{Addr: addr}).Run(t.Context(), nil)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "localhost:808") {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestRunTellsItsAddress(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	s := webtest.Server(t, web.Config{Addr: "localhost:0"})
	err := s.Run(ctx, func(url string) {
		go func() {
			defer stop()
			res, err := http.Get(url + "/healthz")
			if err != nil {
				t.Error(err)
				return
			}
			_ = res.Body.Close()
			if res.StatusCode != http.StatusOK || !strings.HasPrefix(url, "http://localhost:") {
				t.Errorf("%s: %d", url, res.StatusCode)
			}
		}()
	})
	if err != nil {
		t.Error(err)
	}
}

// A half answer must look broken to the client, not short.
func TestFaultAfterTheFirstBytesCutsTheConnection(t *testing.T) {
	t.Parallel()
	s := webtest.Server(t, web.Config{}, web.Route{Pattern: "GET /csv", Access: web.Public, Handler: func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = io.WriteString(w, strings.Repeat("a;b\n", 10_000))
		return errors.New("disk gone")
	}})
	addr, _, _ := running(t, s)
	for _, accept := range []string{"gzip", "identity"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/csv", nil)
		r.Header.Set("Accept-Encoding", accept)
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			continue // cut before the header: as good
		}
		if _, err := io.ReadAll(res.Body); err == nil {
			t.Errorf("%s: the client believes it has everything", accept)
		}
		_ = res.Body.Close()
	}
}

func TestProgressPage(t *testing.T) {
	t.Parallel()
	p := web.Progress{Title: "Import", Done: 1, Total: 4, Message: "Lecture"}
	s := webtest.Server(t, web.Config{}, web.Route{Pattern: "GET /tache", Access: web.Public,
		Handler: web.ProgressPage(func(*http.Request) (web.Progress, error) { return p, nil })})
	a := webtest.Get(t, s, "/tache")
	a.CheckPage(t)
	if a.Attr(t, "progress", "value") != "1" || a.Attr(t, "progress", "max") != "4" || !strings.Contains(a.Body, `<noscript><meta http-equiv="refresh" content="2"></noscript>`) {
		t.Errorf("%s", a.Body)
	}
	if got := a.Text(t, ".progress-line"); got != "Lecture 25 %" {
		t.Errorf("%q", got)
	}
	p.Failed = "Ligne 3 illisible."
	if a := webtest.Get(t, s, "/tache"); strings.Contains(a.Body, "http-equiv") || a.Count(t, "[role=alert]") != 1 {
		t.Errorf("a failed task goes on: %s", a.Body)
	}
	p = web.Progress{Finished: true, Next: "//mechant.example"}
	if a := webtest.Get(t, s, "/tache"); a.Status != http.StatusSeeOther || a.Header.Get("Location") != "/" {
		t.Errorf("%d %v", a.Status, a.Header)
	}
}
