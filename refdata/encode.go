// SPDX-License-Identifier: EUPL-1.2

package refdata

import (
	"bytes"
	"strconv"
	"strings"
)

// header opens the text; the number is the version of the format.
const header = "maillage-territoires\t1"

// Encode writes the data as lines of tab-separated text, one record a line, its kind first.
// Decode reads it back to the same Dataset.
func Encode(d *Dataset) []byte {
	w := &writer{}
	w.line(header)
	years := []string{"A"}
	for _, y := range d.Years {
		years = append(years, strconv.Itoa(y))
	}
	w.line(years...)
	for _, s := range d.Sources {
		w.line("S", s.Version, strconv.Itoa(s.Vintage), s.Integrity, s.Use)
	}
	for _, e := range d.Exceptions {
		w.line("X", e.Departement, strconv.Itoa(e.Year), e.InForce, e.Note)
	}
	for _, r := range d.Regions {
		w.line("R", r.Code, r.Name)
	}
	for _, p := range d.Departements {
		w.line("D", p.Code, p.Name, p.Region, p.Zone)
	}
	for _, g := range d.Groupings {
		w.line("E", g.SIREN, strconv.Itoa(g.First), strconv.Itoa(g.Last), g.Type, g.Name)
		for _, p := range g.Past {
			w.line("e", strconv.Itoa(p.First), strconv.Itoa(p.Last), p.Type, p.Name)
		}
	}
	for i := range d.Communes {
		w.commune(&d.Communes[i])
	}
	for _, a := range d.Aliases {
		w.line("L", a.Code, a.Kind, a.Commune, a.Name)
	}
	return w.Bytes()
}

type writer struct{ bytes.Buffer }

func (w *writer) line(fields ...string) {
	w.WriteString(strings.Join(fields, "\t"))
	w.WriteByte('\n')
}

func (w *writer) commune(c *Commune) {
	w.line("C", c.Code, strconv.Itoa(c.First), strconv.Itoa(c.Last), c.Name, c.Departement, c.SIREN,
		c.EPCI, c.EPT, c.PostalCodes, c.Into, c.SplitFrom, populations(c.Populations))
	for _, p := range c.Past {
		w.line("c", strconv.Itoa(p.First), strconv.Itoa(p.Last), p.Name, p.Departement, p.SIREN, p.EPCI, p.EPT)
	}
}

// populations writes one "municipal/total" a vintage, either side empty when unknown.
func populations(list []Population) string {
	parts := make([]string, len(list))
	for i, p := range list {
		parts[i] = number(p.Municipal) + "/" + number(p.Total)
	}
	return strings.Join(parts, " ")
}

func number(n int) string {
	if n == Unknown {
		return ""
	}
	return strconv.Itoa(n)
}
