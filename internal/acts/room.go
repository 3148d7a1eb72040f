// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

var _ = web.AddStyle("actes.css", mustRead("pages/acts.css"))

func mustRead(name string) []byte {
	b, err := fs.ReadFile(pageFiles, name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return b
}

// Site is what the pages need of the rest of the program.
type Site struct {
	Journal *journal.Journal
	Kinds   []journal.Kind             // of every room that does acts
	Name    func(holder string) string // a territory's name, "" when its ID is unknown; may be nil
	Jobs    *jobs.Runner
	Now     func() time.Time
}

// Room is the pages of the journal.
type Room struct {
	Site
	kinds    map[string]journal.Kind
	mu       sync.Mutex
	controls []*control // the last ones first
}

// New makes the pages. A kind declared twice or without a label is an error.
func New(s Site) (*Room, error) {
	r := &Room{Site: s, kinds: map[string]journal.Kind{}}
	for _, k := range s.Kinds {
		if _, twice := r.kinds[k.Slug]; twice || k.Slug == "" || k.Label == "" {
			return nil, fmt.Errorf("acts: kind %q is declared twice, or lacks its slug or label", k.Slug)
		}
		r.kinds[k.Slug] = k
	}
	return r, nil
}

// Path is the address of an act's page.
func Path(id string) string { return "/actes/" + id }

// The accesses of this room, in the table of people/policy.
const (
	read web.Access = "actes.lire"
	keep web.Access = "actes.tenir"
	// names is the access that lets the name of an act's author be shown.
	names web.Access = "personnes.lire"
)

// Routes are the addresses of the room. Its public pages follow each act: they must not be
// kept in the site's cache of public pages.
func (r *Room) Routes() []web.Route {
	return []web.Route{
		{Pattern: "GET /actes", Access: web.Public, Handler: r.public},
		{Pattern: "GET /actes.json", Access: web.Public, Handler: r.publicJSON},
		{Pattern: "GET /actes/cle.txt", Access: web.Public, Handler: r.keyFile},
		{Pattern: "GET /actes/points/{file}", Access: web.Public, Handler: r.checkpointFile},
		{Pattern: "GET /actes/verifier", Access: web.Public, Handler: r.verifyForm},
		{Pattern: "POST /actes/verifier", Access: web.Public, Handler: r.verify, MaxBody: maxSent},
		{Pattern: "GET /actes/journal", Access: read, Handler: r.list},
		{Pattern: "GET /actes/journal.csv", Access: read, Handler: r.listCSV},
		{Pattern: "POST /actes/reprise", Access: keep, Handler: r.resume},
		{Pattern: "GET /actes/controle", Access: keep, Handler: r.controlDesk},
		{Pattern: "POST /actes/controle", Access: keep, Handler: r.startControl},
		{Pattern: "GET /actes/controle/{job}", Access: keep, Handler: web.ProgressPage(r.controlProgress)},
		{Pattern: "GET /actes/controle/{job}/resultat", Access: keep, Handler: r.controlResult},
		{Pattern: "GET /actes/{id}", Access: read, Scope: r.scope, Handler: r.act},
		{Pattern: "GET /actes/{id}/{file}", Access: read, Scope: r.scope, Handler: r.receipt},
	}
}

// scope finds the territory whose act a path names.
func (r *Room) scope(req *http.Request) (web.Scope, error) {
	e, err := r.Journal.Act(req.Context(), req.PathValue("id"))
	if errors.Is(err, journal.ErrUnknown) {
		return web.Scope{}, web.ErrForeign()
	}
	if err != nil {
		return web.Scope{}, told(err)
	}
	return web.Scope{Territory: e.Leaf.Holder}, nil
}

// told makes a page of what is wrong with the journal; other errors stay as they are.
func told(err error) error {
	if errors.Is(err, journal.ErrStranger) {
		return (&web.Problem{Status: http.StatusInternalServerError, Title: "La clé du journal des actes manque",
			Detail: "Le journal a été signé par une clé que ce service n'a pas. L'administrateur doit remettre le fichier " + journal.KeyFile +
				" dans le dossier de données, ou y ajouter l'ancienne clé publique au fichier " + journal.FormerKeysFile + ", puis redémarrer."}).Because(err)
	}
	for _, known := range []error{journal.ErrAltered, journal.ErrCheckpoint, journal.ErrForked} {
		if errors.Is(err, known) {
			return (&web.Problem{Status: http.StatusInternalServerError, Title: "Le journal des actes est à vérifier",
				Detail: "Ce qui est enregistré n'est plus ce qui a été écrit et signé. L'administrateur du service doit lancer la vérification complète du journal, qui dira où.",
				Link:   web.Link{Label: "Vérifier le journal", Href: controlPath}}).Because(err)
		}
	}
	return err
}

// label is the name of a kind; a kind that no room declares any more keeps its slug.
func (r *Room) label(slug string) string { return cmp.Or(r.kinds[slug].Label, slug) }

// holder is « Bondy (93010) », or the ID alone.
func (r *Room) holder(id string) string {
	if id == "" || r.Name == nil {
		return id
	}
	if name := r.Name(id); name != "" && name != id {
		return name + " (" + id + ")"
	}
	return id
}

// ordinal is the number of an act or of a checkpoint, that people count from 1.
func ordinal(n int64) string { return french.Int(int(journal.Ordinal(n))) }

// subject is what an act is about, in the words of its kind.
func (r *Room) subject(l *journal.Leaf) string { return r.kinds[l.Kind].SubjectText(l.Subject) }

// instant is « 12 mars 2026 à 14 h 04 min 05 s », in Paris.
func instant(t time.Time) string {
	return clock.On(t).French() + t.In(clock.Paris).Format(" à 15\u00a0h\u00a004\u00a0min\u00a005\u00a0s")
}

// sentence gives an error of the journal its capital and its full stop.
func sentence(err error) string {
	s := strings.TrimPrefix(err.Error(), journal.ErrReceipt.Error()+" : ")
	return strings.TrimSuffix(capital(s), ".") + "."
}

func capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(first)) + s[n:]
}
