// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"context"
	"sync"
	"testing"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
	"maillage/internal/territory"
)

var france = sync.OnceValues(territory.Load)

// rooms are the tables that this room and the one below it need.
var rooms = []dbtest.Room{{Name: "territory", FS: territory.Migrations()}, {Name: "duty", FS: Migrations()}}

// answered is the instant at which the pages of a test are asked for: 23 November 2026, in Paris.
var answered = time.Date(2026, 11, 23, 9, 0, 0, 0, clock.Paris)

// site is the room on the real register, behind the real server.
type site struct {
	*web.Server
	room *Room
}

func newSite(tb testing.TB, d *db.DB) *site {
	tb.Helper()
	reg, err := france()
	if err != nil {
		tb.Fatal(err)
	}
	places, err := territory.Open(context.Background(), reg, territory.NewStore(d), "93")
	if err != nil {
		tb.Fatal(err)
	}
	rules, err := Load()
	if err != nil {
		tb.Fatal(err)
	}
	room, err := Open(context.Background(), rules, places, NewStore(d))
	if err != nil {
		tb.Fatal(err)
	}
	return &site{room: room}
}

// serve is a site on a fresh SQLite database, open to those who manage.
func serve(t *testing.T) *site {
	t.Helper()
	s := newSite(t, dbtest.New(t, db.SQLite, rooms...))
	s.Server = webtest.Server(t, web.Config{Guard: webtest.Open{}}, s.room.Routes(func() time.Time { return answered })...)
	return s
}
