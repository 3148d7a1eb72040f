// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"path/filepath"
	"time"

	"maillage/internal/platform/jobs"
	"maillage/internal/territory"
)

// importContours reads a file of contours, whole or not at all, and puts them in use.
func (a *App) importContours(ctx context.Context, c *call, path string, opts importOptions) error {
	started, name := time.Now(), filepath.Base(path)
	asked := territory.ContourOptions{Title: opts.title, Property: opts.property, Day: opts.geography, Source: opts.source, Licence: opts.licence}
	var set territory.ContourSet
	err := a.watched(ctx, c, "Import de "+name, func(ctx context.Context, p *jobs.Progress) (err error) {
		progress := steps(p)
		if !opts.dry {
			set, err = a.Places.ImportContours(ctx, path, name, asked, progress)
			return err
		}
		prepared, err := territory.PrepareContours(ctx, a.Places.Registry, path, name, asked, started, progress)
		if err == nil {
			set = prepared.Set
		}
		return err
	})
	if err != nil {
		return err
	}
	c.say("%s : %s, géographie du %s.", name, set.Content, set.Day.French())
	for _, note := range set.Notes {
		c.say("  %s", note)
	}
	if opts.dry {
		c.say("Essai : rien n'a été enregistré.")
		return nil
	}
	c.say("Contours en usage après %s. Pour les retirer : page « Contours ».", time.Since(started).Round(time.Millisecond))
	return nil
}

// steps tells a job the progress of the contours: a new step when its name changes.
func steps(p *jobs.Progress) territory.ContourProgress {
	name, told := "", int64(0)
	return func(step string, done, total int64) {
		if step != name {
			name, told = step, 0
			p.Step(step, total)
		}
		p.Add(done - told)
		told = done
	}
}
