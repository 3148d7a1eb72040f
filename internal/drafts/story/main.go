// SPDX-License-Identifier: EUPL-1.2

// Command story serves one form whose input is kept, with its history, over a real database:
// what the browser test of drafts kills, restarts and takes the network from.
//
//	go run ./internal/drafts/story -addr localhost:8098 -db /tmp/essai.db
//
// Two made-up accounts sign in by a button; /fin ends their session without their leaving.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

//go:embed pages migrations
var files embed.FS

func main() {
	addr := flag.String("addr", "localhost:8098", "listen here")
	path := flag.String("db", "essai.db", "database file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *path); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, addr, path string) error {
	d, err := db.Open(ctx, "sqlite:"+path)
	if err != nil {
		return err
	}
	s, err := open(ctx, d)
	if err == nil {
		srv := s.server(web.Config{Addr: addr, Log: slog.New(slog.DiscardHandler)})
		err = srv.Run(ctx, func(url string) { fmt.Println(url) })
	}
	return errors.Join(err, d.Close())
}

// story is one sheet that people edit.
type story struct {
	db      *db.DB
	drafts  *drafts.Room
	history *history.Room
}

func open(ctx context.Context, d *db.DB) (*story, error) {
	err := errors.Join(d.Migrate(ctx, "story", files), d.Migrate(ctx, "drafts", drafts.Migrations()), d.Migrate(ctx, "history", history.Migrations()))
	if err != nil {
		return nil, err
	}
	s := &story{db: d, history: history.New(d, time.Now, history.Settings{})}
	s.history.Register(history.Kind{Name: "fiche", Label: "Fiche", Href: func(string) string { return "/fiche" }, Show: inWords, Undoer: history.Table{Name: "story_sheet",
		Columns: map[string]string{"nom": "name", "theme": "theme", "acces": "access", "accord": "agreed", "note": "note", "date": "day"}}})
	s.drafts, err = drafts.Open(ctx, d, time.Now)
	return s, err
}

// inWords is what people read for the codes of the sheet.
func inWords(field, value string) string {
	for _, w := range [][3]string{{"theme", "places", "Places"}, {"theme", "qualite", "Qualité"}, {"acces", "ouvert", "Ouvert à tous"}, {"acces", "ferme", "Réservé"}} {
		if w[0] == field && w[1] == value {
			return w[2]
		}
	}
	return value
}

const (
	cookie = "essai"
	access = web.Access("fiche.modifier")
)

// accounts are those of the story, by the value of their cookie.
var accounts = map[string]actor.Actor{
	"p1": {Person: "p1", Name: "Compte du secrétariat", Hat: "h1", Title: "Secrétariat du comité"},
	"p2": {Person: "p2", Name: "Compte d'agent", Hat: "h2", Title: "Agent de la collectivité"},
}

// guard recognises the two accounts by their cookie; those who have none sign in.
type guard struct{}

func (guard) Knows(web.Access) bool { return true }

func (guard) Enter(_ http.ResponseWriter, r *http.Request) (context.Context, *web.Account, error) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return r.Context(), nil, nil // a visitor
	}
	a, ok := accounts[c.Value]
	if !ok {
		return r.Context(), nil, nil
	}
	return actor.With(r.Context(), a), &web.Account{Name: a.Name, Hat: a.Title}, nil
}

func (guard) Check(ctx context.Context, _ web.Access, _ web.Scope) error {
	if actor.From(ctx).Person != "" {
		return nil
	}
	return &web.Detour{Path: "/connexion", Problem: &web.Problem{Status: http.StatusUnauthorized, Title: "Connexion nécessaire",
		Detail: "Votre session est terminée. Connectez-vous, puis recommencez.", Link: web.Link{Label: "Se connecter"}}}
}

func (s *story) server(cfg web.Config) *web.Server {
	cfg.Demo, cfg.DemoText, cfg.Guard = true, "Planche des brouillons : rien ici n'est vrai.", guard{}
	srv := web.New(cfg)
	srv.Handle(s.drafts.Routes()...)
	srv.Handle(s.history.Routes()...)
	srv.Handle(
		web.Route{Pattern: "GET /fiche", Access: access, Handler: s.show},
		web.Route{Pattern: "POST /fiche", Access: access, Handler: s.save},
		web.Route{Pattern: "GET /publique", Access: web.Public, Handler: s.show},
		web.Route{Pattern: "GET /connexion", Access: web.Public, Handler: signIn},
		web.Route{Pattern: "POST /connexion", Access: web.Public, Handler: enter},
		web.Route{Pattern: "POST /deconnexion", Access: web.Public, Handler: leave},
		web.Route{Pattern: "POST /fin", Access: web.Public, Handler: expire},
	)
	return srv
}
