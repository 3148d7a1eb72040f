// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

const (
	// While stopping, connections that are in use end with their next answer; those that
	// say nothing for this long are idle and closing them loses nothing.
	drainTime = time.Second
	// What is still running after this is cut.
	stopTime = 30 * time.Second
)

// Listen opens Config.Addr; the error tells people what to do.
func (s *Server) Listen(ctx context.Context) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Addr)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("l'adresse %s est déjà occupée par un autre programme : arrêtez-le, "+
			"ou choisissez un autre port avec --addr (par exemple --addr localhost:8081) : %w", s.cfg.Addr, err)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("le port de %s est réservé au système : choisissez un port au-dessus de 1023 "+
			"avec --addr (par exemple --addr localhost:8080) : %w", s.cfg.Addr, err)
	}
	return nil, fmt.Errorf("impossible d'écouter à l'adresse « %s » : écrivez-la MACHINE:PORT, "+
		"par exemple localhost:8080 : %w", s.cfg.Addr, err)
}

// Run listens, tells the address through ready (may be nil) and serves until ctx ends;
// then it stops without dropping a request, and returns nil.
func (s *Server) Run(ctx context.Context, ready func(url string)) error {
	if err := s.Err(); err != nil {
		return err
	}
	l, err := s.Listen(ctx)
	if err != nil {
		return err
	}
	if ready != nil {
		url := s.cfg.BaseURL
		if url == "" {
			url = "http://" + s.shownAddr(l)
		}
		ready(url)
	}
	return s.Serve(ctx, l)
}

// shownAddr is the address as typed, with the port the system chose if it was 0.
func (s *Server) shownAddr(l net.Listener) string {
	host, _, err := net.SplitHostPort(s.cfg.Addr)
	_, port, err2 := net.SplitHostPort(l.Addr().String())
	if err != nil || err2 != nil {
		return l.Addr().String()
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// Serve is Run on a listener already open; it closes it.
//
// http.Server.Shutdown alone drops requests: it closes a connection whose request it has
// just read. So the stop has three steps. First every answer ends its connection and
// /readyz says 503, for drainTime. Then the port closes, and what was accepted is answered
// to the end. Only then are the silent connections closed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	conns := connections{states: map[net.Conn]since{}}
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       slowest, // moved on by bodies and answers that make headway
		WriteTimeout:      2 * slowest,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState:         conns.note,
	}
	served := make(chan error, 1)
	go func() { served <- hs.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.log.Info("stopping")
	s.draining.Store(true)
	close(s.stop)
	wait(drainTime, conns.none)
	_ = l.Close() // Serve returns, its connections go on
	<-served
	finished := wait(stopTime, conns.silent)
	if err := hs.Close(); err != nil {
		return err
	}
	if !finished {
		return fmt.Errorf("des requêtes étaient encore en cours après %v : elles ont été coupées", stopTime)
	}
	return nil
}

// wait asks until done says yes, at most for d.
func wait(d time.Duration, done func() bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return true
		}
	}
	return done()
}

// connections follows what each connection is doing.
type connections struct {
	mu     sync.Mutex
	states map[net.Conn]since
}

type since struct {
	state http.ConnState
	at    time.Time
}

func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if state == http.StateClosed || state == http.StateHijacked {
		delete(c.states, conn)
		return
	}
	c.states[conn] = since{state, time.Now()}
}

func (c *connections) none() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.states) == 0
}

// silent says that no request is being answered or about to come: a connection that was
// just opened is given drainTime to speak.
func (c *connections) silent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range c.states {
		if v.state == http.StateActive || v.state == http.StateNew && time.Since(v.at) < drainTime {
			return false
		}
	}
	return true
}
