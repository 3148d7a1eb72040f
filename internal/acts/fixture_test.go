// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

var rooms = []dbtest.Room{{Name: "journal", FS: journal.Migrations()}}

// at is the instant of the tests, in Paris 12 March 2026 at 14:04.
var at = time.Date(2026, 3, 12, 13, 4, 5, 678901000, time.UTC)

const (
	journalName = "essai.exemple.fr/journal"
	authorName  = "Autrice d'essai"
	witnessName = "Témoin d'essai"
	document    = "766a39653be872195acbb456535c44122471de918829328cb51bf1b7008d9285"
)

// site is the room on a journal of its own, behind the real server.
type site struct {
	*web.Server
	room    *Room
	journal *journal.Journal
	db      *db.DB
	runner  *jobs.Runner
}

func showVersion(key string, value any) (label, text string) {
	if key != "version" {
		return "", ""
	}
	return "Version transmise", fmt.Sprintf("la %v", value)
}

func testKey(tb testing.TB) *journal.Key {
	tb.Helper()
	secret, err := journal.NewKey(journalName)
	if err != nil {
		tb.Fatal(err)
	}
	k, err := journal.ParseKey(secret)
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func newSite(t *testing.T, d *db.DB, guard web.Guard) *site {
	t.Helper()
	s := &site{db: d, runner: jobs.NewRunner(1), journal: journal.New(d, testKey(t), t.TempDir(), func() time.Time { return at })}
	t.Cleanup(s.runner.Close)
	var err error
	s.room, err = New(Site{Journal: s.journal, Jobs: s.runner, Now: func() time.Time { return at },
		Kinds: append(journal.Kinds(), journal.Kind{Slug: "schema-transmission", Label: "Transmission d'un schéma", Href: func(subject string) string { return "/" + subject }, Show: showVersion},
			journal.Kind{Slug: "essai-sans-territoire", Label: "Essai", Subject: func(string) string { return "une chose" }}),
		Name: func(id string) string { return map[string]string{"93010": "Bondy", "93066": "Saint-Denis"}[id] }})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = webtest.Server(t, web.Config{Guard: guard}, s.room.Routes()...)
	return s
}

// agent may do everything in the département 93 but verify the journal, and reads the
// directory unless blind.
type agent struct {
	webtest.Open
	blind bool
}

func (a agent) Check(_ context.Context, access web.Access, on web.Scope) error {
	switch {
	case access == keep:
		return web.Forbidden("La vérification du journal revient au secrétariat.")
	case a.blind && access == names:
		return web.Forbidden("Pas d'annuaire.")
	case on.Territory != "" && !strings.HasPrefix(on.Territory, "93"):
		return web.ErrForeign()
	}
	return nil
}

// visitor may see what is public.
type visitor struct{ webtest.Open }

func (visitor) Check(context.Context, web.Access, web.Scope) error {
	return &web.Detour{Path: "/connexion", Problem: web.Forbidden("Connectez-vous.")}
}

var known = webtest.Open{Actor: actor.Actor{Person: "p-1", Name: "Agente d'essai", Hat: "h-1", Title: "Secrétariat"}}

func act(i int) journal.Act {
	return journal.Act{Kind: "schema-transmission", At: at.Add(time.Duration(i) * time.Hour), Holder: []string{"93010", "93066"}[i%2],
		Actor: journal.Personal{Person: "p-1", Value: authorName}, Hat: "Direction de la petite enfance", Subject: fmt.Sprintf("schemas/%d", i),
		Document: []string{document},
		Body:     map[string]any{"version": i, "avis": []any{"favorable", nil, true}, "témoin": journal.Personal{Person: "p-2", Value: witnessName}}}
}

// add appends acts and gives their IDs.
func (s *site) add(t *testing.T, list ...journal.Act) []string {
	t.Helper()
	var ids []string
	err := s.journal.Tx(t.Context(), func(tx *sql.Tx) error {
		ids = nil
		for _, a := range list {
			p, err := s.journal.Append(t.Context(), tx, a)
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (s *site) sign(t *testing.T) *journal.Checkpoint {
	t.Helper()
	c, err := s.journal.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (s *site) execute(t *testing.T, query string) {
	t.Helper()
	err := s.db.Tx(t.Context(), func(tx *sql.Tx) error { _, err := tx.ExecContext(t.Context(), query); return err })
	if err != nil {
		t.Fatal(err)
	}
}

// receiptOf is the receipt of an act, as it is downloaded.
func (s *site) receiptOf(t *testing.T, id string) string {
	t.Helper()
	r, err := s.journal.Receipt(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	data, err := r.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// plain has spaces that break.
func plain(s string) string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(s)
}

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) } // not parallel

func TestKindsAreDeclaredOnce(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]journal.Kind{
		"twice":         append(journal.Kinds(), journal.Kinds()...),
		"without label": {{Slug: "x"}},
		"without slug":  {{Label: "X"}},
	} {
		if _, err := New(Site{Kinds: kinds}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// holds is a job that lasts until ch is closed.
func holds(ch chan struct{}) func(context.Context, *jobs.Progress) error {
	return func(context.Context, *jobs.Progress) error { <-ch; return nil }
}
