// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"time"

	"maillage/internal/drafts"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/territory"
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

// changeName is under which the room tells other processes that its values changed.
const changeName = "observatory"

// ErrUnknownBatch is returned for an import that does not exist.
var ErrUnknownBatch = errors.New("cet import n'existe pas")

// Batch is one import, kept or withdrawn as a whole.
type Batch struct {
	Num       int    // order of arrival, given by the store
	ID        string // in addresses
	Source    string // code of the source
	Title     string // for people
	File      string // name of the file as received
	Hash      string // SHA-256 of the file, hexadecimal
	Geography clock.Date
	Plan      json.RawMessage // how the file was read
	Report    Report
	Count     int // values
	Created   time.Time
	Withdrawn time.Time // zero while the import counts
}

// Active says that the values of the import count.
func (b Batch) Active() bool { return b.Withdrawn.IsZero() }

// Report is what was noticed while a file was read, kept with the import.
type Report struct {
	Rows    int      `json:"rows"`              // rows of data read
	Dropped int      `json:"dropped,omitempty"` // rows set aside
	Notes   []string `json:"notes,omitempty"`   // sentences for people
}

// Coverage is what one import brought for one indicator and period.
type Coverage struct {
	Batch     int
	Indicator string
	Period    Period
	Count     int
}

// Store is the only place that touches the tables of the observatory.
type Store struct {
	History *history.Room // nil: nobody asks who changed what
	Drafts  *drafts.Room  // nil: what is typed is not kept

	db *db.DB
}

// NewStore keeps values in d, whose observatory migrations have been applied.
func NewStore(d *db.DB) *Store { return &Store{db: d} }

// numbers gives the number that stands for each code, making those that are new.
func (s *Store) numbers(ctx context.Context, tx *sql.Tx, codes []string) (map[string]int, error) {
	known, err := readNumbers(ctx, tx)
	if err != nil {
		return nil, err
	}
	next := 1
	for _, n := range known {
		next = max(next, n+1)
	}
	for _, code := range codes {
		if _, ok := known[code]; ok {
			continue
		}
		_, err := tx.ExecContext(ctx, `insert into observatory_indicator (num, code, created_at) values ($1, $2, $3)`,
			next, code, db.Instant(time.Now()))
		if err != nil {
			return nil, fmt.Errorf("indicator %s: %w", code, err)
		}
		known[code] = next
		next++
	}
	return known, nil
}

func readNumbers(ctx context.Context, q db.Querier) (map[string]int, error) {
	type row struct {
		num  int
		code string
	}
	rows, err := db.Query(ctx, q, func(scan func(...any) error) (r row, err error) {
		err = scan(&r.num, &r.code)
		return r, err
	}, `select num, code from observatory_indicator order by num`)
	nums := make(map[string]int, len(rows))
	for _, r := range rows {
		nums[r.code] = r.num
	}
	return nums, err
}

// SaveBatch writes an import and its values in one transaction and gives it its number.
// The values are read once; an error they yield undoes everything. finish, when given, is
// called inside the transaction once the values are counted, to complete the report.
func (s *Store) SaveBatch(ctx context.Context, b *Batch, defined []Indicator, codes []string, values iter.Seq2[Value, error], finish func(*Batch)) error {
	return s.db.Bulk(ctx, func(tx *sql.Tx) error {
		if err := insertBatch(ctx, tx, b); err != nil {
			return err
		}
		nums, err := s.numbers(ctx, tx, codes)
		if err != nil {
			return err
		}
		for _, ind := range defined {
			if err := updateIndicator(ctx, tx, ind); err != nil {
				return err
			}
		}
		covered := map[coverageKey]int{}
		var failed error
		_, err = db.BulkInsert(ctx, tx, "observatory_value",
			[]string{"territory", "indicator", "period", "batch", "state", "number", "note"}, func(yield func([]any) bool) {
				for v, err := range values {
					if err != nil {
						failed = err
						return
					}
					var number any
					if v.Known() {
						number = v.Number
					}
					covered[coverageKey{nums[v.Indicator], v.Period}]++
					b.Count++
					if !yield([]any{string(v.Territory), nums[v.Indicator], string(v.Period), b.Num, int(v.State), number, v.Note}) {
						return
					}
				}
			})
		if err := cmpErr(failed, err); err != nil {
			return err
		}
		if finish != nil {
			finish(b)
		}
		return s.closeBatch(ctx, tx, b, covered)
	})
}

type coverageKey struct {
	indicator int
	period    Period
}

// cmpErr is the first error that is one.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func insertBatch(ctx context.Context, tx *sql.Tx, b *Batch) error {
	var last sql.NullInt64
	if err := tx.QueryRowContext(ctx, `select max(num) from observatory_batch`).Scan(&last); err != nil {
		return err
	}
	b.Num, b.Count = int(last.Int64)+1, 0
	if b.ID == "" {
		b.ID = db.NewID()
	}
	_, err := tx.ExecContext(ctx, `insert into observatory_batch
		(num, id, source, title, file, hash, geography, plan, report, value_count, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, '{}', 0, $9)`,
		b.Num, b.ID, b.Source, b.Title, b.File, b.Hash, b.Geography.String(), string(b.Plan), db.Instant(b.Created))
	return err
}

func (s *Store) closeBatch(ctx context.Context, tx *sql.Tx, b *Batch, covered map[coverageKey]int) error {
	for k, n := range covered {
		_, err := tx.ExecContext(ctx, `insert into observatory_coverage (batch, indicator, period, value_count) values ($1, $2, $3, $4)`,
			b.Num, k.indicator, string(k.period), n)
		if err != nil {
			return err
		}
	}
	report, err := json.Marshal(b.Report)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update observatory_batch set value_count = $1, report = $2 where num = $3`, b.Count, string(report), b.Num)
	if err == nil {
		err = s.History.Record(ctx, tx, b.added())
	}
	if err != nil {
		return err
	}
	return db.Bump(ctx, tx, changeName)
}

// Batches lists every import, the youngest first.
func (s *Store) Batches(ctx context.Context) ([]Batch, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (Batch, error) {
		var b Batch
		var geography, plan, report, created, withdrawn string
		if err := scan(&b.Num, &b.ID, &b.Source, &b.Title, &b.File, &b.Hash, &geography, &plan, &report, &b.Count, &created, &withdrawn); err != nil {
			return b, err
		}
		b.Plan = json.RawMessage(plan)
		err := cmpErr(b.Geography.UnmarshalText([]byte(geography)), json.Unmarshal([]byte(report), &b.Report))
		if err == nil {
			b.Created, err = db.ParseInstant(created)
		}
		if err == nil {
			b.Withdrawn, err = db.ParseOptionalInstant(withdrawn)
		}
		if err != nil {
			return b, fmt.Errorf("import %s: %w", b.ID, err)
		}
		return b, nil
	}, `select num, id, source, title, file, hash, geography, plan, report, value_count, created_at, withdrawn_at
		from observatory_batch order by num desc`)
}

// SetWithdrawn takes an import out (at the instant given) or back in (the zero instant).
func (s *Store) SetWithdrawn(ctx context.Context, id string, at time.Time) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		before, title, err := withdrawal(ctx, tx, id)
		if err != nil {
			return err
		}
		res, err := tx.ExecContext(ctx, `update observatory_batch set withdrawn_at = $1 where id = $2`, db.OptionalInstant(at), id)
		if err := db.One(res, err, ErrUnknownBatch); err != nil {
			return err
		}
		return s.History.Record(ctx, tx, batchMoved(id, title, before, db.OptionalInstant(at)))
	})
}

// Coverage lists what every import brought.
func (s *Store) Coverage(ctx context.Context) ([]Coverage, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (c Coverage, err error) {
		err = scan(&c.Batch, &c.Indicator, &c.Period, &c.Count)
		return c, err
	}, `select c.batch, i.code, c.period, c.value_count
		from observatory_coverage c join observatory_indicator i on i.num = c.indicator
		order by i.code, c.period, c.batch`)
}

// stored is a value as a row, with the import it came from.
type stored struct {
	Value
	batch int
}

// ofTerritories reads every value of a few territories, all imports together.
func (s *Store) ofTerritories(ctx context.Context, codes map[int]string, ids []territory.ID) ([]stored, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = string(id)
	}
	return s.values(ctx, codes, `select territory, indicator, period, batch, state, number, note from observatory_value
		where territory in (`+db.In(1, len(ids))+`) order by territory, indicator, period, batch`, args...)
}

// ofColumn reads the values of one indicator and period everywhere, all imports together.
func (s *Store) ofColumn(ctx context.Context, codes map[int]string, indicator int, p Period) ([]stored, error) {
	return s.values(ctx, codes, `select territory, indicator, period, batch, state, number, note from observatory_value
		where indicator = $1 and period = $2 order by territory, batch`, indicator, string(p))
}

// values scans into variables of the driver's own types: database/sql then copies, where it
// would convert through text, which took a third of the time of a town's sheet.
func (s *Store) values(ctx context.Context, codes map[int]string, query string, args ...any) ([]stored, error) {
	var place, period, note string
	var indicator, batch, state int64
	var number sql.NullFloat64
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (v stored, err error) {
		err = scan(&place, &indicator, &period, &batch, &state, &number, &note)
		v.Value = Value{Indicator: codes[int(indicator)], Territory: territory.ID(place), Period: Period(period),
			State: State(state), Number: number.Float64, Note: note} // #nosec G115 -- written by SaveBatch
		v.batch = int(batch)
		return v, err
	}, query, args...)
}

// row is a value of one indicator and period; its texts hold until the next one.
type row struct {
	place, note []byte
	batch       int
	state       State
	number      float64
}

// eachOfColumn hands over the values of one indicator and period everywhere, all imports
// together, by territory then import. Nothing is kept: a column of the whole of France is
// 35 000 rows.
func (s *Store) eachOfColumn(ctx context.Context, indicator int, p Period, f func(row)) (err error) {
	rows, err := s.db.Read().QueryContext(ctx, `select territory, batch, state, number, note from observatory_value
		where indicator = $1 and period = $2 order by territory, batch`, indicator, string(p))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var place, note sql.RawBytes
	var batch, state int64
	var number sql.NullFloat64
	for rows.Next() {
		if err := rows.Scan(&place, &batch, &state, &number, &note); err != nil {
			return err
		}
		f(row{place, note, int(batch), State(state), number.Float64}) // #nosec G115 -- written by SaveBatch
	}
	return rows.Err()
}

// LocalIndicators are those made here, by an import or a person.
func (s *Store) LocalIndicators(ctx context.Context) ([]Indicator, error) {
	return db.Query(ctx, s.db.Read(), func(scan func(...any) error) (ind Indicator, err error) {
		var code, body string
		if err := scan(&code, &body); err != nil {
			return ind, err
		}
		if err := json.Unmarshal([]byte(body), &ind); err != nil {
			return ind, fmt.Errorf("indicator %s: %w", code, err)
		}
		return ind, nil
	}, `select code, body from observatory_indicator where body <> '' order by code`)
}

// SaveIndicator writes the definition of a local indicator.
func (s *Store) SaveIndicator(ctx context.Context, ind Indicator) error {
	return s.db.Change(ctx, changeName, func(tx *sql.Tx) error {
		if _, err := s.numbers(ctx, tx, []string{ind.Code}); err != nil {
			return err
		}
		if err := updateIndicator(ctx, tx, ind); err != nil {
			return err
		}
		return errors.Join(s.History.Record(ctx, tx, defined(ind)), s.Drafts.Accept(ctx, tx, indicatorDraft))
	})
}

func updateIndicator(ctx context.Context, tx *sql.Tx, ind Indicator) error {
	body, err := json.Marshal(ind)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `update observatory_indicator set body = $1 where code = $2`, string(body), ind.Code)
	return err
}

// Mapping is how a file with these headers was read last time; false when never.
func (s *Store) Mapping(ctx context.Context, signature string) (json.RawMessage, bool, error) {
	var plan string
	err := s.db.Read().QueryRowContext(ctx, `select plan from observatory_mapping where signature = $1`, signature).Scan(&plan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return json.RawMessage(plan), err == nil, err
}

// SaveMapping remembers how a file was read.
func (s *Store) SaveMapping(ctx context.Context, signature string, plan json.RawMessage, now time.Time) error {
	return s.db.Tx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `insert into observatory_mapping (signature, plan, updated_at) values ($1, $2, $3)
			on conflict (signature) do update set plan = excluded.plan, updated_at = excluded.updated_at`,
			signature, string(plan), db.Instant(now))
		return err
	})
}

// codes are the numbers in use and their codes.
func (s *Store) codes(ctx context.Context) (map[int]string, error) {
	nums, err := readNumbers(ctx, s.db.Read())
	codes := make(map[int]string, len(nums))
	for code, num := range nums {
		codes[num] = strings.Clone(code)
	}
	return codes, err
}

// sortedCodes are the distinct indicators of a list of values.
func sortedCodes(seen map[string]bool) []string {
	list := make([]string, 0, len(seen))
	for c := range seen {
		list = append(list, c)
	}
	slices.Sort(list)
	return list
}
