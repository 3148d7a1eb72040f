// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// transfer is one file to bring.
type transfer struct {
	set     *Dataset
	address string
	to      string             // where it goes once it is whole
	limit   int64              // largest size, in bytes
	keep    bool               // its version is kept, to ask again only for what has changed
	check   func(string) error // of what came, before it takes its place
	step    string
}

// part is what has come so far, version the version of it that the server gave.
func (t *transfer) part() string        { return t.to + ".part" }
func (t *transfer) partVersion() string { return t.to + ".part.etag" }
func (t *transfer) version() string     { return t.to + ".etag" }

func (t *transfer) discard() {
	_ = os.Remove(t.part())
	_ = os.Remove(t.partVersion())
}

// once makes one request, and puts the file in its place when it is whole.
func (c *Client) once(ctx context.Context, t transfer, say Progress) (unchanged bool, err error) {
	say(t.step, 0, 0)
	ctx, cancel := context.WithTimeout(ctx, c.whole)
	defer cancel()
	silence := time.AfterFunc(c.idle, cancel)
	defer silence.Stop()
	u, err := c.address(t.address)
	if err != nil {
		return false, fmt.Errorf("remote: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return false, fmt.Errorf("remote: %w", err)
	}
	req.Header.Set("Accept-Encoding", "identity") // a part can only be continued in the bytes it is made of
	req.Header.Set("User-Agent", "Maillage")
	start := c.resume(req, t)
	client := c.client()
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return false, explain(err, t.set.Host())
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode == http.StatusNotModified && req.Header.Get("If-None-Match") != "" {
		return true, nil
	}
	if err := c.accept(res, t); err != nil {
		return false, err
	}
	if err := c.save(res, t, start, silence, say); err != nil {
		return false, err
	}
	return false, t.settle()
}

// resume asks for the rest of a part whose version is known, or else for what has changed
// since the file already here.
func (c *Client) resume(req *http.Request, t transfer) int64 {
	info, err := os.Stat(t.part())
	tag, tagErr := os.ReadFile(t.partVersion())
	if err == nil && tagErr == nil && info.Size() > 0 && strong(string(tag)) {
		req.Header.Set("Range", "bytes="+strconv.FormatInt(info.Size(), 10)+"-")
		req.Header.Set("If-Range", string(tag))
		return info.Size()
	}
	if tag, err := os.ReadFile(t.version()); t.keep && err == nil && len(tag) > 0 && t.check(t.to) == nil {
		req.Header.Set("If-None-Match", string(tag))
	}
	return 0
}

// client follows no redirect to another site: who answers must be who was asked.
func (c *Client) client() *http.Client {
	tr := http.DefaultTransport.(*http.Transport).Clone()
	tr.DialContext = (&net.Dialer{Timeout: min(c.idle, 15*time.Second)}).DialContext
	tr.ResponseHeaderTimeout = c.idle
	return &http.Client{Transport: tr, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > 3 || next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme {
			return fmt.Errorf("%w: %s", errElsewhere, next.URL.Host)
		}
		return nil
	}}
}

// accept looks at an answer before its content.
func (c *Client) accept(res *http.Response, t transfer) error {
	host := t.set.Host()
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		t.discard()
		return &passing{error: refuse("le service %s a refusé de reprendre un téléchargement : recommencez", host)}
	case res.StatusCode == http.StatusTooManyRequests:
		return &passing{refuse("le service %s a reçu trop de demandes en peu de temps : réessayez dans quelques minutes", host), retryAfter(res.Header, c.now())}
	case res.StatusCode >= 500:
		return &passing{refuse("le service %s est momentanément indisponible (réponse %d) : réessayez plus tard, ou %s", host, res.StatusCode, byHand), retryAfter(res.Header, c.now())}
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent:
		body, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10)) // what came of it is enough
		return refuse("le service %s n'a pas donné %s (réponse %d)%s : le jeu de données a peut-être changé d'adresse ; %s", host, t.set.Code, res.StatusCode, said(body), byHand)
	case kind == "text/html":
		return isPage(host)
	case res.ContentLength > t.limit:
		return t.tooBig()
	}
	return nil
}

// isPage refuses a page sent in place of the data: a portal that asks who one is.
func isPage(host string) error {
	return refuse("le service %s a répondu par une page web au lieu des données : un filtre du réseau demande peut-être une identification ; %s", host, byHand)
}

func (t *transfer) tooBig() error {
	t.discard()
	return refuse("le service %s envoie plus de %d Mio, bien plus que ce jeu de données : rien n'est gardé", t.set.Host(), t.limit>>20)
}

// save writes what comes, after what had come before when the server goes on from there.
func (c *Client) save(res *http.Response, t transfer, start int64, silence *time.Timer, say Progress) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	goesOn := res.StatusCode == http.StatusPartialContent && strings.HasPrefix(res.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(start, 10)+"-")
	switch {
	case goesOn && start > 0:
		flags = os.O_WRONLY | os.O_APPEND
	case res.StatusCode == http.StatusPartialContent:
		t.discard()
		return &passing{error: refuse("le service %s a envoyé une autre partie du fichier que celle demandée : recommencez", t.set.Host())}
	default:
		start = 0
		if err := os.WriteFile(t.partVersion(), []byte(res.Header.Get("Etag")), 0o600); err != nil {
			return fmt.Errorf("remote: %w", err)
		}
	}
	file, err := os.OpenFile(t.part(), flags, 0o600) // in our own folder
	if err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	total := int64(0)
	if res.ContentLength > 0 {
		total = start + res.ContentLength
	}
	done := start
	body := &watched{res.Body, func(n int) {
		silence.Reset(c.idle)
		done += int64(n)
		say(t.step, done, total)
	}}
	_, err = io.Copy(file, io.LimitReader(body, t.limit-start+1))
	if err == nil {
		err = file.Sync()
	}
	closeErr := file.Close()
	var disk *os.PathError
	switch {
	case errors.As(err, &disk):
		return fmt.Errorf("remote: %w", err)
	case err != nil:
		return explain(err, t.set.Host())
	case closeErr != nil:
		return fmt.Errorf("remote: %w", closeErr)
	case done > t.limit:
		return t.tooBig()
	}
	return nil
}

// strong says that an entity tag stands for the very bytes; a weak one cannot continue a part.
func strong(tag string) bool { return tag != "" && !strings.HasPrefix(tag, "W/") }

// watched tells each read that brought something.
type watched struct {
	io.Reader
	read func(n int)
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Reader.Read(b)
	if n > 0 {
		w.read(n)
	}
	return n, err
}

// settle puts a file in its place once it is found whole.
func (t *transfer) settle() error {
	if err := t.check(t.part()); err != nil {
		t.discard()
		return err
	}
	_ = os.Remove(t.version()) // a version never stands beside the content of another
	if err := os.Rename(t.part(), t.to); err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	if !t.keep {
		_ = os.Remove(t.partVersion()) // of no more use
		return nil
	}
	if err := os.Rename(t.partVersion(), t.version()); err != nil {
		return fmt.Errorf("remote: %w", err)
	}
	return nil
}
