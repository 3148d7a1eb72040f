// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Progress hears how far a fetch is: what is being done, in French, and how much of it, in
// bytes or in observations; total is 0 when unknown.
type Progress func(step string, done, total int64)

// Options say how much of a data set is wanted.
type Options struct {
	// Departement is the code of a département ("93", "2A", "971"); empty: the whole of France. A data
	// set that exists in one file only comes whole whatever is asked.
	Departement string
}

// File is a data set fetched, ready to be read.
type File struct {
	Path      string
	Name      string // as a person would have named it: "txcouv_pe_com.csv"
	Dataset   Dataset
	Size      int64
	Unchanged bool // the copy already here was the newest: nothing was downloaded
}

// Client fetches data sets. One client serves a whole process, so that the pace of the
// servers is respected by all; its methods may be called from any goroutine.
type Client struct {
	base string // in place of the scheme and host of every address

	limit int64         // largest file, in bytes
	leaf  int64         // largest page of a query, in bytes: it is read in memory
	idle  time.Duration // longest silence of a server
	whole time.Duration // longest download
	pause time.Duration // before trying again when the server does not say
	wait  time.Duration // longest wait that a server may ask for
	tries int
	fresh time.Duration // how long what has no version of its own is kept
	pages int           // most pages of a query
	page  int           // observations asked for at once
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	pace  pace
	mu    sync.Mutex // one fetch at a time: two would write the same files
}

// New makes a client. A base such as "http://127.0.0.1:1234" takes the place of every server,
// for tests; empty: the servers of the catalogue.
func New(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), limit: 300 << 20, idle: 45 * time.Second, whole: 30 * time.Minute,
		pause: 2 * time.Second, wait: 2 * time.Minute, tries: 4, fresh: 6 * time.Hour,
		leaf: 64 << 20, pages: 400, page: melodiPage, now: time.Now, sleep: sleep}
}

// melodiPage is the most observations that the service gives at once, as Insee's R package
// melodi asks for them.
const melodiPage = 10_000

var departementCode = regexp.MustCompile(`^([0-9]{2}|2[AB]|97[0-9])$`)

// Fetch downloads a data set into dir, made when needed, and returns the file, checked and
// whole. What was fetched before is asked for again only if it has changed; a fetch that was
// cut goes on. The error is ErrRemote with a sentence for people, or that of ctx or of the disk.
func (c *Client) Fetch(ctx context.Context, d Dataset, o Options, dir string, say Progress) (File, error) {
	if say == nil {
		say = func(string, int64, int64) {}
	}
	if o.Departement != "" && !departementCode.MatchString(o.Departement) {
		return File{}, refuse("« %s » n'est pas le code d'un département : 93, 2A, 971", o.Departement)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return File{}, fmt.Errorf("remote: %w", err)
	}
	f := File{Dataset: d}
	var err error
	switch {
	case d.ByDepartement() && o.Departement != "":
		f.Name = d.Code + "-" + o.Departement + ".csv"
		f.Path = filepath.Join(dir, f.Name)
		f.Unchanged, err = c.query(ctx, &f, o.Departement, say)
	case d.AllFrance():
		f.Name = d.Code + ".csv"
		if d.Archive {
			f.Name = d.Code + ".zip"
		}
		f.Path = filepath.Join(dir, f.Name)
		f.Unchanged, err = c.get(ctx, transfer{set: &f.Dataset, address: d.File, to: f.Path, limit: c.limit, keep: true,
			step: "Téléchargement de " + f.Name, check: f.check}, say)
	default:
		err = refuse("« %s » se récupère département par département : choisissez-en un", d.Title)
	}
	if err != nil {
		if ctx.Err() != nil {
			return File{}, context.Cause(ctx)
		}
		return File{}, err
	}
	info, err := os.Stat(f.Path)
	if err != nil {
		return File{}, fmt.Errorf("remote: %w", err)
	}
	f.Size = info.Size()
	return f, nil
}

// address is where a request really goes.
func (c *Client) address(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || c.base == "" {
		return u, err
	}
	b, err := url.Parse(c.base)
	if err != nil {
		return nil, err
	}
	u.Scheme, u.Host = b.Scheme, b.Host
	return u, nil
}

// get brings one file, trying again what may pass; unchanged says that the one already here
// is the newest.
func (c *Client) get(ctx context.Context, t transfer, say Progress) (unchanged bool, err error) {
	for try := 1; ; try++ {
		if wait := c.pace.turn(t.set.server(), c.now()); wait > 0 {
			say("Attente : le service "+t.set.Host()+" limite le nombre de demandes par minute", 0, 0)
			if err := c.sleep(ctx, wait); err != nil {
				return false, err
			}
		}
		unchanged, err = c.once(ctx, t, say)
		var again *passing
		if err == nil || ctx.Err() != nil || !errors.As(err, &again) || try == c.tries {
			return unchanged, err
		}
		wait := max(again.wait, c.pause)
		if wait > c.wait {
			return false, refuse("le service %s demande d'attendre %s avant de recommencer : réessayez alors, ou %s", t.set.Host(), lasting(wait), byHand)
		}
		say("Le service "+t.set.Host()+" demande d'attendre "+lasting(wait), 0, 0)
		if err := c.sleep(ctx, wait); err != nil {
			return false, err
		}
	}
}
