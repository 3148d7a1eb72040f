// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed catalogue.toml
var shipped string

// Dataset is a set of figures that its producer publishes on the network.
type Dataset struct {
	Code     string // as the producer names it: txcouv_pe_com, DS_BPE
	Title    string
	Producer string
	Licence  string
	Source   string   // code of the source in the catalogue of the observatory
	File     string   // address of the whole of France in one file; empty: there is none
	Archive  bool     // File is a ZIP of CSV
	Query    string   // address asked by département, {geo} standing for the place; empty: there is none
	Columns  []string // that the header must hold
}

// server is who answers, and how often it may be asked.
type server struct {
	Host      string
	Name      string
	PerMinute int `toml:"per_minute"` // 0: no limit is published
}

type catalogue struct {
	Servers  []server  `toml:"server"`
	Datasets []Dataset `toml:"dataset"`
}

// shippedCatalogue reads the catalogue once. It is part of the program: one that does not hold
// together cannot happen, the tests read it.
var shippedCatalogue = sync.OnceValue(func() *catalogue {
	var c catalogue
	meta, err := toml.Decode(shipped, &c)
	if err == nil && len(meta.Undecoded()) > 0 {
		err = fmt.Errorf("unknown key %s", meta.Undecoded()[0])
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		panic("remote: catalogue: " + err.Error())
	}
	return &c
})

func (c *catalogue) check() error {
	seen := map[string]bool{}
	for _, d := range c.Datasets {
		if d.Code == "" || seen[d.Code] || d.Title == "" || d.Producer == "" || d.Licence == "" || d.Source == "" || len(d.Columns) == 0 {
			return fmt.Errorf("data set %q: code (once), title, producer, licence, source and columns are required", d.Code)
		}
		seen[d.Code] = true
		if d.File == "" && d.Query == "" || d.Query != "" && !strings.Contains(d.Query, placeOf) {
			return fmt.Errorf("data set %s: it needs a file, or a query with %s", d.Code, placeOf)
		}
		for _, address := range []string{d.File, d.Query} {
			u, err := url.Parse(address)
			if err != nil || address != "" && (u.Scheme != "https" || !slices.ContainsFunc(c.Servers, func(s server) bool { return s.Host == u.Host })) {
				return fmt.Errorf("data set %s: %q is not the https address of a server of the catalogue", d.Code, address)
			}
		}
	}
	return nil
}

// placeOf stands for the place in a query.
const placeOf = "{geo}"

// Datasets are all that can be fetched, in the order of the catalogue.
func Datasets() []Dataset { return slices.Clone(shippedCatalogue().Datasets) }

// Find is the data set of a code, case aside.
func Find(code string) (Dataset, bool) {
	for _, d := range shippedCatalogue().Datasets {
		if strings.EqualFold(d.Code, code) {
			return d, true
		}
	}
	return Dataset{}, false
}

// server is who publishes the data set.
func (d *Dataset) server() server {
	address := d.File
	if address == "" {
		address = d.Query
	}
	u, _ := url.Parse(address) // checked with the catalogue
	for _, s := range shippedCatalogue().Servers {
		if s.Host == u.Host {
			return s
		}
	}
	return server{Host: u.Host, Name: u.Host}
}

// Host is the name of the service that publishes the data set, for sentences.
func (d *Dataset) Host() string { return d.server().Name }

// ByDepartement says that the data set is asked for one département at a time; AllFrance that
// the whole of France comes in one file. One of the two is true, or both.
func (d *Dataset) ByDepartement() bool { return d.Query != "" }

// AllFrance is described with ByDepartement.
func (d *Dataset) AllFrance() bool { return d.File != "" }
