// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"fmt"
	"time"

	"maillage/internal/platform/jobs"
	"maillage/internal/platform/web"
)

// Site is what the pages of the room need of the program they run in.
type Site struct {
	Jobs    *jobs.Runner
	Dir     string // folder for uploaded and downloaded files
	Now     func() time.Time
	Network bool // official contours may be fetched from the network
	// Official is the base address of the public geography API; empty: OfficialAPI.
	Official string
}

// Routes are the addresses of the room.
func (r *Room) Routes(site Site) []web.Route {
	return nil
}

// ImportContours reads a file of contours and puts them in use at once, as the command line
// does. It returns what was recorded, with notes for the person.
func (r *Room) ImportContours(ctx context.Context, path, name string, opt ContourOptions, progress ContourProgress) (ContourSet, error) {
	p, err := PrepareContours(ctx, r.Registry, path, name, opt, time.Now(), progress)
	if err != nil {
		return ContourSet{}, err
	}
	p.Set.Accepted = p.Set.Created
	if progress != nil {
		progress("Enregistrement", 0, 0)
	}
	if err := r.Store.AddContours(ctx, p.Set, p.Shapes()); err != nil {
		return ContourSet{}, fmt.Errorf("%s : les contours n'ont pas pu être enregistrés : %w", name, err)
	}
	return p.Set, r.Refresh(ctx)
}
