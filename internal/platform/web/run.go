// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
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
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var open atomic.Int64
	hs := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       slowest, // moved on by bodies and answers that make headway
		WriteTimeout:      2 * slowest,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				open.Add(1)
			case http.StateClosed, http.StateHijacked:
				open.Add(-1)
			}
		},
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
	for end := time.Now().Add(drainTime); open.Load() > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	err := hs.Shutdown(last)
	<-served
	if err != nil {
		_ = hs.Close()
		return fmt.Errorf("des requêtes étaient encore en cours après %v : %w", stopTime, err)
	}
	return nil
}
