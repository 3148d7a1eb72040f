// SPDX-License-Identifier: EUPL-1.2

package app

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
	"time"

	"maillage/internal/observatory"
)

const (
	wholeMap = "/api/v1/valeurs?indicateur=population_municipale"
	oneSheet = "/territoires/93066"
)

// choropleth times the data of a map of the whole of France: computed from the columns in
// memory, then kept ready.
func (b *bencher) choropleth(ctx context.Context) (err error) {
	a, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	site := a.site()
	if _, _, err := ask(ctx, site, wholeMap); err != nil { // reads the column
		return err
	}
	made, err := measure(ctx, b.size(200, 3), 10*time.Second, func(i int) (float64, error) {
		_, took, err := ask(ctx, site, fmt.Sprintf("%s&essai=%d", wholeMap, i)) // never the same: nothing is kept
		return milliseconds(took), err
	})
	if err != nil {
		return err
	}
	kept, err := measure(ctx, b.size(200, 3), 10*time.Second, func(int) (float64, error) {
		_, took, err := ask(ctx, site, wholeMap)
		return milliseconds(took), err
	})
	if err != nil {
		return err
	}
	b.report("toutes les communes, calculé", made, 2, "ms", under(5))
	b.report("toutes les communes, gardé prêt", kept, 2, "ms", under(5))
	return nil
}

// rates compares the rate of two hot addresses with that of net/http alone serving the same bytes.
func (b *bencher) rates(ctx context.Context) (err error) {
	a, err := b.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if _, err := a.Observatory.Snapshot().Column(ctx, observatory.MunicipalPopulation, "2023"); err != nil {
		return err
	}
	ours, stop, err := listen(ctx, a.site())
	if err != nil {
		return err
	}
	defer stop()
	for _, address := range []struct{ name, path string }{{"carte de France", wholeMap}, {"page d'une commune", oneSheet}} {
		if err := b.compare(ctx, ours, address.name, address.path); err != nil {
			return err
		}
	}
	return nil
}

// third is the share of the bare handler's rate that the product promises.
const third = 1.0 / 3

// compare loads the two servers in turns, so that a busy machine weighs on both alike.
func (b *bencher) compare(ctx context.Context, ours, name, path string) error {
	bare, stop, err := sameBytes(ctx, ours, path)
	if err != nil {
		return err
	}
	defer stop()
	burst := time.Duration(b.size(500, 50)) * time.Millisecond
	var mine, theirs, shares []float64
	for range b.size(6, 1) { // six bursts of half a second each: three seconds
		m, err := load(ctx, ours, path, burst)
		if err != nil {
			return err
		}
		t, err := load(ctx, bare, path, burst)
		if err != nil {
			return err
		}
		mine, theirs, shares = append(mine, m), append(theirs, t), append(shares, m/t)
	}
	b.report(name+", Maillage", mine, 0, "requêtes/s", goal{})
	b.report(name+", net/http seul", theirs, 0, "requêtes/s", goal{})
	b.report(name+", rapport", shares, 2, "", atLeast(third))
	return nil
}

// listen serves a handler on the loopback, on a port the system chooses.
func listen(ctx context.Context, h http.Handler) (address string, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Serve(l) }() // ends with Close
	return l.Addr().String(), func() { _ = server.Close(); <-ended }, nil
}

// sameBytes is a bare handler that sends what the site sends: its headers and its body, as
// they go over the wire.
func sameBytes(ctx context.Context, ours, path string) (address string, stop func(), err error) {
	header, body := http.Header{}, []byte(nil)
	for range 3 { // the third answer comes from memory
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", ours)
		if err != nil {
			return "", nil, err
		}
		header, body, err = exchange(conn, bufio.NewReader(conn), request(ours, path))
		if err := errors.Join(err, conn.Close()); err != nil {
			return "", nil, err
		}
	}
	header.Del("Date") // net/http writes its own
	return listen(ctx, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for k, v := range header {
			h[k] = v
		}
		_, _ = w.Write(body) // #nosec G705 -- bytes of our own site, to our own client
	}))
}

func request(host, path string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAccept-Encoding: gzip\r\n\r\n")
}

// exchange sends a request on a connection and reads the answer whole.
func exchange(conn net.Conn, in *bufio.Reader, request []byte) (http.Header, []byte, error) {
	if _, err := conn.Write(request); err != nil {
		return nil, nil, err
	}
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil, nil, err
	}
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("réponse %s", res.Status)
	}
	return res.Header, body, errors.Join(err, res.Body.Close())
}

// connections load a server at once: enough to keep two processors busy.
const connections = 4

// load asks for one address over and over for a while, and returns the requests per second.
// The client is as light as can be, so that it is the server that is measured.
func load(ctx context.Context, address, path string, d time.Duration) (float64, error) {
	var count atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, connections)
	began := time.Now()
	for i := range connections {
		wg.Go(func() { errs[i] = client(ctx, address, request(address, path), began.Add(d), &count) })
	}
	wg.Wait()
	return float64(count.Load()) / time.Since(began).Seconds(), errors.Join(errs...)
}

func client(ctx context.Context, address string, request []byte, until time.Time, count *atomic.Int64) (err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in := bufio.NewReaderSize(conn, 64<<10)
	for ctx.Err() == nil && time.Now().Before(until) {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		if err := skip(in); err != nil {
			return err
		}
		count.Add(1)
	}
	return ctx.Err()
}

// skip reads one answer of known length and forgets it.
func skip(in *bufio.Reader) error {
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "Content-Length") {
			if _, err := fmt.Sscan(value, &length); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("réponse de longueur inconnue")
	}
	_, err := io.CopyN(io.Discard, in, int64(length))
	return err
}
