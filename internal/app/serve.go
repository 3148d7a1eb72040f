// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func logger(cfg Config, w io.Writer) *slog.Logger {
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, nil))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

func serve(ctx context.Context, c *call) error {
	cfg, rest, err := c.config()
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("argument de trop : « %s »", rest[0])
	}
	return c.run(ctx, cfg)
}

// demo starts from nothing every time: what is tried in it is not kept, unless a folder is
// given, which must be empty or hold an earlier demonstration.
func demo(ctx context.Context, c *call) error {
	cfg, rest, err := c.config()
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return fmt.Errorf("argument de trop : « %s »", rest[0])
	}
	cfg.Demo = true
	if cfg.Dir == defaults().Dir {
		dir, err := os.MkdirTemp("", "maillage-demo-")
		if err != nil {
			return fmt.Errorf("la démonstration a besoin d'un dossier temporaire : %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder left behind does no harm
		cfg.Dir = dir
	}
	if err := c.claimForDemo(cfg); err != nil {
		return err
	}
	return c.run(ctx, cfg)
}

// demoMark is the file that says that a folder holds a demonstration.
const demoMark = "demonstration"

// claimForDemo protects a database that is not a demonstration's: whoever reaches the address
// is about to step into any of its roles. On this machine alone it is said; for
// others it is refused.
func (c *call) claimForDemo(cfg Config) error {
	mark := filepath.Join(cfg.Dir, demoMark)
	if _, err := os.Stat(mark); err == nil && cfg.DatabaseURL == "" {
		return nil
	}
	_, err := os.Stat(filepath.Join(cfg.Dir, sqliteName))
	if served := err == nil || cfg.DatabaseURL != ""; served {
		if !onLoopback(cfg.Addr) {
			return errors.New("cette base n'est pas celle d'une démonstration, et l'adresse est ouverte à d'autres machines ; donnez un dossier neuf à --dir, ou lancez maillage serve")
		}
		_, _ = fmt.Fprintln(c.err, "Cette base n'est pas celle d'une démonstration : tant qu'elle est ouverte ainsi, tout ce qui tourne sur cette machine peut la modifier.")
		return nil
	}
	if err := os.MkdirAll(cfg.Dir, 0o750); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être créé : %w", cfg.Dir, err)
	}
	if err := os.WriteFile(mark, []byte("Ce dossier contient une démonstration de Maillage.\n"), 0o600); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être écrit : %w", cfg.Dir, err)
	}
	return nil
}

// onLoopback says that only this machine reaches an address.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *call) run(ctx context.Context, cfg Config) (err error) {
	started := time.Now()
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	first, needed := "", false
	if !cfg.Demo {
		if first, needed, err = a.SignIn.FirstAdmin(ctx); err != nil {
			return err
		}
	}
	return a.Serve(ctx, func(url string) {
		c.say("Maillage est prêt en %d ms : %s", time.Since(started).Milliseconds(), url)
		if cfg.Demo {
			c.say("Démonstration dans %s ; Ctrl-C pour arrêter.", cfg.Dir)
		}
		if needed {
			c.say("Ce service n'a pas d'administrateur. Pour le devenir, ouvrez dans la journée : %s/premier-acces?jeton=%s", strings.TrimSuffix(url, "/"), first)
		}
	})
}
