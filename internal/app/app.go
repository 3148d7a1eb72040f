// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"maillage/internal/about"
	"maillage/internal/acts"
	"maillage/internal/correspondence"
	"maillage/internal/drafts"
	"maillage/internal/duty"
	"maillage/internal/fiche"
	"maillage/internal/observatory"
	"maillage/internal/observatory/remote"
	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/files"
	"maillage/internal/platform/history"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/privacy"
	"maillage/internal/signin"
	"maillage/internal/territory"
)

// App is the rooms, opened over one database.
type App struct {
	Config      Config
	DB          *db.DB
	Jobs        *jobs.Runner
	Mail        *mail.Outbox
	Places      *territory.Room
	Duties      *duty.Room
	Observatory *observatory.Observatory
	People      *people.Room
	SignIn      *signin.Room
	History     *history.Room
	Drafts      *drafts.Room
	Files       *files.Store
	Journal     *journal.Journal
	Acts        *acts.Room
	Privacy     *privacy.Room

	Correspondence *correspondence.Room

	guard  web.Guard  // SignIn; tests put another
	smtp   *mail.SMTP // nil: mails stay in the outbox
	log    *slog.Logger
	remote *remote.Client // one for all fetches: the servers count them together
}

// Open opens the database, brings its tables up to date and reads what the rooms need.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	loaded := make(chan *ground, 1)
	go func() { loaded <- readGround(territory.ID(cfg.Departement)) }() // it takes longer than the database: side by side
	d, err := db.Open(ctx, cfg.database())
	if err != nil {
		<-loaded
		return nil, err
	}
	a := &App{Config: cfg, DB: d, Jobs: jobs.NewRunner(1), log: log, remote: remote.New(cfg.Sources)}
	if err = a.migrate(ctx); err == nil {
		err = observatory.NewStore(d).SeedOnce(ctx, time.Now())
	}
	if err == nil {
		err = a.openFiles(ctx)
	}
	if err == nil {
		err = a.openMail()
	}
	g := <-loaded
	if err == nil {
		err = g.err
	}
	if err == nil {
		err = a.openRooms(ctx, g)
	}
	if err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// ground is the register of territories and what the observatory knows of it beforehand.
type ground struct {
	*territory.Registry
	observatory *observatory.Ground
	err         error
}

func readGround(home territory.ID) *ground {
	reg, err := territory.Load()
	if err != nil {
		return &ground{err: err}
	}
	g := &ground{Registry: reg, observatory: observatory.NewGround(reg)}
	go g.observatory.LayOut(reg.In(home, territory.Commune)) // the first page shows it, and waits for it if need be
	return g
}

func (a *App) migrate(ctx context.Context) error {
	return errors.Join(
		a.DB.Migrate(ctx, "mail", mail.Migrations()),
		a.DB.Migrate(ctx, "territory", territory.Migrations()),
		a.DB.Migrate(ctx, "observatory", observatory.Migrations()),
		a.DB.Migrate(ctx, "duty", duty.Migrations()),
		a.DB.Migrate(ctx, "journal", journal.Migrations()),
		a.DB.Migrate(ctx, "history", history.Migrations()),
		a.DB.Migrate(ctx, "files", files.Migrations()),
		a.DB.Migrate(ctx, "drafts", drafts.Migrations()),
		a.DB.Migrate(ctx, "privacy", privacy.Migrations()),
		a.DB.Migrate(ctx, "people", people.Migrations()),
		a.DB.Migrate(ctx, "signin", signin.Migrations()),
		a.DB.Migrate(ctx, "correspondence", correspondence.Migrations()),
	)
}

func (a *App) openRooms(ctx context.Context, g *ground) error {
	rules, err := duty.Load()
	if err != nil {
		return err
	}
	catalogue, err := observatory.Shipped()
	if err != nil {
		return err
	}
	if a.Places, err = territory.Open(ctx, g.Registry, territory.NewStore(a.DB), territory.ID(a.Config.Departement)); err != nil {
		return err
	}
	if a.Duties, err = duty.Open(ctx, rules, a.Places, duty.NewStore(a.DB)); err != nil {
		return err
	}
	if a.Observatory, err = observatory.New(ctx, observatory.NewStore(a.DB), g.observatory, catalogue); err != nil {
		return err
	}
	a.Duties.Newer = func(id territory.ID) []territory.Population {
		return a.Observatory.Snapshot().ImportedPopulations(context.Background(), id)
	}
	if err := a.openKeeping(ctx); err != nil {
		return err
	}
	if err := a.openPeople(ctx); err != nil {
		return err
	}
	if err := a.openCorrespondence(ctx); err != nil {
		return err
	}
	a.Privacy, err = a.openPrivacy(ctx)
	return err
}

// openFiles opens the store of the files that people bring.
func (a *App) openFiles(ctx context.Context) (err error) {
	if a.Files, err = files.Open(ctx, a.DB, a.Config.store()); err == nil {
		a.Files.Log = a.log
	}
	return err
}

// openKeeping opens the rooms that keep what people do: who changed what, what is being typed,
// the official acts.
func (a *App) openKeeping(ctx context.Context) (err error) {
	a.History = history.New(a.DB, time.Now, history.Settings{})
	if a.Drafts, err = drafts.Open(ctx, a.DB, time.Now); err != nil {
		return err
	}
	a.Places.Remember(a.History, a.Drafts)
	a.Observatory.Remember(a.History, a.Drafts, time.Now)
	a.Duties.Remember(a.History, a.Drafts, time.Now)
	return a.openJournal()
}

// openJournal opens the journal of official acts, with the key that signs it.
func (a *App) openJournal() error {
	key, err := journal.OpenKey(a.Config.ActsKey, a.Config.Dir, journal.NameAt(a.Config.BaseURL))
	if err != nil {
		return err
	}
	former, err := journal.FormerKeys(a.Config.Dir)
	if err != nil {
		return err
	}
	a.Journal = journal.New(a.DB, key, a.Config.Dir, time.Now, former...)
	a.Acts, err = acts.New(acts.Site{Journal: a.Journal, Kinds: actKinds(), Jobs: a.Jobs, Now: time.Now,
		Name: func(id string) string { return a.Places.Name(territory.ID(id)) }})
	return err
}

// openPeople opens the rooms that know who acts.
func (a *App) openPeople(ctx context.Context) error {
	rights, err := policy.Load()
	if err != nil {
		return err
	}
	a.People = people.Open(&people.Store{DB: a.DB}, a.Places, rights, time.Now)
	a.People.Remember(a.History)
	a.People.Drafts = a.Drafts
	a.SignIn = signin.Open(a.DB, a.People, time.Now)
	a.SignIn.Secure, a.SignIn.Demo = strings.HasPrefix(a.Config.BaseURL, "https://"), a.Config.Demo
	a.SignIn.Base = a.Config.base()
	a.People.BaseURL = a.SignIn.Base
	if a.smtp != nil || a.Config.Demo { // a demonstration keeps its mails, and shows them
		a.SignIn.Outbox, a.People.Outbox = a.Mail, a.Mail
	}
	if err := a.openIdentity(); err != nil {
		return err
	}
	a.SignIn.Menu = []signin.Entry{
		{Label: "Annuaire", Href: "/personnes", Access: "personnes.lire"},
		{Label: "Actes officiels", Href: "/actes/journal", Access: "actes.lire"},
		{Label: "Historique", Href: "/historique", Access: "historique.ouvrir"},
		{Label: "Données personnelles", Href: "/donnees", Access: "donnees.tenir"},
		{Label: "Courriels", Href: "/courriels", Access: "courrier.tenir"},
	}
	a.People.Readdressed = a.SignIn.Readdressed
	a.guard = a.SignIn
	if a.Config.Demo {
		return a.People.SeedDemo(ctx)
	}
	return nil
}

// Close ends the jobs, then the database.
func (a *App) Close() error {
	a.Jobs.Close()
	return a.DB.Close()
}

// Refresh lets every room notice what other processes wrote.
func (a *App) Refresh(ctx context.Context) error {
	return errors.Join(a.Places.Refresh(ctx), a.Observatory.Refresh(ctx), a.Duties.Refresh(ctx))
}

// version names the state of everything a public page shows, the day included.
func (a *App) version() string {
	b := make([]byte, 0, 48)
	for _, v := range []int64{a.Observatory.Snapshot().Version, a.Places.State().Version, a.Duties.Version()} {
		b = append(strconv.AppendInt(b, v, 10), '.')
	}
	return string(append(b, clock.On(time.Now()).String()...))
}

// files is the folder of what is dropped or downloaded.
func (a *App) files() string { return filepath.Join(a.Config.Dir, "fichiers") }

// Routes lists every address of the site.
func (a *App) Routes() []web.Route {
	now, files := time.Now, a.files()
	var routes []web.Route
	for _, room := range [][]web.Route{
		a.Places.Routes(territory.Site{Jobs: a.Jobs, Dir: files, Now: now, Network: a.Config.Network}),
		a.Observatory.Routes(observatory.Site{Home: territory.ID(a.Config.Departement), Dir: files,
			Places: a.Places, Jobs: a.Jobs, Now: now, Network: a.Config.Network, Remote: a.Config.Sources}),
		a.Duties.Routes(now),
		fiche.New(a.Places, a.Duties, a.Observatory, now).Routes(),
		(&about.Room{Version: Version(), Sources: a.sources}).Routes(),
	} {
		routes = append(routes, room...)
	}
	for i := range routes {
		if routes[i].Access == web.Public {
			routes[i].Handler = web.Cached(a.version, routes[i].Handler)
		}
	}
	for _, room := range [][]web.Route{ // about people: what each says follows who asks, and when
		a.SignIn.Routes(),
		a.Correspondence.Routes(),
		a.People.Routes(),
		a.History.Routes(),
		a.Drafts.Routes(),
		a.Files.Routes(),
		a.Acts.Routes(),
		a.Privacy.Routes(),
	} {
		routes = append(routes, room...)
	}
	return routes
}

// site is the web server with every route, ready to answer.
func (a *App) site() *web.Server {
	srv := web.New(web.Config{
		Addr: a.Config.Addr, BaseURL: a.Config.BaseURL, Version: Version(), Demo: a.Config.Demo, DemoLink: web.Link{Label: "Essayer les rôles", Href: "/demonstration"},
		Guard: a.guard, MetricsOpen: a.Config.Metrics == "publique", Log: a.log,
		Ready: a.ready(),
	})
	srv.Handle(a.Routes()...)
	return srv
}

// ready is what must answer for the service to work, by name.
func (a *App) ready() map[string]func(context.Context) error {
	checks := a.Files.Ready()
	checks["base de données"] = func(ctx context.Context) error { return a.DB.Read().PingContext(ctx) }
	return checks
}

// Serve answers requests until ctx ends, then lets those under way finish.
func (a *App) Serve(ctx context.Context, ready func(url string)) error {
	srv := a.site()
	if err := srv.Err(); err != nil {
		return err
	}
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var working sync.WaitGroup
	working.Go(func() { a.watch(watching) })
	working.Go(func() { a.sendMail(watching) })
	working.Go(func() { a.Journal.Run(watching, a.log) })
	a.upkeep(watching, &working)
	err := srv.Run(ctx, ready)
	stop()
	waitFor(&working, stopWithin)
	if err != nil {
		return fmt.Errorf("service : %w", err)
	}
	return nil
}

// watchEvery is how soon what another process wrote is seen.
const watchEvery = time.Second

// watch follows what other processes write, and has the figures of each new state read ahead
// of the visitors.
func (a *App) watch(ctx context.Context) {
	var warming sync.WaitGroup
	defer warming.Wait()
	var warm *observatory.Snapshot
	follow := func() {
		if s := a.Observatory.Snapshot(); s != warm {
			warm = s
			warming.Go(func() { a.Observatory.Warm(ctx) })
		}
	}
	follow()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := a.Refresh(ctx); err != nil && ctx.Err() == nil {
				a.log.ErrorContext(ctx, "refresh", "error", err)
			}
			follow()
		}
	}
}

// sources are the producers of the figures in use.
func (a *App) sources() []about.Source {
	var list []about.Source
	for _, src := range a.Observatory.Catalogue.Sources {
		list = append(list, about.Source{Name: src.Name, Producer: src.Producer, Href: src.URL, Licence: src.Licence, Method: src.Method, Note: src.Limits})
	}
	return list
}

// every does something now, then again at a pace until ctx ends. A failure is told, and tried
// again at the next turn.
func (a *App) every(ctx context.Context, pace time.Duration, what string, do func(context.Context) error) {
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, what, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// upkeep is what the service does of itself while it runs.
func (a *App) upkeep(ctx context.Context, working *sync.WaitGroup) {
	const day = 24 * time.Hour
	for _, job := range []struct {
		what string
		pace time.Duration
		do   func(context.Context) error
	}{
		{"reminders", sweepEvery, func(ctx context.Context) error { _, err := a.Correspondence.Sweep(ctx); return err }},
		{"sessions", time.Hour, a.SignIn.Sweep},
		{"files", day, func(ctx context.Context) error { _, err := a.Files.Sweep(ctx, files.Grace); return err }},
		{"retention", time.Hour, func(ctx context.Context) error { return a.Privacy.RunDaily(ctx, a.log) }},
	} {
		working.Go(func() { a.every(ctx, job.pace, job.what, job.do) })
	}
}
