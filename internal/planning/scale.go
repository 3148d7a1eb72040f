// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"maillage/internal/platform/clock"
)

//go:embed scales.toml
var embedded []byte

// ErrScales is wrapped by every error of Parse and With, for errors.Is.
var ErrScales = errors.New("barèmes")

// Scales is a checked set of dated scales. It is not modified once made.
type Scales struct {
	all     []Scale // what the administrator entered first, then the file
	entered int     // how many of all were entered
	sources []Source
	aids    []Aid
}

// Load returns the scales that the product ships.
func Load() (*Scales, error) { return Parse("scales.toml", embedded) }

// file is the shape of scales.toml.
type file struct {
	Source []Source `toml:"source"`
	Scale  []Scale  `toml:"scale"`
	Aid    []Aid    `toml:"aid"`
}

// Parse reads and checks a file of scales and aids. Its errors are in French, name the file
// and the block, wrap ErrScales and come all at once.
func Parse(name string, data []byte) (*Scales, error) {
	var f file
	meta, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&f)
	if err != nil {
		return nil, fmt.Errorf("%w : %s : %w", ErrScales, name, err)
	}
	var faults []error
	fault := func(row, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w : %s, %s : %s", ErrScales, name, row, fmt.Sprintf(format, args...)))
	}
	for _, key := range meta.Undecoded() {
		fault("champ « "+key.String()+" »", "champ inconnu ; corrigez son nom ou retirez-le")
	}
	f.check(fault)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Scales{all: f.Scale, sources: f.Source, aids: f.Aid}, nil
}

// check judges every block and gives each its sources.
func (f *file) check(fault func(row, format string, args ...any)) {
	byKey := checkSources(f.Source, fault)
	resolve := func(row string, keys []string) (out []Source) {
		for _, key := range keys {
			src, ok := byKey[key]
			if !ok {
				fault(row, "la source « %s » n'est pas décrite ; ajoutez un bloc [[source]]", key)
			}
			out = append(out, src)
		}
		return out
	}
	for i := range f.Scale {
		s := &f.Scale[i]
		row := fmt.Sprintf("barème n° %d « %s »", i+1, s.Code)
		if s.Shape == "" {
			s.Shape = ShapeValue
		}
		checkScale(*s, func(format string, args ...any) { fault(row, format, args...) })
		s.Sources = resolve(row, s.SourceKeys)
	}
	for i := range f.Aid {
		a := &f.Aid[i]
		row := fmt.Sprintf("aide n° %d « %s »", i+1, a.Code)
		checkAid(*a, f.Scale, func(format string, args ...any) { fault(row, format, args...) })
		a.Sources = resolve(row, a.SourceKeys)
	}
	checkVersions(f.Scale, fault)
	if len(f.Scale) == 0 {
		fault("fichier", "aucun barème ; un bloc [[scale]] au moins est attendu")
	}
}

// With adds the versions that the administrator entered; on their days they stand before
// what is shipped. Code must be known, Origin says who filled it in and from what document;
// label, unit, shape and sources not given are those of the shipped scale.
func (s *Scales) With(entered ...Scale) (*Scales, error) {
	var faults []error
	all := make([]Scale, 0, len(entered)+len(s.all))
	fault := func(row, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w : %s : %s", ErrScales, row, fmt.Sprintf(format, args...)))
	}
	for _, e := range entered {
		known, ok := s.last(e.Code)
		if !ok {
			fault("« "+e.Code+" »", "ce barème n'existe pas ; choisissez-le dans la liste")
			continue
		}
		e.Label, e.Unit, e.Shape, e.By = known.Label, known.Unit, known.Shape, known.By
		if e.ValidFrom.IsZero() {
			fault("« "+e.Label+" »", "indiquez le jour où le montant entre en vigueur")
		}
		if strings.TrimSpace(e.Origin) == "" {
			fault("« "+e.Label+" »", "indiquez le document d'où vient le montant")
		}
		if !e.Filled() {
			fault("« "+e.Label+" »", "indiquez le montant, en %s", e.Unit)
		}
		checkFigures(e, func(format string, args ...any) { fault("« "+e.Label+" »", format, args...) })
		all = append(all, e)
	}
	all = append(all, s.all[:s.entered]...)
	checkVersions(all, fault)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	n := len(all)
	return &Scales{all: append(all, s.all[s.entered:]...), entered: n, sources: s.sources, aids: s.aids}, nil
}

// All returns every version, what was entered first, then in the order of the file.
func (s *Scales) All() []Scale { return slices.Clone(s.all) }

// Sources returns the sources in the order of the file.
func (s *Scales) Sources() []Source { return slices.Clone(s.sources) }

// ToFill lists the scales that bear no figure on the day d, for the administrator's page:
// versions without figure, and scales whose last known version has ended.
func (s *Scales) ToFill(d clock.Date) []Scale {
	var out []Scale
	seen := map[string]bool{}
	for _, v := range s.all {
		if seen[v.Code] {
			continue
		}
		seen[v.Code] = true
		now, ok := s.At(v.Code, d)
		if !ok {
			now, _ = s.last(v.Code)
		}
		if !ok || !now.Filled() {
			out = append(out, now)
		}
	}
	return out
}

// At returns the version of the code in force on the day d, filled or not; false when no
// version covers that day.
func (s *Scales) At(code string, d clock.Date) (Scale, bool) {
	for _, v := range s.all {
		if v.Code == code && v.InForce(d) {
			return v, true
		}
	}
	return Scale{}, false
}

// last is the youngest version of a code.
func (s *Scales) last(code string) (Scale, bool) {
	var out Scale
	found := false
	for _, v := range s.all {
		if v.Code == code && (!found || v.ValidFrom.After(out.ValidFrom)) {
			out, found = v, true
		}
	}
	return out, found
}

func checkSources(sources []Source, fault func(row, format string, args ...any)) map[string]Source {
	byKey := map[string]Source{}
	for i, s := range sources {
		row := fmt.Sprintf("source n° %d « %s »", i+1, s.Key)
		if s.Key == "" || s.Title == "" {
			fault(row, "il faut une clé (key) et un titre (title)")
		}
		if s.Address != "" && (!strings.HasPrefix(s.Address, "https://") || strings.ContainsAny(s.Address, " …")) {
			fault(row, "l'adresse « %s » doit être complète et commencer par https://, ou être absente", s.Address)
		}
		if s.Read.IsZero() {
			fault(row, "indiquez le jour de lecture (read)")
		}
		if _, dup := byKey[s.Key]; dup {
			fault(row, "cette clé est déjà prise ; choisissez-en une autre")
		}
		byKey[s.Key] = s
	}
	return byKey
}

var slug = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func checkScale(s Scale, fault func(format string, args ...any)) {
	if !slug.MatchString(s.Code) {
		fault("le code doit être en minuscules sans accent, mots séparés par un tiret")
	}
	if s.Label == "" || s.Unit == "" {
		fault("il faut un nom (label) et une unité (unit)")
	}
	if s.Filled() && len(s.SourceKeys) == 0 {
		fault("un montant sans source ; citez-en une (sources) ou retirez le montant")
	}
	if s.ValidFrom.IsZero() && len(s.Doubts) == 0 {
		fault("sans date de début (valid_from), dites pourquoi dans doubts")
	}
	checkFigures(s, fault)
}

func checkFigures(s Scale, fault func(format string, args ...any)) {
	if !slices.Contains([]Shape{ShapeValue, ShapeRange, ShapeTable}, s.Shape) {
		fault("forme « %s » inconnue : valeur, fourchette ou tableau", s.Shape)
	}
	if s.Value != nil && s.Shape != ShapeValue || (s.Low != nil || s.High != nil) && s.Shape != ShapeRange ||
		len(s.Rows) > 0 && s.Shape != ShapeTable {
		fault("les montants ne vont pas avec la forme « %s »", s.Shape)
	}
	figures := []*Number{s.Value, s.Low, s.High}
	for i, r := range s.Rows {
		figures = append(figures, r.Value)
		if i < len(s.Rows)-1 && r.Below == nil && r.UpTo == nil {
			fault("ligne %d : seule la dernière ligne du tableau peut être sans borne", i+1)
		}
		if i > 0 && !rises(s.Rows[i-1], r) {
			fault("ligne %d : les bornes du tableau doivent croître", i+1)
		}
	}
	for _, n := range figures {
		if n != nil && n.Sign() < 0 {
			fault("un montant négatif (%s) ; écrivez-le sans signe", n)
		}
	}
	if s.Low != nil && s.High != nil && s.Low.Compare(*s.High) > 0 {
		fault("la borne basse (%s) dépasse la borne haute (%s)", s.Low, s.High)
	}
	if !s.ValidTo.IsZero() && s.ValidTo.Before(s.ValidFrom) {
		fault("la fin (%s) précède le début (%s)", s.ValidTo, s.ValidFrom)
	}
}

// rises says that the bound of b is above that of a; a row without bound is above all.
func rises(a, b Row) bool {
	bound := func(r Row) *Number {
		if r.Below != nil {
			return r.Below
		}
		return r.UpTo
	}
	x, y := bound(a), bound(b)
	return y == nil || x != nil && x.Compare(*y) < 0
}

// checkVersions refuses two versions of one code on one day, and two shapes or labels of one code.
func checkVersions(scales []Scale, fault func(row, format string, args ...any)) {
	for i, a := range scales {
		for j, b := range scales[:i] {
			if a.Code != b.Code {
				continue
			}
			row := fmt.Sprintf("barème n° %d « %s »", i+1, a.Code)
			if a.InForce(b.ValidFrom) || b.InForce(a.ValidFrom) {
				fault(row, "cette version chevauche la version n° %d ; donnez une fin à l'une la veille de l'autre", j+1)
			}
			if a.Shape != b.Shape || a.Label != b.Label || a.Unit != b.Unit {
				fault(row, "nom, unité ou forme diffèrent de la version n° %d", j+1)
			}
		}
	}
}
