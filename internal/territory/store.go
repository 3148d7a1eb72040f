// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations are the tables of this room.
func Migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // cannot happen: the folder is embedded
	}
	return sub
}

// ChangeName is under which the room tells other processes that holders or contours changed.
const ChangeName = "territory"

// What callers of the store tell apart, besides what their own check returns.
var (
	// ErrUnknown: nothing is recorded under that identifier.
	ErrUnknown = errors.New("cet enregistrement n'existe pas")
	// ErrChanged: somebody else changed it meanwhile.
	ErrChanged = errors.New("cet enregistrement a été modifié entre-temps")
)

// Store is the only place that touches the tables of this room.
type Store struct {
	History *history.Room // nil: nobody asks who changed what
	Drafts  *drafts.Room  // nil: what is typed is not kept

	db *db.DB
}

// NewStore keeps holders and contours in d, whose territory migrations have been applied.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// Act is what somebody did at once, and can undo at once.
type Act struct {
	ID    string
	Title string // French sentence: « 3 compétences transférées à Est Ensemble »
	Draft string // key of the form it accepts, "" for none
	About ID     // the territory it is recorded for, "" for the list of syndicats
	Made  time.Time
}

// NewAct names an act.
func NewAct(title string, now time.Time) Act { return Act{ID: db.NewID(), Title: title, Made: now} }

// Change is what an act does: rows it adds and rows it withdraws, all or none.
type Change struct {
	Syndicats []SyndicatMixte
	Holdings  []Holding
	Withdraw  []string // Holding.ID or SyndicatMixte.Row
}

// Recorded reads what counts at present.
func (s *Store) Recorded(ctx context.Context) (Recorded, error) { return recorded(ctx, s.db.Read()) }

func recorded(ctx context.Context, q db.Querier) (r Recorded, err error) {
	if r.Syndicats, err = syndicats(ctx, q); err == nil {
		r.Holdings, err = holdings(ctx, q)
	}
	return r, err
}

func syndicats(ctx context.Context, q db.Querier) ([]SyndicatMixte, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (SyndicatMixte, error) {
		var x SyndicatMixte
		var created string
		err := scan(&x.Row, &x.ID, &x.Name, &x.Departement, &created)
		if err == nil {
			x.Created, err = db.ParseInstant(created)
		}
		return x, err
	}, `select id, siren, name, departement, created_at
		from territory_syndicat where live = 1 order by name, id limit 10000`)
}

func holdings(ctx context.Context, q db.Querier) ([]Holding, error) {
	return db.Query(ctx, q, func(scan func(...any) error) (Holding, error) {
		var h Holding
		var from, to, created string
		if err := scan(&h.ID, &h.Commune, &h.Competence, &h.Holder, &from, &to, &h.Proof, &created, &h.Act); err != nil {
			return h, err
		}
		var err error
		h.Created, err = db.ParseInstant(created)
		return h, errors.Join(err, h.From.UnmarshalText([]byte(from)), h.To.UnmarshalText([]byte(to)))
	}, `select id, commune, competence, holder, valid_from, valid_to, proof, created_at, act
		from territory_holding where live = 1 order by commune, competence, valid_from limit 200000`)
}

// Do makes a change. check is asked inside the transaction with everything that counts
// afterwards, so that two people cannot record what contradicts itself.
func (s *Store) Do(ctx context.Context, a Act, c Change, check func(after Recorded) error) error {
	return s.db.Change(ctx, ChangeName, func(tx *sql.Tx) error {
		if err := s.addAct(ctx, tx, a, len(c.Syndicats)+len(c.Holdings)+len(c.Withdraw)); err != nil {
			return err
		}
		for _, id := range c.Withdraw {
			if err := withdrawRow(ctx, tx, a, id); err != nil {
				return err
			}
		}
		for _, x := range c.Syndicats {
			if err := addSyndicat(ctx, tx, a, x); err != nil {
				return err
			}
		}
		for _, h := range c.Holdings {
			if err := addHolding(ctx, tx, a, h); err != nil {
				return err
			}
		}
		after, err := recorded(ctx, tx)
		if err != nil {
			return err
		}
		return check(after)
	})
}

func (s *Store) addAct(ctx context.Context, tx *sql.Tx, a Act, rows int) error {
	_, err := tx.ExecContext(ctx, `insert into territory_act (id, title, row_count, made_at) values ($1, $2, $3, $4)`,
		a.ID, a.Title, rows, db.Instant(a.Made))
	if err != nil {
		return err
	}
	if a.Draft != "" {
		if err := s.Drafts.Accept(ctx, tx, a.Draft); err != nil {
			return err
		}
	}
	return s.History.Record(ctx, tx, history.Entry{Subject: actKind + "/" + a.ID, Label: a.Title, Verb: history.Create, Scope: web.Scope{Territory: string(a.About)}})
}

// actKind is what people record of holders, as history knows it. An act is undone from the page
// of its territory, which tells what would no longer hold.
const actKind = "territory/acte"

// transferDraft names what somebody is typing about the transfers of a territory.
func transferDraft(id ID) string { return "territory/transferts/" + string(id) }

// Remember registers what this room records with the history, which its store writes from then
// on, and keeps what is typed in d.
func (r *Room) Remember(h *history.Room, d *drafts.Room) {
	r.Store.History, r.Store.Drafts = h, d
	h.Register(history.Kind{Name: actKind, Label: "Compétences et syndicats", Access: "territoire.titulaires"})
}

func addSyndicat(ctx context.Context, tx *sql.Tx, a Act, x SyndicatMixte) error {
	_, err := tx.ExecContext(ctx, `insert into territory_syndicat
		(id, siren, name, departement, created_at, live, act) values ($1, $2, $3, $4, $5, 1, $6)`,
		x.Row, string(x.ID), x.Name, string(x.Departement), db.Instant(a.Made), a.ID)
	return err
}

func addHolding(ctx context.Context, tx *sql.Tx, a Act, h Holding) error {
	_, err := tx.ExecContext(ctx, `insert into territory_holding
		(id, commune, competence, holder, valid_from, valid_to, proof, created_at, live, act)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9)`,
		h.ID, string(h.Commune), string(h.Competence), string(h.Holder), h.From.String(), h.To.String(), h.Proof, db.Instant(a.Made), a.ID)
	return err
}

func withdrawRow(ctx context.Context, tx *sql.Tx, a Act, id string) error {
	var n int64
	for _, text := range []string{
		`update territory_holding set live = 0, act = $1 where id = $2 and live = 1`,
		`update territory_syndicat set live = 0, act = $1 where id = $2 and live = 1`,
	} {
		res, err := tx.ExecContext(ctx, text, a.ID, id)
		if err != nil {
			return err
		}
		touched, err := res.RowsAffected()
		if err != nil {
			return err
		}
		n += touched
	}
	if n != 1 {
		return ErrChanged
	}
	return nil
}

// Undo takes back an act that nothing has touched since: what it added goes, what it withdrew
// returns. This is an act too, which can be undone in turn. It returns what it brought back.
func (s *Store) Undo(ctx context.Context, id string, a Act, check func(after Recorded) error) error {
	return s.db.Change(ctx, ChangeName, func(tx *sql.Tx) error {
		var rows int
		err := tx.QueryRowContext(ctx, `select row_count from territory_act where id = $1`, id).Scan(&rows)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		if err := s.addAct(ctx, tx, a, rows); err != nil {
			return err
		}
		var n int64
		for _, text := range []string{
			`update territory_holding set live = 1 - live, act = $1 where act = $2`,
			`update territory_syndicat set live = 1 - live, act = $1 where act = $2`,
		} {
			res, err := tx.ExecContext(ctx, text, a.ID, id)
			if err != nil {
				return err
			}
			touched, err := res.RowsAffected()
			if err != nil {
				return err
			}
			n += touched
		}
		if n != int64(rows) {
			return ErrChanged
		}
		after, err := recorded(ctx, tx)
		if err != nil {
			return err
		}
		return check(after)
	})
}

// Act reads one act.
func (s *Store) Act(ctx context.Context, id string) (Act, error) {
	list, err := db.Query(ctx, s.db.Read(), scanAct, `select id, title, made_at from territory_act where id = $1 limit 1`, id)
	if err == nil && len(list) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Act{}, err
	}
	return list[0], nil
}

// ActWithin says that all an act touched last is about one commune or holder: those who may
// record for it may undo it.
func (s *Store) ActWithin(ctx context.Context, id string, about ID) (bool, error) {
	var inside, outside int
	err := s.db.Read().QueryRowContext(ctx, `
		select coalesce(sum(case when commune = $1 or holder = $2 then 1 else 0 end), 0),
		       coalesce(sum(case when commune = $3 or holder = $4 then 0 else 1 end), 0)
		from (select commune, holder, act from territory_holding
		      union all
		      select siren, siren, act from territory_syndicat) touched
		where act = $5`, string(about), string(about), string(about), string(about), id).Scan(&inside, &outside)
	return inside > 0 && outside == 0, err
}

// LastActs lists the latest acts that touched a commune or a holder and that can be undone,
// the youngest first.
func (s *Store) LastActs(ctx context.Context, about ID, limit int) ([]Act, error) {
	return db.Query(ctx, s.db.Read(), scanAct, `select a.id, a.title, a.made_at from territory_act a
		where a.id in (select act from territory_holding where commune = $1 or holder = $2)
		and a.row_count = (select count(*) from territory_holding where act = a.id)
			+ (select count(*) from territory_syndicat where act = a.id)
		order by a.made_at desc, a.id desc limit $3`, string(about), string(about), limit)
}

func scanAct(scan func(...any) error) (Act, error) {
	var a Act
	var made string
	err := scan(&a.ID, &a.Title, &made)
	if err == nil {
		a.Made, err = db.ParseInstant(made)
	}
	return a, err
}
