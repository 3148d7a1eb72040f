// SPDX-License-Identifier: EUPL-1.2

package duty

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"maillage/internal/platform/clock"
)

//go:embed rules.toml
var embedded []byte

// The two thresholds of CASF L. 214-1-3, II, in inhabitants. The law says "de plus de":
// a population must be strictly greater to be bound.
const (
	LowThreshold  = 3500
	HighThreshold = 10000
)

// ErrRules is wrapped by every error of Parse, so that a caller can tell a faulty
// rules file from anything else.
var ErrRules = errors.New("règles")

// Competence is one of the four missions of CASF L. 214-1-3, I; they can be transferred one by one.
type Competence string

// The four competences, in the order of the law (1° to 4°).
const (
	Recenser  Competence = "recenser"
	Informer  Competence = "informer"
	Planifier Competence = "planifier"
	Qualite   Competence = "qualite"
)

// Competences lists the four in the order of the law.
func Competences() []Competence { return []Competence{Recenser, Informer, Planifier, Qualite} }

// Label is the competence as a French reader writes it: « soutenir la qualité ».
func (c Competence) Label() string {
	if c == Qualite {
		return "soutenir la qualité"
	}
	return string(c)
}

// Number is the item of L. 214-1-3, I: "1°" to "4°".
func (c Competence) Number() string {
	return fmt.Sprintf("%d°", 1+slices.Index(Competences(), c))
}

// Nature says what a row of the rules is.
type Nature string

// A row is something to do, something good to know, or a right.
const (
	Obligation  Nature = "obligation"
	Information Nature = "information"
	Right       Nature = "droit"
)

// Who says whom a rule looks at.
type Who string

// ToHolder is whoever holds the competence; ToTown is the commune itself whatever it has
// transferred; ToOperator runs a facility (gestionnaire); ToDepartment is the départemental
// level (préfet, président du conseil départemental, committee).
const (
	ToHolder     Who = "holder"
	ToTown       Who = "town"
	ToOperator   Who = "operator"
	ToDepartment Who = "department"
)

// Fulfilment names the way the state of a duty is read from the evidence.
type Fulfilment string

// ByEvidence: any of the rule's evidence kinds proves it. ByScheme, ByUpdate and ByReports
// follow the life of the scheme. ByRequest: nothing to do until a request arrives. ByYear:
// one document a year. ByElection: renewed after municipal elections. ByNothing: no state.
const (
	ByEvidence Fulfilment = "evidence"
	ByScheme   Fulfilment = "scheme"
	ByUpdate   Fulfilment = "update"
	ByReports  Fulfilment = "reports"
	ByRequest  Fulfilment = "request"
	ByYear     Fulfilment = "year"
	ByElection Fulfilment = "election"
	ByNothing  Fulfilment = "none"
)

// DueKind names how the date of a duty is found.
type DueKind string

// DueInForce: the day the rule enters into force; DueMonths: a number of months after an
// event; DueYearly: a day of each year; DueNone: the law gives no date.
const (
	DueInForce DueKind = "in-force"
	DueMonths  DueKind = "months"
	DueYearly  DueKind = "yearly"
	DueNone    DueKind = "none"
)

// DueRule is the date rule of a row. Months counts from Event; Month and Day serve DueYearly.
type DueRule struct {
	Kind   DueKind `toml:"kind"`
	Months int     `toml:"months"`
	Event  string  `toml:"event"`
	Month  int     `toml:"month"`
	Day    int     `toml:"day"`
}

// on is the day of a yearly date in the given year.
func (r DueRule) on(year int) clock.Date {
	return clock.NewDate(year, time.Month(r.Month), r.Day)
}

// EvidenceKind is a sort of document that proves or begins to prove a duty.
type EvidenceKind struct {
	Kind  string `toml:"kind"`
	Label string `toml:"label"`
}

// Source is where a rule can be read. Address is a full https URL; Read is the day it was read.
type Source struct {
	Key     string     `toml:"key"`
	Title   string     `toml:"title"`
	Address string     `toml:"address"`
	Read    clock.Date `toml:"read"`
}

// Rule is one version of one duty, valid from ValidFrom to ValidTo (both included; zero
// ValidTo: still in force). Above is the population strictly above which it binds, 0 for all.
type Rule struct {
	Code        string         `toml:"code"`   // stable slug
	Number      string         `toml:"number"` // row of the domain table: "O5"
	Nature      Nature         `toml:"nature"`
	Title       string         `toml:"title"`
	Explanation string         `toml:"explanation"`
	Asks        string         `toml:"asks"`    // verb phrase, third person: "recense les besoins…"
	Article     string         `toml:"article"` // "article L. 214-1-3, I, 1° et II, alinéa 1, du code…"
	Who         Who            `toml:"who"`
	Subject     string         `toml:"subject"` // grammatical subject when it is not the holder
	Competences []Competence   `toml:"competences"`
	Above       int            `toml:"above"`    // inhabitants, strictly
	Optional    bool           `toml:"optional"` // below the threshold it may be done (facultatif)
	ValidFrom   clock.Date     `toml:"valid_from"`
	ValidTo     clock.Date     `toml:"valid_to"`
	Due         DueRule        `toml:"due"`
	Recipient   string         `toml:"recipient"`
	Fulfilment  Fulfilment     `toml:"fulfilment"`
	Evidence    []EvidenceKind `toml:"evidence"`
	CTGItems    []string       `toml:"ctg_items"` // scheme items that cover the rule once found in a CTG in force
	NextStep    string         `toml:"next_step"`
	SourceKeys  []string       `toml:"sources"`
	Doubts      []string       `toml:"doubts"` // what is still to be checked, one sentence each

	Sources []Source `toml:"-"` // resolved from SourceKeys, same order; the first is the article's
}

// ArticleURL is the address where the article can be read.
func (r Rule) ArticleURL() string { return r.Sources[0].Address }

// InForce says whether the version binds on the day d.
func (r Rule) InForce(d clock.Date) bool {
	return !d.Before(r.ValidFrom) && (r.ValidTo.IsZero() || !d.After(r.ValidTo))
}

// Needs says whether the rule follows the competence c.
func (r Rule) Needs(c Competence) bool { return slices.Contains(r.Competences, c) }

// Rules is a checked set of rules with their sources. It is not modified after Parse.
type Rules struct {
	all       []Rule
	sources   []Source
	elections []clock.Date
}

// All returns every version of every rule, in the order of the file.
func (rs *Rules) All() []Rule { return slices.Clone(rs.all) }

// Sources returns the sources in the order of the file.
func (rs *Rules) Sources() []Source { return slices.Clone(rs.sources) }

// Codes returns the codes in the order of the file, once each.
func (rs *Rules) Codes() []string {
	var codes []string
	for _, r := range rs.all {
		if !slices.Contains(codes, r.Code) {
			codes = append(codes, r.Code)
		}
	}
	return codes
}

// At returns the version of the code to show on the day d: the one in force, or else the
// next one to come. It is false when the code is unknown or all its versions are past.
func (rs *Rules) At(code string, d clock.Date) (Rule, bool) {
	var next Rule
	found := false
	for _, r := range rs.all {
		if r.Code != code {
			continue
		}
		if r.InForce(d) {
			return r, true
		}
		if r.ValidFrom.After(d) && (!found || r.ValidFrom.Before(next.ValidFrom)) {
			next, found = r, true
		}
	}
	return next, found
}

// Election is the last general renewal of municipal councils on or before d.
func (rs *Rules) Election(d clock.Date) (clock.Date, bool) {
	var last clock.Date
	for _, e := range rs.elections {
		if !e.After(d) && e.After(last) {
			last = e
		}
	}
	return last, !last.IsZero()
}

// Load returns the rules that the product ships.
func Load() (*Rules, error) { return Parse("rules.toml", embedded) }

// Parse reads and checks a rules file. Its errors are in French, name the file and the
// row, wrap ErrRules, and are all reported at once.
func Parse(name string, data []byte) (*Rules, error) {
	var file struct {
		Elections []clock.Date `toml:"elections"`
		Source    []Source     `toml:"source"`
		Rule      []Rule       `toml:"rule"`
	}
	meta, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&file)
	if err != nil {
		return nil, fmt.Errorf("%w : %s : %w", ErrRules, name, err)
	}
	var faults []error
	fault := func(row, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%w : %s, %s : %s", ErrRules, name, row, fmt.Sprintf(format, args...)))
	}
	for _, key := range meta.Undecoded() {
		fault("champ « "+key.String()+" »", "champ inconnu ; corrigez son nom ou retirez-le")
	}
	byKey := checkSources(file.Source, fault)
	for i := range file.Rule {
		r := &file.Rule[i]
		row := fmt.Sprintf("règle n° %d « %s »", i+1, r.Code)
		checkRule(*r, func(format string, args ...any) { fault(row, format, args...) })
		for _, key := range r.SourceKeys {
			s, ok := byKey[key]
			if !ok {
				fault(row, "la source « %s » n'est pas décrite ; ajoutez un bloc [[source]]", key)
			}
			r.Sources = append(r.Sources, s)
		}
	}
	checkOverlaps(file.Rule, fault)
	if len(file.Rule) == 0 {
		fault("fichier", "aucune règle ; un bloc [[rule]] au moins est attendu")
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Rules{all: file.Rule, sources: file.Source, elections: file.Elections}, nil
}

func checkSources(sources []Source, fault func(row, format string, args ...any)) map[string]Source {
	byKey := map[string]Source{}
	for i, s := range sources {
		row := fmt.Sprintf("source n° %d « %s »", i+1, s.Key)
		if s.Key == "" || s.Title == "" {
			fault(row, "il faut une clé (key) et un titre (title)")
		}
		if !strings.HasPrefix(s.Address, "https://") || strings.ContainsAny(s.Address, " …") {
			fault(row, "l'adresse « %s » doit être complète et commencer par https://", s.Address)
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

func checkRule(r Rule, fault func(format string, args ...any)) {
	if !slug.MatchString(r.Code) {
		fault("le code doit être en minuscules sans accent, mots séparés par un tiret")
	}
	for _, f := range []struct{ name, text string }{
		{"title", r.Title}, {"explanation", r.Explanation}, {"asks", r.Asks},
		{"article", r.Article}, {"next_step", r.NextStep},
	} {
		if strings.TrimSpace(f.text) == "" {
			fault("le champ « %s » est vide", f.name)
		}
	}
	if !oneOf(r.Nature, Obligation, Information, Right) {
		fault("nature « %s » inconnue : obligation, information ou droit", r.Nature)
	}
	if !oneOf(r.Who, ToHolder, ToTown, ToOperator, ToDepartment) {
		fault("who « %s » inconnu : holder, town, operator ou department", r.Who)
	}
	if !oneOf(r.Fulfilment, ByEvidence, ByScheme, ByUpdate, ByReports, ByRequest, ByYear, ByElection, ByNothing) {
		fault("fulfilment « %s » inconnu", r.Fulfilment)
	}
	checkReach(r, fault)
	checkDates(r, fault)
	if len(r.SourceKeys) == 0 {
		fault("aucune source ; chaque règle en cite au moins une (sources)")
	}
	for _, code := range r.CTGItems {
		if !slices.ContainsFunc(SchemeItems(), func(i SchemeItem) bool { return i.Code == code }) {
			fault("ctg_items : « %s » n'est pas un élément du décret", code)
		}
	}
	for _, e := range r.Evidence {
		if e.Kind == "" || e.Label == "" {
			fault("une preuve (evidence) demande kind et label")
		}
	}
}

func checkReach(r Rule, fault func(format string, args ...any)) {
	if r.Above != 0 && r.Above != LowThreshold && r.Above != HighThreshold {
		fault("le seuil above = %d n'est pas de ceux de la loi (0, %d ou %d)", r.Above, LowThreshold, HighThreshold)
	}
	if (r.Who == ToHolder) != (len(r.Competences) > 0) {
		fault("les compétences (competences) vont avec who = \"holder\", et avec lui seul")
	}
	for _, c := range r.Competences {
		if !oneOf(c, Competences()...) {
			fault("compétence « %s » inconnue : recenser, informer, planifier ou qualite", c)
		}
	}
	if (r.Who == ToOperator || r.Who == ToDepartment) && r.Subject == "" {
		fault("le champ « subject » dit qui agit, il est vide")
	}
}

func checkDates(r Rule, fault func(format string, args ...any)) {
	if r.ValidFrom.IsZero() {
		fault("la date d'entrée en vigueur (valid_from) manque")
	}
	if !r.ValidTo.IsZero() && r.ValidTo.Before(r.ValidFrom) {
		fault("valid_to (%s) précède valid_from (%s)", r.ValidTo, r.ValidFrom)
	}
	due := r.Due
	switch due.Kind {
	case DueInForce, DueNone:
	case DueMonths:
		if due.Months <= 0 || due.Event == "" {
			fault("une échéance en mois demande months > 0 et event")
		}
	case DueYearly:
		// 2023 is not a leap year: 29 February is refused, it does not exist each year
		if due.Month < 1 || due.Month > 12 || due.Day < 1 || due.on(2023).Month != time.Month(due.Month) {
			fault("une échéance annuelle demande un jour qui existe chaque année (month, day)")
		}
	default:
		fault("due.kind « %s » inconnu : in-force, months, yearly ou none", due.Kind)
	}
}

func checkOverlaps(rules []Rule, fault func(row, format string, args ...any)) {
	for i, a := range rules {
		for j, b := range rules[:i] {
			if a.Code == b.Code && a.InForce(b.ValidFrom) || a.Code == b.Code && b.InForce(a.ValidFrom) {
				fault(fmt.Sprintf("règle n° %d « %s »", i+1, a.Code),
					"cette version chevauche la règle n° %d ; fermez l'une par valid_to la veille de l'autre", j+1)
			}
		}
	}
}

func oneOf[T comparable](v T, among ...T) bool { return slices.Contains(among, v) }
