// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"maillage/internal/platform/clock"
)

// OfficialAPI is the public geography API of the State, which gives the contours of the
// communes of a département as GeoJSON.
const OfficialAPI = "https://geo.api.gouv.fr"

// ErrOfficial: the official contours could not be fetched; the sentence says why.
var ErrOfficial = errors.New("contours officiels non récupérés")

// fetcher downloads official contours, one file a département, and keeps those of the day: a
// fetch that was cut goes on where it stopped.
type fetcher struct {
	base  string
	dir   string
	day   clock.Date
	limit int64         // largest file, in bytes
	idle  time.Duration // longest silence of the server
	pause time.Duration // before trying again
	tries int
}

func (p *pages) fetcher() *fetcher {
	return &fetcher{base: strings.TrimSuffix(cmp.Or(p.site.Official, OfficialAPI), "/"), dir: filepath.Join(p.site.Dir, "contours", "officiels"),
		day: clock.On(p.site.Now()), limit: 96 << 20, idle: 30 * time.Second, pause: 2 * time.Second, tries: 3}
}

// host is the name of the service, for sentences.
func (f *fetcher) host() string {
	if u, err := url.Parse(f.base); err == nil && u.Host != "" {
		return u.Host
	}
	return f.base
}

func (f *fetcher) address(departement ID) string {
	return f.base + "/departements/" + url.PathEscape(string(departement)) + "/communes?format=geojson&geometry=contour&fields=nom,code"
}

// fetch gives the path of the contours of a département.
func (f *fetcher) fetch(ctx context.Context, departement ID, say ContourProgress) (string, error) {
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		return "", fmt.Errorf("official contours: %w", err)
	}
	whole := filepath.Join(f.dir, "communes-"+string(departement)+"-"+f.day.String()+".geojson")
	if _, err := os.Stat(whole); err == nil {
		return whole, nil
	}
	part := whole + ".part"
	var err error
	for try := range f.tries {
		if try > 0 {
			if err := sleep(ctx, f.pause); err != nil {
				return "", err
			}
		}
		if err = f.download(ctx, departement, part, say); err == nil {
			if err = f.check(part, departement); err == nil {
				return whole, os.Rename(part, whole)
			}
		}
		var again *retryError
		if !errors.As(err, &again) {
			break
		}
	}
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return "", err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

// officialError is a sentence for people; retryError says that it may pass.
type officialError struct{ text string }

func (e *officialError) Error() string { return e.text }
func (e *officialError) Unwrap() error { return ErrOfficial }

type retryError struct{ error }

func (e *retryError) Unwrap() error { return e.error }

func officially(format string, args ...any) error {
	return &officialError{fmt.Sprintf(format, args...)}
}

// download fetches what is missing of a file.
func (f *fetcher) download(ctx context.Context, departement ID, part string, say ContourProgress) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(f.idle, cancel)
	defer silence.Stop()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.address(departement), nil)
	if err != nil {
		return fmt.Errorf("official contours: %w", err)
	}
	req.Header.Set("Accept", "application/geo+json, application/json")
	req.Header.Set("Accept-Encoding", "identity") // a part can only be continued in the bytes it is made of
	req.Header.Set("User-Agent", "Maillage")
	start := f.resume(req, part)
	res, err := f.client().Do(req)
	if err != nil {
		return f.explain(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := f.accept(res, part); err != nil {
		return err
	}
	return f.save(res, part, start, departement, silence, say)
}

// resume asks for the rest of a file whose version is known.
func (f *fetcher) resume(req *http.Request, part string) int64 {
	info, err := os.Stat(part)
	tag, tagErr := os.ReadFile(part + ".etag") // #nosec G304 -- in our own folder
	if err != nil || tagErr != nil || info.Size() == 0 || len(tag) == 0 {
		return 0
	}
	req.Header.Set("Range", "bytes="+strconv.FormatInt(info.Size(), 10)+"-")
	req.Header.Set("If-Range", string(tag))
	return info.Size()
}

var errElsewhere = errors.New("redirect to another host")

// client follows no redirect to another host: what answers must be who was asked.
func (f *fetcher) client() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: min(f.idle, 15*time.Second)}).DialContext
	t.ResponseHeaderTimeout = f.idle
	t.DisableKeepAlives = true
	return &http.Client{Transport: t, CheckRedirect: func(next *http.Request, via []*http.Request) error {
		if len(via) > 3 || next.URL.Host != via[0].URL.Host || next.URL.Scheme != via[0].URL.Scheme {
			return fmt.Errorf("%w: %s", errElsewhere, next.URL.Host)
		}
		return nil
	}}
}

// explain says why nothing came.
func (f *fetcher) explain(err error) error {
	var dns *net.DNSError
	var dial *net.OpError
	switch {
	case errors.Is(err, errElsewhere):
		return officially("%s renvoie vers un autre site, ce que Maillage refuse par sécurité. Un filtre du réseau intercepte peut-être la demande", f.host())
	case errors.As(err, &dns), errors.As(err, &dial) && dial.Op == "dial":
		return officially("ce serveur n'a pas accès à internet, ou %s est en panne. "+
			"Téléchargez les contours depuis un autre poste et déposez le fichier ici", f.host())
	}
	return &retryError{officially("%s n'a pas répondu ou la connexion s'est coupée : réessayez plus tard, ce qui est déjà reçu sera repris", f.host())}
}

// accept looks at the answer before its content.
func (f *fetcher) accept(res *http.Response, part string) error {
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case res.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		discard(part)
		return &retryError{officially("%s a refusé de reprendre un téléchargement", f.host())}
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return &retryError{officially("%s est momentanément indisponible (réponse %d) : réessayez plus tard", f.host(), res.StatusCode)}
	case res.StatusCode != http.StatusOK && res.StatusCode != http.StatusPartialContent:
		return officially("%s a répondu %d au lieu des contours : le service a peut-être changé d'adresse", f.host(), res.StatusCode)
	case !strings.Contains(kind, "json"):
		return officially("%s a répondu par une page (%s) au lieu des contours : un filtre du réseau demande peut-être une identification", f.host(), cmp.Or(kind, "sans type"))
	case res.ContentLength > f.limit:
		return f.tooBig()
	}
	return nil
}

func (f *fetcher) tooBig() error {
	return officially("%s envoie un fichier de plus de %d Mio, ce qui n'est pas celui d'un département", f.host(), f.limit>>20)
}

// save writes what comes, after what had come before when the server goes on from there.
func (f *fetcher) save(res *http.Response, part string, start int64, departement ID, silence *time.Timer, say ContourProgress) error {
	flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	if res.StatusCode == http.StatusPartialContent && strings.HasPrefix(res.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(start, 10)+"-") {
		flags = os.O_WRONLY | os.O_APPEND
	} else {
		start = 0
	}
	if res.StatusCode == http.StatusPartialContent && start == 0 {
		discard(part)
		return &retryError{officially("%s a envoyé une autre partie du fichier que celle demandée", f.host())}
	}
	if start == 0 {
		if err := os.WriteFile(part+".etag", []byte(res.Header.Get("Etag")), 0o600); err != nil {
			return fmt.Errorf("official contours: %w", err)
		}
	}
	file, err := os.OpenFile(part, flags, 0o600) // #nosec G304 -- in our own folder
	if err != nil {
		return fmt.Errorf("official contours: %w", err)
	}
	total := int64(0)
	if res.ContentLength > 0 {
		total = start + res.ContentLength
	}
	done := start
	step := "Téléchargement : département " + string(departement)
	_, err = io.Copy(file, io.LimitReader(&watched{res.Body, func(n int) {
		silence.Reset(f.idle)
		done += int64(n)
		say(step, done, total)
	}}, f.limit-start+1))
	closeErr := file.Close()
	switch {
	case err != nil:
		var disk *os.PathError
		if errors.As(err, &disk) {
			return fmt.Errorf("official contours: %w", err)
		}
		return f.explain(err)
	case closeErr != nil:
		return fmt.Errorf("official contours: %w", closeErr)
	case done > f.limit:
		discard(part)
		return f.tooBig()
	}
	return nil
}

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

// check makes sure that a file is whole before it is kept: a truncated answer without a length
// looks like any other.
func (f *fetcher) check(part string, departement ID) error {
	body, err := os.ReadFile(part) // #nosec G304 -- in our own folder, bounded by limit
	if err != nil {
		return fmt.Errorf("official contours: %w", err)
	}
	if !json.Valid(body) || !bytes.Contains(body, []byte(`"FeatureCollection"`)) {
		discard(part)
		return &retryError{officially("les contours du département %s sont arrivés incomplets ou abîmés de %s", departement, f.host())}
	}
	_ = os.Remove(part + ".etag") // of no more use
	return nil
}

func discard(part string) {
	_ = os.Remove(part)
	_ = os.Remove(part + ".etag")
}

// sweep removes the files of other days.
func (f *fetcher) sweep() {
	old, err := filepath.Glob(filepath.Join(f.dir, "communes-*"))
	if err != nil {
		return
	}
	for _, path := range old {
		if !strings.Contains(filepath.Base(path), f.day.String()) {
			_ = os.Remove(path) // tried again next time
		}
	}
}
