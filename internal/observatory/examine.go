// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"maillage/internal/observatory/intake"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/sheet"
	"maillage/internal/territory"
)

// File is a file to import, wherever it lies.
type File struct {
	Path string
	Name string // as its owner knows it
}

// Choice of a table: the one that reads best when negative.
const BestTable = -1

// Examination is what a file would bring, before anything is saved.
type Examination struct {
	File      File
	Hash      string // SHA-256 of the file, hexadecimal
	Size      int64
	Format    sheet.Format
	Tables    []sheet.TableInfo
	Plan      *intake.Plan
	Sample    []intake.Row   // header and first rows, as cells
	Issues    []intake.Issue // of the reading and of the comparison with what is known
	Warnings  []string       // of the file itself
	Values    int            // figures and reasons that there is none
	Known     int            // of those, figures
	Places    int            // territories
	Geography clock.Date     // guessed from the codes
	Unsettled error          // what a person must still say; nil when the file can be imported
	Adopted   bool           // read as last year
}

// Blocked says that an error of the file forbids the import.
func (x *Examination) Blocked() bool {
	return slices.ContainsFunc(x.Issues, func(i intake.Issue) bool { return i.Severity == intake.Error })
}

// Importable says that the file can be imported as it is read now.
func (x *Examination) Importable() bool { return x.Unsettled == nil && !x.Blocked() && x.Values > 0 }

// dictionary knows the indicators by the headers that files use.
func (s *Snapshot) dictionary() *intake.Dictionary {
	list := make([]Indicator, len(s.ordered))
	for i, ind := range s.ordered {
		list[i] = *ind
	}
	return intake.NewDictionary(list)
}

// Examine reads a file through a plan, or through the one it proposes when plan is nil.
// The error is that of the file, in French with its line and remedy.
func (o *Observatory) Examine(ctx context.Context, f File, table int, plan *intake.Plan, p *jobs.Progress) (*Examination, error) {
	x := &Examination{File: f, Plan: plan}
	p.Step("Lecture du fichier", 0)
	var err error
	if x.Hash, x.Size, err = hashFile(f); err != nil {
		return nil, err
	}
	book, err := sheet.OpenNamed(ctx, f.Path, f.Name, sheet.Limits{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = book.Close() }() // only read
	x.Format, x.Tables = book.Format(), book.Tables()
	if plan == nil {
		if err := o.recognise(ctx, book, table, x); err != nil {
			return nil, err
		}
	} else if x.Sample, err = intake.Sample(rowsOf(ctx, book, plan.Table.Index)); err != nil {
		return nil, err
	}
	if err := o.try(ctx, book, x, p); err != nil {
		return nil, err
	}
	x.Warnings = book.Warnings()
	return x, nil
}

func hashFile(f File) (string, int64, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return "", 0, fmt.Errorf("%s : le fichier ne peut pas être ouvert ; vérifiez son nom et vos droits de lecture", f.Name)
	}
	defer func() { _ = file.Close() }() // only read
	h := sha256.New()
	n, err := io.Copy(h, file)
	if err != nil {
		return "", 0, fmt.Errorf("%s : la lecture s'est interrompue : %w", f.Name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

func rowsOf(ctx context.Context, book *sheet.Book, table int) intake.Rows {
	return func(yield func(intake.Row) error) error { return book.Rows(ctx, table, yield) }
}

// recognise proposes a plan: for the table asked, or for the one that reads best.
func (o *Observatory) recognise(ctx context.Context, book *sheet.Book, table int, x *Examination) error {
	d := o.Snapshot().dictionary()
	var failed error
	for i, t := range x.Tables {
		if table != BestTable && table != i || table == BestTable && t.Hidden && len(x.Tables) > 1 {
			continue
		}
		sample, err := intake.Sample(rowsOf(ctx, book, i))
		if err != nil {
			failed = cmpErr(failed, err)
			continue
		}
		plan, err := intake.Recognise(intake.Table{File: x.File.Name, Name: t.Name, Index: i}, sample, d, o.Registry)
		if err != nil {
			failed = cmpErr(failed, err)
			continue
		}
		if x.Plan == nil || better(plan, x.Plan) {
			x.Plan, x.Sample = plan, sample
		}
	}
	if x.Plan == nil {
		if errors.Is(failed, intake.ErrNothing) || failed == nil {
			return fmt.Errorf("%s : %w ; vérifiez que c'est le bon fichier", x.File.Name, intake.ErrNothing)
		}
		return failed
	}
	return o.remember(ctx, x)
}

// remember takes up how a file with the same headers was read last time.
func (o *Observatory) remember(ctx context.Context, x *Examination) error {
	raw, ok, err := o.Store.Mapping(ctx, x.Plan.Signature)
	if err != nil || !ok {
		return err
	}
	var old intake.Plan
	if err := json.Unmarshal(raw, &old); err != nil {
		return nil //nolint:nilerr // a plan of an older format is no loss: the file is recognised afresh
	}
	x.Plan, x.Adopted = intake.Adopt(x.Plan, &old), true
	return nil
}

// better compares two readings by what is settled, then by the figures found.
func better(a, b *intake.Plan) bool {
	score := func(p *intake.Plan) int {
		n := 0
		if p.Geo.Kind != intake.GeoNone {
			n += 1000
		}
		if p.Ready() == nil {
			n += 500
		}
		for _, m := range p.Measures {
			if m.Include {
				n++
			}
		}
		return n
	}
	return score(a) > score(b)
}

// try applies the plan without saving, to count and to compare.
func (o *Observatory) try(ctx context.Context, book *sheet.Book, x *Examination, p *jobs.Progress) error {
	if x.Unsettled = x.Plan.Ready(); x.Unsettled != nil {
		x.Issues = x.Plan.Doubts
		return nil
	}
	p.Step("Lecture des lignes", 0)
	var items []intake.Item
	places := map[territory.ID]bool{}
	for item, err := range x.Plan.Apply(counted(rowsOf(ctx, book, x.Plan.Table.Index), p), o.Registry) {
		if err != nil {
			return err
		}
		if item.Issue != nil {
			x.Issues = append(x.Issues, *item.Issue)
			continue
		}
		if len(items) == maxValues {
			return fmt.Errorf("%s, ligne %d : le fichier contient plus de %s valeurs ; découpez-le, par année ou par département, ou retenez moins de colonnes",
				x.File.Name, item.Line, french.Int(maxValues))
		}
		items = append(items, item)
		places[item.Value.Territory] = true
		x.Values++
		if item.Value.Known() {
			x.Known++
		}
	}
	x.Places, x.Geography = len(places), o.geographyOf(places)
	p.Step("Comparaison avec les chiffres connus", 0)
	snap := o.Snapshot()
	previous, err := snap.previous(ctx, items)
	if err != nil {
		return err
	}
	x.Issues = append(x.Issues, intake.Anomalies(x.File.Name, items, previous, snap.dictionary(), o.Registry)...)
	slices.SortStableFunc(x.Issues, func(a, b intake.Issue) int { return severityRank(a.Severity) - severityRank(b.Severity) })
	return nil
}

func severityRank(s intake.Severity) int {
	return slices.Index([]intake.Severity{intake.Error, intake.Warning, intake.Note}, s)
}

// maxValues bounds the values of one file, which are held in memory to be compared: sixty
// columns for every commune, about 250 MB.
const maxValues = 2_000_000

// tellEvery is how many rows pass between two words on progress.
const tellEvery = 5000

func counted(rows intake.Rows, p *jobs.Progress) intake.Rows {
	return func(yield func(intake.Row) error) error {
		n := 0
		return rows(func(r intake.Row) error {
			if n++; n%tellEvery == 0 {
				p.Add(tellEvery)
			}
			return yield(r)
		})
	}
}

// geographyOf is the youngest 1 January on which all the communes of a file existed: a file
// that lists a commune merged since speaks the codes of its time.
func (o *Observatory) geographyOf(places map[territory.ID]bool) clock.Date {
	years := o.Registry.Years()
	day := clock.NewDate(years[len(years)-1], time.January, 1)
	for id := range places {
		if t, ok := o.Registry.Get(id); ok && !t.To.IsZero() {
			if last := t.To.AddDays(-1); clock.NewDate(last.Year, time.January, 1).Before(day) {
				day = clock.NewDate(last.Year, time.January, 1)
			}
		}
	}
	return day
}

// previous is what is stored for the indicators of a file: the same periods, and for each
// indicator the last period before them.
func (s *Snapshot) previous(ctx context.Context, items []intake.Item) ([]Value, error) {
	first := map[string]Period{}
	asked := map[columnKey]bool{}
	for _, i := range items {
		k := columnKey{i.Value.Indicator, i.Value.Period}
		if asked[k] {
			continue
		}
		asked[k] = true
		if f, ok := first[k.code]; !ok || k.period < f {
			first[k.code] = k.period
		}
	}
	for code, f := range first {
		for _, p := range slices.Backward(s.periods[code]) {
			if p < f {
				asked[columnKey{code, p}] = true
				break
			}
		}
	}
	var list []Value
	for k := range asked {
		num, ok := s.nums[k.code]
		if !ok || !slices.Contains(s.periods[k.code], k.period) {
			continue
		}
		rows, err := s.store.ofColumn(ctx, s.codes, num, k.period)
		if err != nil {
			return nil, err
		}
		for _, r := range s.youngest(rows) {
			list = append(list, r.Value)
		}
	}
	return list, nil
}

// Decision is what a person adds to a plan when importing.
type Decision struct {
	Title     string
	Source    string     // code of a source; that of the first indicator when empty
	Geography clock.Date // zero: as guessed
	Remember  bool       // read next year's file the same way
}

// Import saves what an examination announced, whole or not at all: the file is read again, and
// any error leaves nothing behind. It refuses a file that has changed since.
func (o *Observatory) Import(ctx context.Context, x *Examination, d Decision, now time.Time, p *jobs.Progress) (*Batch, error) {
	if !x.Importable() {
		return nil, cmpErr(x.Unsettled, fmt.Errorf("%s : le fichier contient des erreurs ; corrigez-les, puis recommencez", x.File.Name))
	}
	if hash, _, err := hashFile(x.File); err != nil || hash != x.Hash {
		return nil, cmpErr(err, fmt.Errorf("%s a changé depuis son examen ; examinez-le de nouveau", x.File.Name))
	}
	book, err := sheet.OpenNamed(ctx, x.File.Path, x.File.Name, sheet.Limits{})
	if err != nil {
		return nil, err
	}
	defer func() { _ = book.Close() }() // only read
	plan, err := json.Marshal(x.Plan)
	if err != nil {
		return nil, err
	}
	b := &Batch{Source: d.Source, Title: d.Title, File: x.File.Name, Hash: x.Hash, Geography: d.Geography, Plan: plan, Created: now}
	defined, codes := x.indicators()
	o.complete(b, x, codes)
	p.Step("Enregistrement", int64(x.Values))
	if err := o.Store.SaveBatch(ctx, b, defined, codes, o.reread(ctx, book, x, p), nil); err != nil {
		return nil, err
	}
	if d.Remember {
		if err := o.Store.SaveMapping(ctx, x.Plan.Signature, plan, now); err != nil {
			return nil, err
		}
	}
	return b, o.Refresh(ctx)
}

// indicators are the codes that a plan brings, with the definitions it proposes.
func (x *Examination) indicators() (defined []Indicator, codes []string) {
	for _, m := range x.Plan.Measures {
		if !m.Include || slices.Contains(codes, m.Indicator) {
			continue
		}
		codes = append(codes, m.Indicator)
		if m.Proposal != nil {
			ind := *m.Proposal
			ind.Code = m.Indicator
			defined = append(defined, ind)
		}
	}
	return defined, codes
}

// complete fills in what the person left empty.
func (o *Observatory) complete(b *Batch, x *Examination, codes []string) {
	if b.Title == "" {
		b.Title = x.File.Name
	}
	if b.Geography.IsZero() {
		b.Geography = x.Geography
	}
	if b.Source == "" && len(codes) > 0 {
		if ind, ok := o.Snapshot().Indicator(codes[0]); ok {
			b.Source = ind.Source
		}
	}
	b.Report.Notes = make([]string, 0, len(x.Issues))
	for _, i := range x.Issues {
		if len(b.Report.Notes) < 200 {
			b.Report.Notes = append(b.Report.Notes, IssueText(i))
		}
	}
}

// IssueText is an issue on one line: where, what, and the remedy.
func IssueText(i intake.Issue) string {
	text := i.Message
	if i.Column != "" {
		text = fmt.Sprintf("colonne « %s » : %s", i.Column, text)
	}
	if i.Line > 0 {
		text = fmt.Sprintf("ligne %d, %s", i.Line, text)
	}
	if i.Remedy != "" {
		if !strings.ContainsRune(".?!", rune(text[len(text)-1])) {
			text += "."
		}
		text += " " + i.Remedy
	}
	return text
}

func (o *Observatory) reread(ctx context.Context, book *sheet.Book, x *Examination, p *jobs.Progress) iter.Seq2[Value, error] {
	return func(yield func(Value, error) bool) {
		type figure struct {
			indicator int
			place     territory.ID
			period    Period
		}
		numbers := map[string]int{}
		seen := map[figure]struct{}{}
		n := 0
		for item, err := range x.Plan.Apply(rowsOf(ctx, book, x.Plan.Table.Index), o.Registry) {
			if err != nil {
				yield(Value{}, err)
				return
			}
			if item.Issue != nil {
				continue
			}
			number, known := numbers[item.Value.Indicator]
			if !known {
				number = len(numbers)
				numbers[item.Value.Indicator] = number
			}
			key := figure{number, item.Value.Territory, item.Value.Period}
			if _, twice := seen[key]; twice { // noted when the file was examined
				continue
			}
			seen[key] = struct{}{}
			if n++; n%tellEvery == 0 {
				p.Add(tellEvery)
			}
			if !yield(item.Value, nil) {
				return
			}
		}
	}
}
