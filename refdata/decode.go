// SPDX-License-Identifier: EUPL-1.2

package refdata

import (
	"fmt"
	"strconv"
	"strings"
)

// Decode reads the text of Encode. The strings of the result share the memory of text.
// An unreadable line gives an ErrFormat that names it.
func Decode(text string) (*Dataset, error) {
	first, rest, _ := strings.Cut(text, "\n")
	if first != header {
		return nil, fmt.Errorf("%w : la première ligne n'est pas « %s »", ErrFormat, strings.ReplaceAll(header, "\t", " "))
	}
	p := &reader{out: &Dataset{Communes: make([]Commune, 0, 36000), Aliases: make([]Alias, 0, 8000)}, number: 1}
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		p.number++
		if err := p.line(line); err != nil {
			return nil, err
		}
	}
	if len(p.out.Years) == 0 {
		return nil, fmt.Errorf("%w : aucun millésime", ErrFormat)
	}
	return p.out, nil
}

// reader decodes line by line; populations are cut from one large slice, as one small
// slice a commune would cost 35,000 allocations.
type reader struct {
	out    *Dataset
	number int
	slab   []Population
	fields [13]string
	bad    bool
}

func (p *reader) fail() error {
	return fmt.Errorf("%w : ligne %d", ErrFormat, p.number)
}

// records gives the number of fields of each kind of line, its letter included.
var records = map[byte]int{'S': 5, 'X': 5, 'R': 3, 'D': 5, 'E': 6, 'e': 5, 'C': 13, 'c': 8, 'L': 5}

func (p *reader) line(line string) error {
	if strings.HasPrefix(line, "A\t") {
		return p.years(line[2:])
	}
	if len(line) < 2 || !p.split(line, records[line[0]]) {
		return p.fail()
	}
	p.bad = false
	p.record(line[0])
	if p.bad {
		return p.fail()
	}
	return nil
}

func (p *reader) split(line string, want int) bool {
	if want == 0 {
		return false
	}
	for i := range want - 1 {
		field, rest, ok := strings.Cut(line, "\t")
		if !ok {
			return false
		}
		p.fields[i], line = field, rest
	}
	p.fields[want-1] = line
	return !strings.Contains(line, "\t")
}

func (p *reader) years(list string) error {
	if len(p.out.Years) > 0 {
		return p.fail()
	}
	for s := range strings.SplitSeq(list, "\t") {
		y, err := strconv.Atoi(s)
		if err != nil {
			return p.fail()
		}
		p.out.Years = append(p.out.Years, y)
	}
	return nil
}

func (p *reader) record(kind byte) {
	f, d := &p.fields, p.out
	switch kind {
	case 'S':
		d.Sources = append(d.Sources, Source{Version: f[1], Vintage: p.int(f[2]), Integrity: f[3], Use: f[4]})
	case 'X':
		d.Exceptions = append(d.Exceptions, Exception{f[1], p.int(f[2]), f[3], f[4]})
	case 'R':
		d.Regions = append(d.Regions, Region{f[1], f[2]})
	case 'D':
		d.Departements = append(d.Departements, Departement{f[1], f[2], f[3], f[4]})
	case 'E':
		d.Groupings = append(d.Groupings, Grouping{SIREN: f[1], First: p.int(f[2]), Last: p.int(f[3]), Type: f[4], Name: f[5]})
	case 'e':
		if len(d.Groupings) == 0 {
			p.bad = true
			return
		}
		g := &d.Groupings[len(d.Groupings)-1]
		g.Past = append(g.Past, GroupingState{p.int(f[1]), p.int(f[2]), f[3], f[4]})
	case 'C':
		if len(d.Years) == 0 {
			p.bad = true
			return
		}
		d.Communes = append(d.Communes, Commune{
			Code: f[1], First: p.int(f[2]), Last: p.int(f[3]),
			State:       State{Name: f[4], Departement: f[5], SIREN: f[6], EPCI: f[7], EPT: f[8]},
			PostalCodes: f[9], Into: f[10], SplitFrom: f[11], Populations: p.populations(f[12]),
		})
	case 'c':
		if len(d.Communes) == 0 {
			p.bad = true
			return
		}
		c := &d.Communes[len(d.Communes)-1]
		c.Past = append(c.Past, PastState{p.int(f[1]), p.int(f[2]), State{f[3], f[4], f[5], f[6], f[7]}})
	case 'L':
		d.Aliases = append(d.Aliases, Alias{Code: f[1], Kind: f[2], Commune: f[3], Name: f[4]})
	}
}

func (p *reader) int(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		p.bad = true
	}
	return n
}

func (p *reader) populations(s string) []Population {
	n := len(p.out.Years)
	if len(p.slab) < n {
		p.slab = make([]Population, 4096*max(n, 1))
	}
	list := p.slab[:n:n]
	p.slab = p.slab[n:]
	for i := range list {
		item, rest, more := strings.Cut(s, " ")
		municipal, total, ok := strings.Cut(item, "/")
		if !ok || more != (i < n-1) {
			p.bad = true
			return nil
		}
		list[i] = Population{p.optional(municipal), p.optional(total)}
		s = rest
	}
	return list
}

func (p *reader) optional(s string) int {
	if s == "" {
		return Unknown
	}
	return p.int(s)
}
