// SPDX-License-Identifier: EUPL-1.2

package policy

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"github.com/BurntSushi/toml"
)

// Hat is a kind of function.
type Hat string

// The hats, as the table's columns.
const (
	Administrator Hat = "administrateur" // runs the service
	Secretariat   Hat = "secretariat"    // of the committee (CDSF)
	Signatory     Hat = "signataire"     // may transmit for a holder
	Agent         Hat = "agent"          // of a town or of its holder
	Elected       Hat = "elu"            // elected official of a town
	Analyst       Hat = "analyste"       // of the observatory
	Lead          Hat = "referent"       // of a working group
	Member        Hat = "membre"         // sits in a body
	Researcher    Hat = "chercheur"
)

// hats gives each its French name, and whether it asks for a second factor.
var hats = []struct {
	hat    Hat
	label  string
	strong bool
}{
	{Administrator, "Administration du service", true},
	{Secretariat, "Secrétariat du comité", true},
	{Signatory, "Signataire", true},
	{Agent, "Agent de la collectivité", false},
	{Elected, "Élu", false},
	{Analyst, "Observatoire", false},
	{Lead, "Référent de groupe de travail", false},
	{Member, "Membre du comité", false},
	{Researcher, "Recherche", false},
}

// Hats are all hats, in the order of the table.
func Hats() []Hat {
	list := make([]Hat, len(hats))
	for i, h := range hats {
		list[i] = h.hat
	}
	return list
}

// Label is the hat's name in French, "" when there is no such hat.
func (h Hat) Label() string {
	for _, x := range hats {
		if x.hat == h {
			return x.label
		}
	}
	return ""
}

// Strong says that the hat is only worn once a second factor was shown.
func (h Hat) Strong() bool {
	return slices.ContainsFunc(hats, func(x struct {
		hat    Hat
		label  string
		strong bool
	}) bool {
		return x.hat == h && x.strong
	})
}

// Reach is how far a hat may do something.
type Reach string

// The reaches, from nothing to everything.
const (
	Nowhere Reach = ""            // denied
	Self    Reach = "soi"         // what is about oneself
	Commune Reach = "commune"     // the territory of one's own organisation
	Holder  Reach = "titulaire"   // and the communes that gave it the competence
	Body    Reach = "instance"    // the bodies one sits in
	Home    Reach = "departement" // every territory of the département, and its common goods
	Service Reach = "service"     // everything
)

var reaches = []Reach{Self, Commune, Holder, Body, Home, Service}

// Row is one access of the table.
type Row struct {
	Access string // "obligation.prouver"
	Label  string // what it allows, in French: an infinitive
	All    Reach  // of every hat, unless Reach says otherwise; Self: of whoever is signed in
	Reach  map[Hat]Reach
}

// Table is the policy.
type Table struct {
	rows  []Row
	index map[string]int
}

//go:embed droits.toml
var shipped string

// Load reads the table the service ships.
func Load() (*Table, error) { return Parse(shipped) }

// Parse reads a table; a hat, a reach or a key it does not know is an error.
func Parse(text string) (*Table, error) {
	var file struct {
		Droit []map[string]string `toml:"droit"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("droits.toml : %w", err)
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("droits.toml : clé inattendue « %s »", extra[0])
	}
	t := &Table{index: map[string]int{}}
	for i, raw := range file.Droit {
		row, err := parseRow(raw)
		if err == nil && t.Knows(row.Access) {
			err = errors.New("il est écrit deux fois")
		}
		if err != nil {
			return nil, fmt.Errorf("droits.toml, droit n° %d (« %s ») : %w", i+1, raw["nom"], err)
		}
		t.index[row.Access] = len(t.rows)
		t.rows = append(t.rows, row)
	}
	return t, nil
}

func parseRow(raw map[string]string) (Row, error) {
	row := Row{Access: raw["nom"], Label: raw["texte"], Reach: map[Hat]Reach{}}
	if row.Access == "" || row.Label == "" {
		return row, errors.New("il lui faut un nom et un texte")
	}
	for key, value := range raw {
		switch {
		case key == "nom" || key == "texte":
		case key == "tous":
			row.All = Reach(value)
			if err := row.set(Hats(), value); err != nil {
				return row, err
			}
		case Hat(key).Label() == "":
			return row, fmt.Errorf("« %s » n'est pas une fonction", key)
		}
	}
	for _, h := range Hats() { // a hat's own line wins over « tous »
		if value, ok := raw[string(h)]; ok {
			if err := row.set([]Hat{h}, value); err != nil {
				return row, err
			}
		}
	}
	return row, nil
}

func (r *Row) set(to []Hat, value string) error {
	if value != "aucun" && !slices.Contains(reaches, Reach(value)) {
		return fmt.Errorf("« %s » n'est pas une portée", value)
	}
	for _, h := range to {
		if r.Reach[h] = Reach(value); value == "aucun" {
			delete(r.Reach, h)
		}
	}
	return nil
}

// Rows is the table, in the order of its file. It must not be modified.
func (t *Table) Rows() []Row { return t.rows }

// Knows says that the table has an access.
func (t *Table) Knows(access string) bool {
	_, ok := t.index[access]
	return ok
}

// Subject is a hat and what it holds on the day asked.
type Subject struct {
	Hat         Hat
	Person      string   // ID
	Territories []string // of its organisation: most often one
	Held        []string // communes that gave a competence to its organisation
	Bodies      []string // bodies it sits in
	Home        string   // the département the service is for
	Proved      bool     // a second factor was shown in this session
}

// Object is what is asked for. The zero Object is the service's common goods.
type Object struct {
	Territory    string
	Departements []string // those the territory lies in
	Body         string
	Person       string
}

func (o Object) isCommon() bool { return o.Territory == "" && o.Body == "" && o.Person == "" }

// Decision is what the table answers.
type Decision int

// The answers. Only Allowed opens.
const (
	Denied  Decision = iota // this hat never may
	Foreign                 // this hat may, elsewhere: the object answers as if it did not exist
	Unsure                  // this hat may, once a second factor is shown
	Allowed
)

// Decide reads the table. It is total: whatever it does not know is Denied.
func (t *Table) Decide(s Subject, access string, o Object) Decision {
	i, ok := t.index[access]
	if !ok {
		return Denied
	}
	reach := t.rows[i].Reach[s.Hat]
	if t.rows[i].All == Self && s.Hat == "" && s.Person != "" { // one's own account is there without any hat
		reach = Self
	}
	switch {
	case reach == Nowhere:
		return Denied
	case !s.reaches(reach, o):
		return Foreign
	case s.Hat.Strong() && !s.Proved && reach != Self: // else a second factor could not be set up
		return Unsure
	}
	return Allowed
}

// reaches says that o lies within reach of s. Common goods are reached from the département
// up; for « soi » they are one's own account.
func (s Subject) reaches(reach Reach, o Object) bool {
	if reach == Service {
		return true
	}
	if o.Person != "" {
		return s.Person != "" && o.Person == s.Person || reach == Home && o.Territory == "" && o.Body == ""
	}
	if o.isCommon() {
		return reach == Home || reach == Self
	}
	if o.Body != "" {
		return reach == Home || reach == Body && slices.Contains(s.Bodies, o.Body)
	}
	switch reach {
	case Commune:
		return slices.Contains(s.Territories, o.Territory)
	case Holder:
		return slices.Contains(s.Territories, o.Territory) || slices.Contains(s.Held, o.Territory)
	case Home:
		return s.Home != "" && (o.Territory == s.Home || slices.Contains(o.Departements, s.Home))
	}
	return false
}
