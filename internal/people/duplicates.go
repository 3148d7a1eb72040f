// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// alike is two records that may be one, with the reason.
type alike struct {
	kind, left, right, why string
}

// record is what duplicates are looked for in.
type record struct {
	id, name string
	key      string // words of the name, in an order of their own
	hint     string // local part of an address, or kind and territory
}

// duplicates proposes pairs of records that look alike. It compares only records that share a
// word, so that a directory of thousands is read in an instant.
func duplicates(kind string, list []record) []alike {
	var out []alike
	seen := map[[2]string]bool{}
	propose := func(a, b record, why string) {
		pair := [2]string{min(a.id, b.id), max(a.id, b.id)}
		if a.id != b.id && !seen[pair] {
			seen[pair] = true
			out = append(out, alike{kind, a.id, b.id, why})
		}
	}
	byKey, byHint, byWord := map[string][]record{}, map[string][]record{}, map[string][]record{}
	for _, r := range list {
		for _, other := range byKey[r.key] {
			propose(other, r, "Même nom.")
		}
		if r.key != "" {
			byKey[r.key] = append(byKey[r.key], r)
		}
		if r.hint != "" {
			for _, other := range byHint[r.hint] {
				propose(other, r, hintWords[kind])
			}
			byHint[r.hint] = append(byHint[r.hint], r)
		}
	}
	for _, r := range list {
		for _, w := range strings.Fields(r.key) {
			if len(w) < 3 {
				continue
			}
			if near := byWord[w]; len(near) < 60 { // a word that many share says nothing
				for _, other := range near {
					if oneLetterApart(r.key, other.key) {
						propose(other, r, "Noms qui ne diffèrent que d'une lettre.")
					}
				}
			}
			byWord[w] = append(byWord[w], r)
		}
	}
	return out
}

var hintWords = map[string]string{kindPerson: "Même début d'adresse chez deux organismes.", kindOrganisation: "Même genre et même territoire."}

// oneLetterApart says that one letter added, dropped, changed or swapped makes one text of the other.
func oneLetterApart(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(x) < 6 || len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return slices.Equal(x[i:], y[i+1:])
	}
	return i == len(x) || slices.Equal(x[i+1:], y[i+1:]) ||
		i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}

// oneOfAPlace are the kinds of which a territory has one.
var oneOfAPlace = []Kind{Commune, EPCI, Caf, MSA, Departement, Region, Prefecture, ARS}

// Duplicates are the pairs of the directory that may be one, but for those that somebody said
// are two.
func (r *Room) duplicates(ctx context.Context) ([]alike, *directory, error) {
	d, err := r.readDirectory(ctx)
	if err != nil {
		return nil, nil, err
	}
	var persons, orgs []record
	for _, p := range d.persons {
		local, _, _ := strings.Cut(p.Mail, "@")
		if !strings.Contains(local, ".") || p.Demo { // "contact@" is shared by many
			local = ""
		}
		persons = append(persons, record{p.ID, p.Name(), nameKey(p.FamilyName + " " + p.GivenName), local})
	}
	for _, o := range d.orgs {
		hint := ""
		if o.Territory != "" && slices.Contains(oneOfAPlace, o.Kind) {
			hint = string(o.Kind) + " " + string(o.Territory)
		}
		orgs = append(orgs, record{o.ID, o.Name, strings.TrimSpace(nameKey(orgKey(o.Name))), hint})
	}
	byName := func(a, b record) int { return french.Compare(a.name+a.id, b.name+b.id) }
	slices.SortFunc(persons, byName)
	slices.SortFunc(orgs, byName)
	told, err := r.distinct(ctx)
	if err != nil {
		return nil, nil, err
	}
	all := append(duplicates(kindPerson, persons), duplicates(kindOrganisation, orgs)...)
	return slices.DeleteFunc(all, func(a alike) bool { return told[a.key()] }), d, nil
}

func (a alike) key() [3]string { return [3]string{a.kind, min(a.left, a.right), max(a.left, a.right)} }

// distinct are the pairs that are said to be two.
func (s *Store) distinct(ctx context.Context) (map[[3]string]bool, error) {
	list, err := db.Query(ctx, s.DB.Read(), func(scan func(...any) error) (x [3]string, err error) { return x, scan(&x[0], &x[1], &x[2]) },
		`select kind, smaller, larger from people_distinct order by kind, smaller, larger limit 50000`)
	told := map[[3]string]bool{}
	for _, x := range list {
		told[x] = true
	}
	return told, err
}

type duplicatesPage struct {
	web.Page
	Tabs  web.Tabs
	Pairs []pairView
	Empty web.Empty
}

type pairView struct {
	Kind, Left, Right               string
	LeftName, RightName, Why, Merge string
}

var duplicatesTemplate = web.NewTemplate[duplicatesPage](pageFiles, "pages/duplicates.html", "pages/parts.html")

const maxPairs = 100

func (r *Room) duplicatesList(w http.ResponseWriter, req *http.Request) error {
	list, d, err := r.duplicates(req.Context())
	if err != nil {
		return err
	}
	p := duplicatesPage{Page: web.Page{Title: "Doublons possibles", Nav: section, Robots: "noindex", Crumbs: directoryCrumbs, Notices: told(req),
		Lead: "Rien n'est fusionné sans vous, et toute fusion s'annule."}, Tabs: tabs(req, "/personnes/doublons"),
		Empty: web.Empty{Title: "Aucun doublon en vue", Text: "Deux fiches peuvent aussi se fusionner depuis la page de l'une d'elles."}}
	for _, a := range list[:min(len(list), maxPairs)] {
		v := pairView{Kind: a.kind, Left: a.left, Right: a.right, Why: a.why}
		if a.kind == kindOrganisation {
			v.LeftName, v.RightName, v.Merge = d.orgName(a.left), d.orgName(a.right), "/organisations/"+a.left+"/fusion?avec="+a.right
		} else {
			v.LeftName, v.RightName, v.Merge = d.personLabel(a.left), d.personLabel(a.right), "/personnes/"+a.left+"/fusion?avec="+a.right
		}
		p.Pairs = append(p.Pairs, v)
	}
	private(w)
	return duplicatesTemplate.Render(w, req, http.StatusOK, p)
}

// saidDistinct notes that two records are not one.
func (r *Room) saidDistinct(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"genre", "gauche", "droite"}})
	if err != nil {
		return err
	}
	a := alike{kind: form.Choice("genre", kindPerson, kindOrganisation), left: form.Text("gauche"), right: form.Text("droite")}
	if !form.Valid() || a.left == a.right {
		return web.BadRequest("Reprenez depuis la liste des doublons.")
	}
	for _, id := range []string{a.left, a.right} {
		if _, _, err := r.recordName(req.Context(), a.kind, id); err != nil {
			return foreign(err)
		}
	}
	key := a.key()
	err = r.DB.Tx(req.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(req.Context(), `
			insert into people_distinct (kind, smaller, larger, at) values ($1, $2, $3, $4) on conflict (kind, smaller, larger) do nothing`,
			key[0], key[1], key[2], db.Instant(r.Now()))
		return err
	})
	if err != nil && !errors.Is(err, ErrTaken) {
		return err
	}
	return web.Redirect(w, req, "/personnes/doublons?fait=distinct")
}
