// SPDX-License-Identifier: EUPL-1.2

// Command storybook serves one page with every component of package web, for those who
// work on the look and for the accessibility test:
//
//	go run ./internal/platform/web/storybook -addr localhost:8099
//
// Its figures are made up, and the page says so.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

//go:embed pages
var pages embed.FS

var all = web.NewTemplate[storyPage](pages, "pages/all.html")

func main() {
	addr := flag.String("addr", "localhost:8099", "listen here")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := newServer(web.Config{Addr: *addr, Log: slog.New(slog.DiscardHandler)}).
		Run(ctx, func(url string) { fmt.Println(url) })
	if err != nil {
		log.Fatal(err)
	}
}

func newServer(cfg web.Config) *web.Server {
	cfg.Demo, cfg.DemoText = true, "Planche des composants : les chiffres de cette page sont inventés."
	cfg.Organisation, cfg.Version, cfg.Guard = "le comité départemental de la Seine-Saint-Denis", "0.1", webtest.Open{Actor: actor.Actor{Person: "p", Name: "Secrétariat", Hat: "h", Title: "Secrétariat du comité"}}
	s := web.New(cfg)
	var polls atomic.Int64
	s.Handle(
		web.Route{Pattern: "GET /{$}", Access: web.Public, Handler: func(w http.ResponseWriter, r *http.Request) error {
			return all.Render(w, r, http.StatusOK, story())
		}},
		web.Route{Pattern: "GET /progression", Access: web.Public, Handler: web.ProgressPage(func(*http.Request) (web.Progress, error) {
			n := polls.Add(1) * 4000
			return web.Progress{Title: "Import de « accueil-2023.csv »", Done: n, Total: 40000, CancelPath: "/",
				Message: fmt.Sprintf("Lecture des lignes : %d sur 40 000", n), Finished: n >= 40000, Next: "/"}, nil
		})},
		web.Route{Pattern: "GET /progression-en-panne", Access: web.Public, Handler: web.ProgressPage(func(*http.Request) (web.Progress, error) {
			return web.Progress{Title: "Import de « accueil-2023.csv »", Next: "/",
				Failed: "Ligne 212, colonne « places » : « douze » n'est pas un nombre. Corrigez le fichier, puis envoyez-le de nouveau. Rien n'a été enregistré."}, nil
		})},
		web.Route{Pattern: "GET /panne", Access: web.Public, Handler: func(http.ResponseWriter, *http.Request) error {
			return fmt.Errorf("a fault, to look at its page")
		}},
		web.Route{Pattern: "GET /api/v1/territoires", Access: web.Public, Handler: suggest},
	)
	return s
}

// suggestion is what the search box expects of its address.
type suggestion struct {
	Code   string `json:"code"`
	Nom    string `json:"nom"`
	Detail string `json:"detail"`
	URL    string `json:"url"`
}

func suggest(w http.ResponseWriter, r *http.Request) error {
	return web.JSON(w, r, map[string][]suggestion{"results": {
		{"93066", "Saint-Denis", "commune, Seine-Saint-Denis", "/?vu=93066"},
		{"93070", "Saint-Ouen-sur-Seine", "commune, Seine-Saint-Denis", "/?vu=93070"},
		{"93059", "Pierrefitte-sur-Seine", "réunie à Saint-Denis en 2025", "/?vu=93059"},
	}})
}
