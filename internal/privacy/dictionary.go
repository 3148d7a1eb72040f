// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// Dictionary is what all rooms declare of their tables.
type Dictionary struct {
	Processings []*Processing
	Tables      []*Table // in the order of the rooms
	tables      map[string]*Table
}

// Processing is an entry of the register (GDPR article 30).
type Processing struct {
	Name     string `toml:"nom"`
	Title    string `toml:"titre"`
	Purpose  string `toml:"finalite"`
	Basis    Basis  `toml:"base"`
	Persons  string `toml:"personnes"` // whose data
	Readers  string `toml:"lecteurs"`
	Origin   string `toml:"source"`
	Category string `toml:"conservation"` // of retention
	Room     string `toml:"-"`
}

// Basis is the legal basis of a processing.
type Basis string

// The bases in use (GDPR article 6 § 1).
const (
	Mission    Basis = "mission"
	Obligation Basis = "obligation"
)

// French is the basis with its article.
func (b Basis) French() string {
	switch b {
	case Mission:
		return "Mission d'intérêt public (RGPD, article 6, 1, e)"
	case Obligation:
		return "Obligation légale (RGPD, article 6, 1, c)"
	}
	return string(b)
}

// Table is what a room declares of one of its tables.
type Table struct {
	Name       string            `toml:"nom"`
	Title      string            `toml:"titre"`
	Processing string            `toml:"traitement"`
	Neutral    words             `toml:"neutre"`
	Free       words             `toml:"libre"`
	Secret     words             `toml:"secret"`
	Kept       map[string]string `toml:"garde"`
	Personal   map[string]string `toml:"donnee"`
	Links      []Link            `toml:"lien"`
	Copy       Effect            `toml:"copie"` // ByRoom: the room's own code makes the copy of these rows
	Remains    string            `toml:"reste"`
	Life       Life              `toml:"duree"`

	order []string // personal columns as they are written
	of    *Processing
}

// Link says which rows of a table are about a person, and what erasing does to them.
type Link struct {
	By      string            `toml:"par"`
	To      string            `toml:"vers"` // "": the person's ID; "adresse"; or a table
	Effect  Effect            `toml:"effet"`
	Columns words             `toml:"colonnes"`
	Set     map[string]string `toml:"poser"`
	Show    words             `toml:"montre"`
	Role    string            `toml:"role"`
}

// Effect is what erasing, or the end of their life, does to rows.
type Effect string

// The effects; ByRoom is code of the room itself.
const (
	DeleteRow Effect = "ligne"
	Blank     Effect = "vider"
	ByRoom    Effect = "salle"
)

// Life is how long the rows of a table are kept.
type Life struct {
	Category string `toml:"categorie"`
	Since    string `toml:"depuis"` // an instant; rows where it is empty stay
	Effect   Effect `toml:"effet"`
}

// words is a list written as one line of text.
type words []string

// UnmarshalText cuts the line.
func (w *words) UnmarshalText(text []byte) error {
	*w = strings.Fields(string(text))
	return nil
}

// byAddress is what a link's column holds, when it is not the person's ID nor another row's.
const byAddress = "adresse"

// Parse reads the dictionaries of the rooms. What contradicts itself is an error that names
// the table.
func Parse(texts ...string) (*Dictionary, error) {
	d := &Dictionary{tables: map[string]*Table{}}
	for _, text := range texts {
		if err := d.add(text); err != nil {
			return nil, err
		}
	}
	for _, t := range d.Tables {
		if err := d.check(t); err != nil {
			return nil, fmt.Errorf("dictionnaire des données, table %s : %w", t.Name, err)
		}
	}
	for _, p := range d.Processings {
		if !slices.ContainsFunc(d.Tables, func(t *Table) bool { return t.of == p }) {
			return nil, fmt.Errorf("dictionnaire des données : aucune table n'a le traitement « %s »", p.Name)
		}
	}
	return d, nil
}

func (d *Dictionary) add(text string) error {
	var file struct {
		Room        string        `toml:"salle"`
		Processings []*Processing `toml:"traitement"`
		Tables      []*Table      `toml:"table"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return fmt.Errorf("dictionnaire des données : %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return fmt.Errorf("dictionnaire des données de %s : clé inattendue « %s »", file.Room, extra[0])
	}
	for _, p := range file.Processings {
		p.Room = file.Room
		if d.Processing(p.Name) != nil {
			return fmt.Errorf("dictionnaire des données : le traitement « %s » est déclaré deux fois", p.Name)
		}
		for _, s := range []string{p.Name, p.Title, p.Purpose, p.Persons, p.Readers, p.Origin, p.Category} {
			if s == "" {
				return fmt.Errorf("dictionnaire des données de %s, traitement « %s » : il manque un des champs titre, finalite, personnes, lecteurs, source, conservation", file.Room, p.Name)
			}
		}
		if p.Basis != Mission && p.Basis != Obligation {
			return fmt.Errorf("dictionnaire des données de %s, traitement « %s » : base « %s » inconnue", file.Room, p.Name, p.Basis)
		}
		d.Processings = append(d.Processings, p)
	}
	for _, t := range file.Tables {
		if !strings.HasPrefix(t.Name, file.Room+"_") || t.Title == "" {
			return fmt.Errorf("dictionnaire des données de %s : la table « %s » ne porte pas le nom de la salle, ou n'a pas de titre", file.Room, t.Name)
		}
		if d.tables[t.Name] != nil {
			return fmt.Errorf("dictionnaire des données : la table %s est déclarée deux fois", t.Name)
		}
		d.tables[t.Name] = t
		d.Tables = append(d.Tables, t)
	}
	d.orderColumns(meta, file.Tables)
	return nil
}

// orderColumns keeps the order in which personal columns are written: that of the copy and of
// the register.
func (d *Dictionary) orderColumns(meta toml.MetaData, tables []*Table) {
	i := -1
	for _, key := range meta.Keys() {
		switch {
		case len(key) == 1 && key[0] == "table":
			i++
		case len(key) == 3 && key[0] == "table" && key[1] == "donnee" && i >= 0:
			tables[i].order = append(tables[i].order, key[2])
		}
	}
}

// Processing is a processing by its name, nil when there is none.
func (d *Dictionary) Processing(name string) *Processing {
	for _, p := range d.Processings {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Table is a table by its name, nil when none is declared.
func (d *Dictionary) Table(name string) *Table { return d.tables[name] }

// check holds a table to the words of the package's documentation.
func (d *Dictionary) check(t *Table) error {
	t.of = d.Processing(t.Processing)
	if (t.of == nil) != (len(t.Personal) == 0) {
		return fmt.Errorf("traitement « %s » : il en faut un, déclaré, dès qu'une colonne est personnelle, et alors seulement", t.Processing)
	}
	if len(t.order) != len(t.Personal) {
		return fmt.Errorf("les colonnes personnelles sont mal écrites : %v", t.order)
	}
	for _, c := range t.Neutral {
		if _, both := t.Personal[c]; both {
			return fmt.Errorf("la colonne %s est à la fois neutre et personnelle", c)
		}
	}
	for _, list := range [][]string{t.Free, t.Secret, slices.Collect(maps.Keys(t.Kept))} {
		for _, c := range list {
			if _, ok := t.Personal[c]; !ok {
				return fmt.Errorf("la colonne %s n'est pas parmi ses données", c)
			}
		}
	}
	for _, l := range t.Links {
		if err := d.checkLink(t, l); err != nil {
			return fmt.Errorf("lien par %s : %w", l.By, err)
		}
	}
	if t.Copy != "" && t.Copy != ByRoom {
		return fmt.Errorf("copie « %s » inconnue", t.Copy)
	}
	if t.of != nil && len(t.Links) == 0 {
		for _, c := range t.order {
			if _, kept := t.Kept[c]; !kept && !slices.Contains(t.Free, c) {
				return fmt.Errorf("la colonne %s est personnelle et aucun lien ne dit de qui", c)
			}
		}
	}
	if l := t.Life; l != (Life{}) && (l.Category == "" || !t.has(l.Since) || l.Effect != DeleteRow && l.Effect != ByRoom) {
		return fmt.Errorf("durée : il faut une catégorie, une colonne de la table et l'effet ligne ou salle")
	}
	return nil
}

func (d *Dictionary) checkLink(t *Table, l Link) error {
	if !t.has(l.By) {
		return fmt.Errorf("ce n'est pas une colonne de la table")
	}
	if l.To != "" && l.To != byAddress {
		to := d.tables[l.To]
		if to == nil || !to.has("id") || len(to.Links) == 0 {
			return fmt.Errorf("la table %s n'a pas d'identifiant ou pas de lien", l.To)
		}
	}
	if l.Effect != DeleteRow && l.Effect != Blank && l.Effect != ByRoom {
		return fmt.Errorf("effet « %s » inconnu", l.Effect)
	}
	for _, list := range [][]string{l.Columns, l.Show, slices.Collect(maps.Keys(l.Set))} {
		for _, c := range list {
			if _, ok := t.Personal[c]; !ok {
				return fmt.Errorf("la colonne %s n'est pas parmi ses données", c)
			}
		}
	}
	return nil
}

func (t *Table) has(column string) bool {
	_, personal := t.Personal[column]
	return personal || slices.Contains(t.Neutral, column)
}

// key is the column that names a row on the pages.
func (t *Table) key() string {
	if t.has("id") {
		return "id"
	}
	return t.order[0]
}

// Columns are all columns declared.
func (t *Table) Columns() []string { return append(slices.Clone(t.order), t.Neutral...) }

// shown are the columns handed out through a link, in order.
func (t *Table) shown(l Link) []string {
	var list []string
	for _, c := range t.order {
		if !slices.Contains(t.Secret, c) && (len(l.Show) == 0 || slices.Contains(l.Show, c)) {
			list = append(list, c)
		}
	}
	return list
}

// blanked are the columns that erasing empties through a link.
func (t *Table) blanked(l Link) []string {
	if l.Columns != nil {
		return l.Columns
	}
	var list []string
	for _, c := range t.order {
		if _, kept := t.Kept[c]; !kept {
			list = append(list, c)
		}
	}
	return list
}

// depth is how many tables lie between a table's rows and the person: rows found through
// others are erased before them.
func (d *Dictionary) depth(t *Table) int {
	deepest := 0
	for _, l := range t.Links {
		if to := d.tables[l.To]; to != nil {
			deepest = max(deepest, 1+d.depth(to))
		}
	}
	return deepest
}

// byDepth are the tables with links, the furthest from the person first.
func (d *Dictionary) byDepth() []*Table {
	list := slices.DeleteFunc(slices.Clone(d.Tables), func(t *Table) bool { return len(t.Links) == 0 })
	slices.SortStableFunc(list, func(a, b *Table) int { return d.depth(b) - d.depth(a) })
	return list
}
