// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/geo"
)

// Levels of detail, as geo.Levels: for a town, a département, a région, the whole of France.
const (
	TownDetail = iota
	DepartementDetail
	RegionDetail
	FranceDetail
)

// ErrContours: a file holds nothing that can be drawn as the contours of territories.
var ErrContours = errors.New("contours inutilisables")

// unusable is a sentence for people that errors.Is tells as ErrContours.
func unusable(format string, args ...any) error { return &contourError{fmt.Sprintf(format, args...)} }

type contourError struct{ text string }

func (e *contourError) Error() string { return e.text }
func (e *contourError) Unwrap() error { return ErrContours }

// ContourOptions is what a person says of a file of contours; empty fields are guessed.
type ContourOptions struct {
	Title    string
	Layer    string     // of a file that has several
	Property string     // attribute that holds the code
	Day      clock.Date // geography of the file
	Source   string
	Licence  string
}

// ContourProgress is told, as an import advances, the step in French and what is done of it;
// total is 0 when it is not known.
type ContourProgress func(step string, done, total int64)

// contourFile is a file to read, with its name for people.
type contourFile struct{ path, name string }

// Prepared is a set of contours that is ready to be recorded.
type Prepared struct {
	Set    ContourSet
	ids    []ID
	levels [][]orb.MultiPolygon
}

// Shapes are those of every level, packed one by one.
func (p *Prepared) Shapes() iter.Seq[Shape] {
	return func(yield func(Shape) bool) {
		for level, list := range p.levels {
			for i, mp := range list {
				if !yield(Shape{p.ids[i], level, geo.Marshal(mp)}) {
					return
				}
			}
		}
	}
}

// PrepareContours reads, checks, repairs and simplifies a file, and says what it set aside.
// Nothing is saved; errors are in French and name the file and the feature.
func PrepareContours(ctx context.Context, reg *Registry, path, name string, opt ContourOptions, now time.Time,
	progress ContourProgress) (*Prepared, error) {
	return prepareContours(ctx, reg, []contourFile{{path, name}}, opt, now, progress)
}

// prepareContours does it for files that make one set together, as départements do.
func prepareContours(ctx context.Context, reg *Registry, files []contourFile, opt ContourOptions, now time.Time,
	say ContourProgress) (*Prepared, error) {
	if say == nil {
		say = func(string, int64, int64) {}
	}
	m := &matcher{reg: reg, at: map[ID]int{}}
	var notes []string
	for i, f := range files {
		say("Lecture de "+f.name, int64(i), int64(len(files)))
		layer, err := readContours(ctx, f, opt.Layer)
		if err != nil {
			return nil, err
		}
		notes = append(notes, layer.Warnings...)
		if err := m.layer(f.name, layer, opt.Property); err != nil {
			return nil, err
		}
	}
	if err := m.complete(files[0].name); err != nil {
		return nil, err
	}
	if err := m.repair(ctx, say); err != nil {
		return nil, err
	}
	m.dropInner()
	say("Simplification", 0, 0)
	levels, err := geo.SimplifyLevels(ctx, m.polys, geo.Levels[:], func(done, total int) {
		say("Simplification", int64(done), int64(total))
	})
	if err != nil {
		return nil, err
	}
	set := ContourSet{ID: db.NewID(), Title: opt.Title, Day: opt.Day, Source: opt.Source, Licence: opt.Licence,
		File: files[0].name, Content: m.content(), Notes: append(notes, m.notes()...), Count: len(m.ids), Created: now}
	set.fill(m, files)
	return &Prepared{set, m.ids, levels}, nil
}

// readContours names the file as people know it, not as it lies on the disk.
func readContours(ctx context.Context, f contourFile, layer string) (*geo.Layer, error) {
	read := func() (*geo.Layer, error) { return geo.ReadFile(ctx, f.path, geo.Limits{}) }
	if layer != "" {
		read = func() (*geo.Layer, error) { return geo.ReadLayer(ctx, f.path, layer, geo.Limits{}) }
	}
	l, err := read()
	if err != nil {
		return nil, &namedError{f, err}
	}
	return l, nil
}

// namedError tells a fault under the name the person gave the file.
type namedError struct {
	file contourFile
	err  error
}

func (e *namedError) Unwrap() error { return e.err }

func (e *namedError) Error() string {
	text := strings.ReplaceAll(e.err.Error(), e.file.path, e.file.name)
	if i := strings.LastIndexByte(e.file.path, '/'); i >= 0 {
		text = strings.ReplaceAll(text, e.file.path[i+1:], e.file.name)
	}
	return text
}

// fill completes what the person left empty.
func (s *ContourSet) fill(m *matcher, files []contourFile) {
	if len(files) > 1 {
		s.File = french.Plural(len(files), "fichier", "fichiers")
	}
	if s.Title == "" {
		s.Title = "Contours de " + s.File
	}
	if s.Source == "" {
		s.Source = "fichier " + s.File
	}
	if s.Licence == "" {
		s.Licence = "non précisée"
	}
	if s.Day.IsZero() {
		s.Day = m.geography()
		how := "déduite des communes présentes"
		if !slices.ContainsFunc(m.ids, func(id ID) bool { return geo.CommuneCode.MatchString(string(id)) }) {
			how = "supposée"
		}
		s.Notes = append(s.Notes, "Date de la géographie "+how+" : "+s.Day.French()+".")
	}
}

// content counts what was recognised, by kind: « 39 communes et 4 EPT ».
func (m *matcher) content() string {
	count := map[Kind]int{}
	for _, id := range m.ids {
		kind := Commune
		if t, ok := m.reg.Get(id); ok {
			kind = t.Kind
		}
		count[kind]++
	}
	var parts []string
	for _, k := range []Kind{Commune, EPT, EPCI, Departement, Region, Collectivite, Country} {
		if n := count[k]; n > 0 {
			one, many := k.noun()
			parts = append(parts, french.Plural(n, one, many))
		}
	}
	return enumerate(parts)
}

// geography is the youngest 1 January on which every commune of the file existed.
func (m *matcher) geography() clock.Date {
	years := m.reg.Years()
	day := clock.NewDate(years[len(years)-1], time.January, 1)
	for _, id := range m.ids {
		t, ok := m.reg.Get(id)
		if !ok { // merged before the first vintage
			return clock.NewDate(years[0]-1, time.January, 1)
		}
		if last := t.To.AddDays(-1); !t.Current() && last.Before(day) {
			day = clock.NewDate(last.Year, time.January, 1)
		}
	}
	return day
}

// Preview is what a person looks at before accepting a set.
type Preview struct {
	Found   int          // communes of the home recognised
	Missing []*Territory // current communes of the home that the set cannot draw
	Partial []*Territory // current communes of which only a former part is in the set
}

// PreviewOf compares a set with the communes of a département.
func PreviewOf(reg *Registry, home ID, set ContourSet, ids []ID) Preview {
	whole, partial := coverageOf(reg, set.Day, ids)
	var p Preview
	for _, c := range reg.In(home, Commune) {
		switch {
		case whole[c.ID]:
			p.Found++
		case partial[c.ID]:
			p.Partial = append(p.Partial, c)
		default:
			p.Missing = append(p.Missing, c)
		}
	}
	return p
}

// coverageOf tells which territories of today the territories of a set make up, wholly or not.
func coverageOf(reg *Registry, day clock.Date, ids []ID) (whole, partial map[ID]bool) {
	whole, partial = map[ID]bool{}, map[ID]bool{}
	have := make(map[ID]bool, len(ids))
	for _, id := range ids {
		have[id] = true
	}
	for _, id := range ids {
		heir, ok := drawnIn(reg, id)
		if !ok || whole[heir] || partial[heir] {
			continue
		}
		if madeOf(reg, heir, day, have) {
			whole[heir] = true
		} else {
			partial[heir] = true
		}
	}
	return whole, partial
}

// drawnIn is the territory of today in whose outline the outline of another goes: itself, or
// the one it merged into. One that was shared out between several goes nowhere.
func drawnIn(reg *Registry, id ID) (ID, bool) {
	heirs := reg.Successors(id)
	if len(heirs) != 1 {
		return "", false
	}
	return heirs[0], true
}

// madeOf says that every part a territory had on a day is there.
func madeOf(reg *Registry, id ID, day clock.Date, have map[ID]bool) bool {
	t, ok := reg.Get(id)
	if !ok || t.Kind != Commune {
		return have[id]
	}
	parts := reg.Parts(id, day)
	return len(parts) > 0 && !slices.ContainsFunc(parts, func(p Part) bool { return !have[p.ID] || !p.Exact })
}
