// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"maillage/internal/correspondence"
	"maillage/internal/people"
	"maillage/internal/people/policy"
	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
)

// nobody writes the mails of a service that has neither a mail server nor a public address: they
// stay in the outbox.
const nobody = "ne-pas-repondre@maillage.invalid"

// mailer is the mail server and who writes. The server is nil when none is set.
func (c *Config) mailer() (*mail.SMTP, mail.Identity, error) {
	var server *mail.SMTP
	var from mail.Address
	if c.SMTPURL != "" {
		s, err := mail.ParseURL(c.SMTPURL)
		if err != nil {
			return nil, mail.Identity{}, fmt.Errorf("smtp_url : %w", err)
		}
		server, from = s, s.From
	}
	if c.MailFrom != "" {
		addr, err := mail.ParseAddress(c.MailFrom)
		if err != nil {
			return nil, mail.Identity{}, fmt.Errorf("courriel_expediteur : %w", err)
		}
		from.Addr = addr
	}
	if c.MailName != "" {
		from.Name = c.MailName
	}
	if from.Addr == "" {
		if from.Addr = c.siteAddress(); from.Addr == nobody && server != nil {
			return nil, mail.Identity{}, fmt.Errorf("courriel_expediteur : donnez l'adresse qui écrit, par exemple ne-pas-repondre@ville.fr")
		}
	}
	id := mail.Identity{From: from}
	if err := id.Check(); err != nil {
		return nil, mail.Identity{}, fmt.Errorf("courriel_expediteur, courriel_nom : %w", err)
	}
	return server, id, nil
}

// siteAddress is an address of the public name of the site, nobody when it has none.
func (c *Config) siteAddress() string {
	if u, err := url.Parse(c.BaseURL); err == nil {
		if addr, err := mail.ParseAddress("ne-pas-repondre@" + u.Hostname()); err == nil {
			return addr
		}
	}
	return nobody
}

// openMail opens the outbox.
func (a *App) openMail() (err error) {
	var from mail.Identity
	if a.smtp, from, err = a.Config.mailer(); err != nil {
		return err
	}
	if a.Mail, err = mail.New(a.DB, from, a.Files); err != nil {
		return err
	}
	a.Mail.Log = a.log
	return nil
}

// gatherEvery is how often digests are made when nothing is sent.
const gatherEvery = time.Minute

// sendMail sends what is due until ctx ends. Without a mail server the mails stay in the outbox,
// digests made.
func (a *App) sendMail(ctx context.Context) {
	if a.smtp != nil {
		a.Mail.Run(ctx, a.smtp, mail.Pace{PerMinute: a.smtp.PerMinute})
		return
	}
	a.every(ctx, gatherEvery, "digests", func(ctx context.Context) error { _, err := a.Mail.Gather(ctx); return err })
}

// stopWithin is how long a stop waits for the mail under way, which may be a slow server's: the
// outbox survives being cut short.
const stopWithin = 20 * time.Second

func waitFor(working *sync.WaitGroup, most time.Duration) {
	ended := make(chan struct{})
	go func() { defer close(ended); working.Wait() }()
	select {
	case <-ended:
	case <-time.After(most):
	}
}

// doctorMail says how the outbox stands and whether the mail server answers.
func (c *call) doctorMail(ctx context.Context, a *App) error {
	h, err := a.Mail.Health(ctx)
	if err != nil {
		return err
	}
	waiting := h.Count[mail.Queued] + h.Count[mail.Sending]
	failed := h.Count[mail.Failed] + h.Count[mail.GivenUp]
	if a.smtp == nil {
		c.say("Courriels : aucun serveur de courrier (smtp_url) ; ils restent dans la boîte d'envoi. En attente : %d, refusés : %d", waiting, failed)
		return nil
	}
	c.say("Courriels : en attente %d, refusés %d", waiting, failed)
	s, err := a.smtp.Dial(ctx)
	if err != nil {
		c.say("Serveur de courrier : %s ne répond pas comme il faut", a.smtp)
		return fmt.Errorf("serveur de courrier : %w", err)
	}
	c.say("Serveur de courrier : %s répond", a.smtp)
	return s.Close()
}

// base is what links in mails start with.
func (c *Config) base() string {
	if c.BaseURL != "" {
		return strings.TrimSuffix(c.BaseURL, "/")
	}
	return "http://" + c.Addr
}

// openCorrespondence opens the room of group mails and reminders over the directory.
func (a *App) openCorrespondence(ctx context.Context) error {
	r, err := correspondence.Open(ctx, a.DB, a.Mail, a.People.Store, a.Config.base(), time.Now)
	if err != nil {
		return err
	}
	r.Sends, r.Demo = a.smtp != nil, a.Config.Demo
	r.Audience = correspondence.Directory{Room: r}
	r.DeputyOf = func(ctx context.Context, person string, day clock.Date) (string, error) {
		p, err := a.People.DeputyOf(ctx, person, day)
		if errors.Is(err, people.ErrUnknown) || p.ID == person {
			return "", nil
		}
		return p.ID, err
	}
	r.SetRhythm = a.setRhythm
	a.People.Holders = append(a.People.Holders, correspondence.Handed{Room: r})
	a.Correspondence = r
	if a.Config.Demo {
		return a.demoPromises(ctx)
	}
	return nil
}

// demoPromises give the demonstration something to be reminded of: one promise to come, one late.
func (a *App) demoPromises(ctx context.Context) error {
	accounts, err := a.People.DemoAccounts(ctx)
	if err != nil {
		return err
	}
	who := map[policy.Hat]string{}
	for _, account := range accounts {
		for _, h := range account.Hats {
			if who[h.Role] == "" {
				who[h.Role] = account.Person.ID
			}
		}
	}
	today := clock.On(time.Now())
	var list []correspondence.Promise
	for _, p := range []correspondence.Promise{
		{Key: "demonstration/preuve", Subject: "Noter l'adoption du schéma de Bondy", Path: "/obligations/93010", Person: who[policy.Agent],
			Made: today.AddDays(-20), Due: today.AddDays(12)},
		{Key: "demonstration/chiffres", Subject: "Déposer les chiffres de l'année", Path: "/observatoire/imports", Person: who[policy.Analyst],
			Made: today.AddDays(-40), Due: today.AddDays(-2)},
	} {
		if p.Overseer = who[policy.Secretariat]; p.Person != "" { // the visitor may have deleted them all
			list = append(list, p)
		}
	}
	return a.Correspondence.SeedDemo(ctx, list...)
}

// setRhythm changes how often the person of an address gets the digest, for who clicked in one.
func (a *App) setRhythm(ctx context.Context, addr string, rhythm mail.Rhythm) error {
	ctx = actor.With(ctx, actor.Machine("Lien de désabonnement d'un courriel"))
	for {
		p, err := a.People.ByMail(ctx, a.DB.Read(), addr)
		if errors.Is(err, people.ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		p.Rhythm = rhythm.String()
		if err = a.People.ChangePerson(ctx, p); !errors.Is(err, people.ErrStale) {
			return err
		}
	}
}

// sweepEvery is how soon a reminder leaves once it is due.
const sweepEvery = 5 * time.Minute
