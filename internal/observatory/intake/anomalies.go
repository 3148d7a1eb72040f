// SPDX-License-Identifier: EUPL-1.2

package intake

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"maillage/internal/observatory/statistic"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// namesShown is how many names one sentence lists.
const namesShown = 10

// Anomalies compares what Apply yielded with what is already known, before anything is
// saved: territories that have disappeared, jumps, duplicates, values out of what is
// plausible, years already there. previous holds the values now stored for the indicators
// concerned, of any period; file is named in the issues. Nothing is corrected.
func Anomalies(file string, items []Item, previous []statistic.Value, d *Dictionary, places Places) []Issue {
	c := &comparison{file: file, items: items, previous: previous, dictionary: d, places: places, fresh: map[series]map[territory.ID]int{}, before: map[series]map[territory.ID]int{}}
	c.gather()
	c.formerPlaces()
	c.plausible()
	c.yearsAlreadyThere()
	for _, s := range slices.SortedFunc(maps.Keys(c.fresh), series.compare) {
		if old, ok := c.reference(s); ok {
			c.disappeared(s, old)
			c.jumps(s, old)
		}
	}
	slices.SortStableFunc(c.out, func(a, b Issue) int { return a.Severity.rank() - b.Severity.rank() })
	return c.out
}

func (s Severity) rank() int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	default:
		return 2
	}
}

// series is one indicator over one period.
type series struct {
	indicator string
	period    statistic.Period
}

func (s series) compare(o series) int {
	return cmp.Or(strings.Compare(s.indicator, o.indicator), strings.Compare(string(s.period), string(o.period)))
}

type comparison struct {
	file       string
	items      []Item
	previous   []statistic.Value
	dictionary *Dictionary
	places     Places
	fresh      map[series]map[territory.ID]int // index in items
	before     map[series]map[territory.ID]int // index in previous
	out        []Issue
}

// now is the value of a territory in the file.
func (c *comparison) now(s series, id territory.ID) (Item, bool) {
	i, ok := c.fresh[s][id]
	if !ok {
		return Item{}, false
	}
	return c.items[i], true
}

func (c *comparison) say(i Issue) {
	i.File = c.file
	c.out = append(c.out, i)
}

// title names an indicator for a person.
func (c *comparison) title(code string) string {
	if n, ok := c.dictionary.Indicator(code); ok {
		return n.Title
	}
	return code
}

func (c *comparison) name(id territory.ID) string {
	if t, ok := c.places.Get(id); ok {
		return t.Name
	}
	return string(id)
}

// gather files the values by series and tells the duplicates.
func (c *comparison) gather() {
	same, conflicts := 0, 0
	for n, i := range c.items {
		if i.Issue != nil {
			continue
		}
		s := series{i.Value.Indicator, i.Value.Period}
		if c.fresh[s] == nil {
			c.fresh[s] = map[territory.ID]int{}
		}
		first, twice := c.now(s, i.Value.Territory)
		switch {
		case !twice:
			c.fresh[s][i.Value.Territory] = n
		case first.Value == i.Value:
			same++
		case conflicts >= manyIssues:
			conflicts++
		default:
			conflicts++
			c.say(Issue{Severity: Error, Kind: KindConflict, Line: i.Line, Territory: i.Value.Territory, Indicator: s.indicator, Period: s.period,
				Message: fmt.Sprintf("%s a deux valeurs différentes pour « %s » en %s : %s (ligne %d) et %s (ligne %d)", c.name(i.Value.Territory), c.title(s.indicator), s.period.French(),
					c.show(first.Value), first.Line, c.show(i.Value), i.Line),
				Remedy: "Gardez une seule des deux lignes."})
		}
	}
	if more := conflicts - manyIssues; more > 0 {
		c.say(Issue{Severity: Error, Kind: KindConflict, Count: more, Message: french.Plural(more, "autre doublon contradictoire", "autres doublons contradictoires"),
			Remedy: "Si les lignes sont des morceaux à additionner, dites-le dans la lecture du fichier."})
	}
	if same > 0 {
		c.say(Issue{Severity: Note, Kind: KindDuplicate, Count: same, Message: french.Plural(same, "valeur figure deux fois à l'identique", "valeurs figurent deux fois à l'identique") + ", sans conséquence"})
	}
	for n, v := range c.previous {
		s := series{v.Indicator, v.Period}
		if c.before[s] == nil {
			c.before[s] = map[territory.ID]int{}
		}
		c.before[s][v.Territory] = n
	}
}

// show writes a value as a person reads it.
func (c *comparison) show(v statistic.Value) string {
	if !v.Known() {
		return v.State.Label()
	}
	decimals := 1
	if n, ok := c.dictionary.Indicator(v.Indicator); ok {
		decimals = n.Decimals
	}
	if v.Number != math.Trunc(v.Number) {
		decimals = max(decimals, 1)
	}
	return french.Number(v.Number, decimals)
}

// formerPlaces explains the codes of communes that no longer exist: expected in an old
// file, to be looked at in one that speaks of a time when they had already merged.
func (c *comparison) formerPlaces() {
	latest := map[territory.ID]statistic.Period{}
	for s, values := range c.fresh {
		for id := range values {
			latest[id] = max(latest[id], s.period)
		}
	}
	var notes []Issue
	var gone []string
	for _, id := range slices.Sorted(maps.Keys(latest)) {
		t, ok := c.places.Get(id)
		if !ok || t.To.IsZero() {
			continue
		}
		i := Issue{Severity: Note, Kind: KindFormerPlace, Territory: id, Period: latest[id],
			Message: fmt.Sprintf("%s (%s) n'existe plus depuis le %s", t.Name, id, t.To.French()), Remedy: "Ses chiffres sont rapportés aux communes d'aujourd'hui quand l'indicateur le permet."}
		for _, e := range c.places.Events(id) {
			if e.Date == t.To {
				i.Message += " : " + strings.TrimSuffix(e.Sentence, ".")
			}
		}
		if !latest[id].End().Before(t.To.AddDays(1)) && len(latest[id]) == 4 {
			i.Severity, i.Remedy = Warning, "Le fichier garde l'ancien découpage après la fusion : vérifiez que la commune nouvelle n'y est pas aussi, ce qui la compterait deux fois."
		}
		if i.Severity == Warning {
			c.say(i)
			continue
		}
		notes, gone = append(notes, i), append(gone, t.Name)
	}
	if len(notes) > namesShown {
		notes = []Issue{{Severity: Note, Kind: KindFormerPlace, Count: len(gone), Remedy: "Leurs chiffres sont rapportés aux communes d'aujourd'hui quand l'indicateur le permet.",
			Message: french.Int(len(gone)) + " communes du fichier ont fusionné depuis : " + c.some(gone)}}
	}
	for _, i := range notes {
		c.say(i)
	}
}

// some lists the first names in order, and counts the others.
func (c *comparison) some(names []string) string {
	slices.SortFunc(names, french.Compare)
	shown := strings.Join(names[:min(len(names), namesShown)], ", ")
	if more := len(names) - namesShown; more > 0 {
		shown += " et " + french.Plural(more, "autre", "autres")
	}
	return shown
}

// plausible notes values out of bounds and counts that are not whole; they are kept as they are.
func (c *comparison) plausible() {
	fractions, shown := map[string]int{}, map[string]int{}
	for _, i := range c.items {
		n, ok := c.dictionary.Indicator(i.Value.Indicator)
		if i.Issue != nil || !ok || !i.Value.Known() {
			continue
		}
		v := i.Value
		if n.Kind != statistic.Rate && n.Decimals == 0 && v.Number != math.Trunc(v.Number) {
			fractions[n.Code]++
		}
		if (n.Low == nil || v.Number >= *n.Low) && (n.High == nil || v.Number <= *n.High) {
			continue
		}
		shown[n.Code]++
		if shown[n.Code] > manyIssues {
			continue
		}
		severity := Note
		if n.Low != nil && v.Number < *n.Low {
			severity = Warning
		}
		c.say(Issue{Severity: severity, Kind: KindOutOfRange, Line: i.Line, Territory: v.Territory, Indicator: n.Code, Period: v.Period,
			Message: fmt.Sprintf("%s, %s : %s %s pour « %s », ce qui sort de l'ordinaire ; la valeur est gardée telle quelle", c.name(v.Territory), v.Period.French(), c.show(v), n.Unit, n.Title),
			Remedy:  "Vérifiez qu'il ne s'agit pas d'une faute de frappe ni d'une autre unité."})
	}
	for _, code := range slices.Sorted(maps.Keys(fractions)) {
		c.say(Issue{Severity: Note, Kind: KindNotWhole, Indicator: code, Count: fractions[code],
			Message: fmt.Sprintf("« %s » compte des unités, et %s pas de nombre entier", c.title(code), french.Plural(fractions[code], "valeur n'est", "valeurs ne sont")),
			Remedy:  "C'est normal pour une estimation par sondage ; sinon, vérifiez la colonne."})
	}
}

// yearsAlreadyThere tells which years an import would replace, and what it changes.
func (c *comparison) yearsAlreadyThere() {
	for _, s := range slices.SortedFunc(maps.Keys(c.fresh), series.compare) {
		old := c.before[s]
		if len(old) == 0 {
			continue
		}
		changed := 0
		for id, i := range c.fresh[s] {
			n, ok := old[id]
			if !ok {
				continue
			}
			if v, w := c.previous[n], c.items[i].Value; v.State != w.State || v.Number != w.Number {
				changed++
			}
		}
		severity, words := Note, "identiques à celles du fichier là où les deux existent"
		if changed > 0 {
			severity, words = Warning, "dont "+french.Plural(changed, "changerait", "changeraient")
		}
		c.say(Issue{Severity: severity, Kind: KindYearReplaced, Indicator: s.indicator, Period: s.period, Count: changed,
			Message: fmt.Sprintf("« %s » a déjà %s pour %s, %s", c.title(s.indicator), french.Plural(len(old), "valeur", "valeurs"), s.period.French(), words),
			Remedy:  "L'import prendra le dessus ; l'annuler rendra les valeurs d'avant."})
	}
}

// past is what a series is compared with: the values of an earlier period, on the borders of
// the file.
type past struct {
	period statistic.Period
	ids    []territory.ID
	values []statistic.Value
}

// reference is the same indicator at the latest earlier period, stored or in the same file.
func (c *comparison) reference(s series) (past, bool) {
	best := series{s.indicator, ""}
	for _, known := range []map[series]map[territory.ID]int{c.before, c.fresh} {
		for o := range known {
			if o.indicator == s.indicator && len(o.period) == len(s.period) && o.period < s.period && o.period > best.period {
				best = o
			}
		}
	}
	if best.period == "" {
		return past{}, false
	}
	p := past{period: best.period}
	for id := range c.fresh[best] {
		p.ids = append(p.ids, id)
	}
	for id := range c.before[best] {
		if _, corrected := c.fresh[best][id]; !corrected {
			p.ids = append(p.ids, id)
		}
	}
	slices.Sort(p.ids)
	p.values = make([]statistic.Value, len(p.ids))
	for i, id := range p.ids {
		if item, ok := c.now(best, id); ok {
			p.values[i] = item.Value
		} else {
			p.values[i] = c.previous[c.before[best][id]]
		}
	}
	c.onNewBorders(s, &p)
	return p, true
}

// onNewBorders brings counts of communes that have merged since into their heirs, so that a
// merger is neither a disappearance nor a jump; rates of merged communes are not compared.
func (c *comparison) onNewBorders(s series, p *past) {
	n, ok := c.dictionary.Indicator(s.indicator)
	additive := ok && n.Aggregation.Rule == statistic.Sum
	for i, id := range p.ids {
		if _, still := c.fresh[s][id]; still {
			continue
		}
		heirs := c.places.Successors(id)
		if len(heirs) != 1 || heirs[0] == id {
			continue
		}
		if _, there := c.fresh[s][heirs[0]]; !there {
			continue
		}
		gone := p.values[i]
		p.values[i] = statistic.Value{}
		heir, ok := slices.BinarySearch(p.ids, heirs[0])
		switch {
		case !ok:
		case additive && gone.Known() && p.values[heir].Known():
			p.values[heir].Number += gone.Number
		default:
			p.values[heir] = statistic.Value{}
		}
	}
}

// level is the kind of a territory, that of its heirs when it is older than the register.
func (c *comparison) level(id territory.ID) territory.Kind {
	if t, ok := c.places.Get(id); ok {
		return t.Kind
	}
	for _, heir := range c.places.Successors(id) {
		if t, ok := c.places.Get(heir); ok {
			return t.Kind
		}
	}
	return territory.Commune
}

// disappeared tells the territories that had a figure and have no line any more, among those
// of the levels the series has in the file: a file by département says nothing of communes.
func (c *comparison) disappeared(s series, old past) {
	levels := map[territory.Kind]bool{}
	for id := range c.fresh[s] {
		levels[c.level(id)] = true
	}
	var lost []string
	for i, id := range old.ids {
		if _, still := c.fresh[s][id]; !still && old.values[i].Known() && levels[c.level(id)] {
			lost = append(lost, c.name(id))
		}
	}
	if len(lost) == 0 {
		return
	}
	c.say(Issue{Severity: Warning, Kind: KindMissingPlace, Indicator: s.indicator, Period: s.period, Count: len(lost),
		Message: fmt.Sprintf("« %s » avait un chiffre en %s et n'en a plus en %s pour : %s", c.title(s.indicator), old.period.French(), s.period.French(), c.some(lost)),
		Remedy:  "Vérifiez que le fichier est complet ; l'import ne remplace jamais une absence par zéro."})
}
