// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"slices"
	"strings"

	"maillage/internal/people/paste"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/territory"
)

// directory is what a pasted list is compared with.
type directory struct {
	persons map[string]Person   // by ID
	byMail  map[string]string   // ID by address, those of duplicates too
	byName  map[string][]string // IDs by the words of the name, in an order of their own
	orgs    []Organisation
	in      map[string][]string // IDs of the organisations of a person
}

const maxDirectory = 20_000

// readDirectory reads the whole directory: a few thousand rows.
func (r *Room) readDirectory(ctx context.Context) (*directory, error) {
	list, _, err := r.Persons(ctx, Query{Day: r.Today(), Limit: maxDirectory})
	if err != nil {
		return nil, err
	}
	d := &directory{persons: map[string]Person{}, byMail: map[string]string{}, byName: map[string][]string{}, in: map[string][]string{}}
	for _, p := range list {
		d.persons[p.ID] = p
		key := nameKey(p.FamilyName + " " + p.GivenName)
		d.byName[key] = append(d.byName[key], p.ID)
	}
	mails, err := db.Query(ctx, r.DB.Read(), func(scan func(...any) error) (x [2]string, err error) { return x, scan(&x[0], &x[1]) }, `
		select mail, root from people_person
		where mail <> '' and deleted_at = ''
		order by case when merged_into = '' then 1 else 0 end, id
		limit 20000`)
	for _, x := range mails { // who stands alone comes last, and wins
		d.byMail[x[0]] = x[1]
	}
	if err != nil {
		return nil, err
	}
	ties, err := r.tiesByPerson(ctx, list)
	for id, mine := range ties {
		for _, t := range mine {
			if t.On(r.Today()) {
				d.in[id] = append(d.in[id], t.Org.ID)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	d.orgs, err = db.Query(ctx, r.DB.Read(), scanOrganisation, `
		select `+organisationColumns+` from people_organisation o
		where o.merged_into = '' and o.deleted_at = ''
		order by o.folded, o.id
		limit 20000`)
	return d, err
}

// nameKey are the words of a name in an order of their own: both orders give one key.
func nameKey(s string) string {
	w := strings.Fields(french.Fold(s))
	slices.Sort(w)
	return strings.Join(w, " ")
}

// lineState is what a line of a pasted list is, beside the directory.
type lineState string

const (
	lineNew      lineState = "nouvelle"
	lineKnown    lineState = "connue"
	lineDoubtful lineState = "douteuse"
	lineRepeat   lineState = "repetee"
)

// planLine is one person of the list: what they would become.
type planLine struct {
	paste.Entry
	State lineState
	Known string   // ID of the person it is, for a known line
	Maybe []string // IDs of persons it may be
	Org   planOrg
	Why   []string // reasons to look
}

// planOrg is the organisation of a line.
type planOrg struct {
	ID    string       // found
	Maybe []string     // IDs of those it may be
	New   Organisation // what would be created when it is none of them
}

// compare says what one person of a list is, beside the directory.
func (d *directory) compare(e paste.Entry, org planOrg) planLine {
	l := planLine{Entry: e, State: lineNew, Org: org, Why: slices.Clone(e.Doubts)}
	if e.Repeats > 0 {
		l.State = lineRepeat
		return l
	}
	named := d.byName[nameKey(e.Family+" "+e.Given)]
	if id := d.byMail[e.Mail]; e.Mail != "" && id != "" {
		p := d.persons[id]
		if e.Family == "" && e.Given == "" || sharesWord(p.FamilyName, e.Family+" "+e.Given) {
			l.Why = nil
			return d.known(l, id)
		}
		l.Maybe = append(l.Maybe, id)
		l.Why = append(l.Why, "Cette adresse est déjà celle de "+p.Name()+".")
	}
	for _, id := range named {
		p := d.persons[id]
		together := org.ID != "" && slices.Contains(d.in[id], org.ID)
		switch {
		case slices.Contains(l.Maybe, id):
		case together && (e.Mail == "" || p.Mail == "") && len(named) == 1 && len(l.Maybe) == 0 && len(e.Readings) == 0:
			return d.known(l, id)
		case e.Mail != "" && p.Mail != "":
			l.Maybe = append(l.Maybe, id)
			l.Why = append(l.Why, p.Name()+" est déjà dans l'annuaire avec une autre adresse : est-ce la même personne ?")
		default:
			l.Maybe = append(l.Maybe, id)
			l.Why = append(l.Why, p.Name()+" est déjà dans l'annuaire : est-ce la même personne ?")
		}
	}
	if len(org.Maybe) > 0 {
		l.Why = append(l.Why, "Quelle organisation est « "+clip(e.Organisation)+" » ?")
	}
	if len(l.Why) > 0 || len(l.Maybe) > 0 {
		l.State = lineDoubtful
	}
	return l
}

// known is a line about somebody of the directory. When the organisation is not sure, it is one
// they belong to already, or a question.
func (d *directory) known(l planLine, id string) planLine {
	l.State, l.Known = lineKnown, id
	if len(l.Org.Maybe) == 0 {
		return l
	}
	for _, org := range l.Org.Maybe {
		if slices.Contains(d.in[id], org) {
			l.Org = planOrg{ID: org}
			return l
		}
	}
	l.State, l.Known, l.Maybe = lineDoubtful, "", []string{id}
	l.Why = append(l.Why, "Quelle organisation est « "+clip(l.Organisation)+" » ?")
	return l
}

// sharesWord says that two names have a word of three letters or more in common.
func sharesWord(a, b string) bool {
	other := strings.Fields(french.Fold(b))
	for _, w := range strings.Fields(french.Fold(a)) {
		if len(w) > 2 && slices.Contains(other, w) {
			return true
		}
	}
	return french.Fold(a) == french.Fold(b)
}

// organisation finds what is meant by the name of an organisation.
func (d *directory) organisation(name string, guess Organisation) planOrg {
	if name == "" {
		return planOrg{}
	}
	o := planOrg{New: guess}
	key, folded := orgKey(name), french.Fold(name)
	var close []string
	for _, x := range d.orgs {
		switch {
		case french.Fold(x.Name) == folded, key != "" && orgKey(x.Name) == key && (guess.Kind == x.Kind || guess.Kind == Other),
			guess.SIREN != "" && x.SIREN == guess.SIREN:
			if o.ID != "" { // two alike: ask
				close = append(close, x.ID)
				continue
			}
			o.ID = x.ID
		case key != "" && (allIn(french.Fold(x.Name), key) || guess.Kind != Other && guess.Kind == x.Kind && key == ""):
			close = append(close, x.ID)
		case guess.Kind == x.Kind && slices.Contains(oneOfAKind, x.Kind) && guess.Territory == "":
			close = append(close, x.ID)
		}
	}
	if o.ID == "" && guess.Territory == "" && isKindName(guess.Kind, folded) {
		o.ID = d.onlyOne(guess.Kind) // « la Caf » is the only one there is
	}
	if o.ID != "" && (len(close) == 0 || len(close) == 1 && close[0] == o.ID) {
		return o
	}
	if o.ID != "" {
		for _, x := range d.orgs {
			if x.ID == o.ID && french.Fold(x.Name) == folded {
				return o
			}
		}
		close = append([]string{o.ID}, close...)
		o.ID = ""
	}
	o.Maybe = close[:min(len(close), 8)]
	return o
}

// isKindName says that a name is but that of its kind: "Caf", "Conseil départemental".
func isKindName(k Kind, folded string) bool {
	for _, x := range kindWords {
		if x.kind == k && slices.Contains(x.words, folded) {
			return true
		}
	}
	return false
}

// onlyOne is the only organisation of a kind, "" when there are several or none.
func (d *directory) onlyOne(k Kind) string {
	id := ""
	for _, o := range d.orgs {
		if o.Kind != k {
			continue
		}
		if id != "" {
			return ""
		}
		id = o.ID
	}
	return id
}

// oneOfAKind are the kinds of which a département has one, most often.
var oneOfAKind = []Kind{Caf, MSA, Departement, Prefecture, ARS, Region}

// emptyWords say nothing of which organisation is meant.
var emptyWords = []string{"mairie", "ville", "commune", "de", "du", "des", "d", "la", "le", "les", "l", "conseil", "departemental", "et", "un", "une", "aux", "au", "a"}

// orgKey is the name of an organisation without the words that say nothing.
func orgKey(name string) string {
	var kept []string
	for _, w := range strings.Fields(french.Fold(name)) {
		if !slices.Contains(emptyWords, w) {
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// kindWords tell the kind of an organisation from the words of its name.
var kindWords = []struct {
	kind  Kind
	words []string
}{
	{CCAS, []string{"ccas", "cias"}}, {Caf, []string{"caf", "allocations familiales"}}, {MSA, []string{"msa", "mutualite sociale agricole"}},
	{ARS, []string{"ars", "agence regionale de sante"}}, {Prefecture, []string{"prefecture", "sous prefecture"}},
	{State, []string{"drieets", "ddets", "dsden", "rectorat", "dreets", "education nationale"}},
	{Departement, []string{"conseil departemental", "departement", "pmi", "cd93", "cd 93"}}, {Region, []string{"conseil regional", "region"}},
	{Syndicat, []string{"syndicat"}}, {EPCI, []string{"ept", "epci", "communaute d agglomeration", "communaute de communes", "metropole", "etablissement public territorial"}},
	{Parents, []string{"parents", "acepp"}}, {Association, []string{"association", "asso"}}, {University, []string{"universite", "cnrs", "ined"}},
	{Operator, []string{"creche", "creches", "micro creche", "gestionnaire"}}, {Commune, []string{"mairie", "ville", "commune"}},
}

// guess is the organisation that a name would be created as: its kind by its words, and for a
// town its territory and SIREN by the register.
func (r *Room) guess(name string) Organisation {
	o := Organisation{Kind: Other, Name: oneLine(name)}
	folded := " " + french.Fold(name) + " "
	for _, k := range kindWords {
		if slices.ContainsFunc(k.words, func(w string) bool { return strings.Contains(folded, " "+w+" ") }) {
			o.Kind = k.kind
			break
		}
	}
	if o.Kind != Commune && o.Kind != Other {
		return o
	}
	key := orgKey(name)
	for _, t := range r.Places.Registry.In(r.Places.Home, territory.Commune) {
		if orgKey(t.Name) == key && key != "" {
			return Organisation{Kind: Commune, Name: "Commune " + french.DeName(t.Name), SIREN: t.SIREN, Territory: t.ID}
		}
	}
	return o
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// plan compares a pasted list with the directory.
func (r *Room) plan(ctx context.Context, list paste.List) ([]planLine, *directory, error) {
	d, err := r.readDirectory(ctx)
	if err != nil {
		return nil, nil, err
	}
	orgs := map[string]planOrg{}
	lines := make([]planLine, len(list.Entries))
	for i, e := range list.Entries {
		org, seen := orgs[e.Organisation]
		if !seen {
			org = d.organisation(e.Organisation, r.guess(e.Organisation))
			orgs[e.Organisation] = org
		}
		lines[i] = d.compare(e, org)
	}
	return lines, d, nil
}
