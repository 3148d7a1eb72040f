// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
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
	cfg.Demo, cfg.ManageOpen = true, true
	if cfg.DatabaseURL != "" {
		return errors.New("la démonstration ouvre à tous les pages de gestion : elle n'emploie pas la base réglée par database_url ; retirez ce réglage, ou lancez maillage serve")
	}
	if cfg.Dir == defaults().Dir {
		dir, err := os.MkdirTemp("", "maillage-demo-")
		if err != nil {
			return fmt.Errorf("la démonstration a besoin d'un dossier temporaire : %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }() // a temporary folder left behind does no harm
		cfg.Dir = dir
	}
	if err := claimForDemo(cfg.Dir); err != nil {
		return err
	}
	return c.run(ctx, cfg)
}

// demoMark is the file that says that a folder holds a demonstration.
const demoMark = "demonstration"

// claimForDemo refuses a folder that already holds something else than a demonstration, whose
// pages would otherwise be open to all.
func claimForDemo(dir string) error {
	mark := filepath.Join(dir, demoMark)
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("le dossier %s n'est pas vide et ne contient pas une démonstration ; donnez un dossier vide à --dir", dir)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être créé : %w", dir, err)
	}
	if err := os.WriteFile(mark, []byte("Ce dossier contient une démonstration de Maillage.\n"), 0o600); err != nil {
		return fmt.Errorf("le dossier %s ne peut pas être écrit : %w", dir, err)
	}
	return nil
}

func (c *call) run(ctx context.Context, cfg Config) (err error) {
	started := time.Now()
	a, err := Open(ctx, cfg, logger(cfg, c.err))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Serve(ctx, func(url string) {
		c.say("Maillage est prêt en %d ms : %s", time.Since(started).Milliseconds(), url)
		if cfg.Demo {
			c.say("Démonstration dans %s ; Ctrl-C pour arrêter.", cfg.Dir)
		}
	})
}
