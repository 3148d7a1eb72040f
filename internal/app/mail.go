// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

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
	if a.Mail, err = mail.New(a.DB, from, nil); err != nil {
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
	tick := time.NewTicker(gatherEvery)
	defer tick.Stop()
	for {
		if _, err := a.Mail.Gather(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "digests", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
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
