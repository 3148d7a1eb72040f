// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"fmt"
	"strings"

	"maillage/internal/platform/french"
)

// MaxEntries is how many people one paste may hold.
const MaxEntries = 2000

// Name is one reading of a name.
type Name struct{ Family, Given string }

// String is "Prénom Nom".
func (n Name) String() string { return strings.TrimSpace(n.Given + " " + n.Family) }

// Entry is one person of the list.
type Entry struct {
	Line int    // from 1, where it begins in the text pasted
	Raw  string // as pasted, on one line
	Name
	Mail         string // lower case, "" when there is none
	Organisation string
	Title        string
	Phone        string
	Readings     []Name   // ways to read the name when it is not sure, the likeliest first; else empty
	Doubts       []string // reasons to look, in French; none: it is sure
	Repeats      int      // line of the same person higher in the list, 0: none
	Service      bool     // the address is a service's, not a person's
}

// Skip is a piece of the text that holds nobody.
type Skip struct {
	Line int
	Raw  string
	Why  string
}

// List is what was read.
type List struct {
	Entries []Entry
	Skipped []Skip
	Columns []string // headings that were understood, as pasted; empty: no table
}

// Parse reads a pasted text. It never fails: what holds nobody is skipped, and told.
func Parse(text string) List {
	l := readText(clean(text))
	if len(l.Entries) > MaxEntries {
		first := l.Entries[MaxEntries]
		l.Skipped = append(l.Skipped, Skip{first.Line, first.Raw, fmt.Sprintf("la liste compte plus de %d personnes : collez la suite à part", MaxEntries)})
		l.Entries = l.Entries[:MaxEntries]
	}
	settle(l.Entries)
	repeats(l.Entries)
	return l
}

// clean makes the text plain: one kind of line end, of space, of quote; no invisible mark.
func clean(s string) string {
	s = strings.ToValidUTF8(s, "")
	return cleaner.Replace(s)
}

var cleaner = strings.NewReplacer(
	"\ufeff", "", "\u200b", "", "\u200e", "", "\u200f", "", "\u00ad", "", "\u2060", "", "\u202a", "", "\u202c", "", "\u0000", "",
	"\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n",
	"\u00a0", " ", "\u202f", " ", "\u2007", " ", "\u2009", " ", "\u3000", " ",
	"\u201c", `"`, "\u201d", `"`, "«", `"`, "»", `"`, "\u2019", "'", "\u02bc", "'", "\uff1c", "<", "\uff1e", ">", "\uff1b", ";")

// fromItems reads free text, one person an item.
func fromItems(items []item) List {
	var l List
	for _, it := range items {
		e, why := read(it.text)
		e.Line, e.Raw = it.line, oneLine(it.text)
		if why != "" {
			l.Skipped = append(l.Skipped, Skip{it.line, e.Raw, why})
			continue
		}
		l.Entries = append(l.Entries, e)
	}
	return l
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// settle uses what is sure in a list to order the readings of what is not: a list is written in
// one order. It stays a doubt.
func settle(list []Entry) {
	familyFirst, sure := 0, 0
	for _, e := range list {
		if len(e.Readings) > 0 || e.Given == "" || e.Family == "" {
			continue
		}
		sure++
		raw := french.Fold(e.Raw)
		if strings.Index(raw, french.Fold(e.Family)) < strings.Index(raw, french.Fold(e.Given)) {
			familyFirst++
		}
	}
	if sure < 3 || familyFirst*5 > sure && familyFirst*5 < sure*4 {
		return
	}
	for i := range list {
		e := &list[i]
		if len(e.Readings) != 2 || withoutAddress(e.Raw) == "" { // addresses have an order of their own
			continue
		}
		raw := french.Fold(e.Raw)
		first := strings.HasPrefix(raw, french.Fold(e.Readings[0].Family))
		if first != (familyFirst*2 > sure) {
			e.Readings[0], e.Readings[1] = e.Readings[1], e.Readings[0]
			e.Name = e.Readings[0]
		}
	}
}

// repeats marks those who are in the list twice, and keeps what only the second one says.
func repeats(list []Entry) {
	seen := map[string]int{}
	for i := range list {
		e := &list[i]
		key := e.Mail
		if key == "" {
			key = sorted(e.Family+" "+e.Given) + "|" + french.Fold(e.Organisation)
		}
		first, again := seen[key]
		if !again {
			seen[key] = i
			continue
		}
		f := &list[first]
		e.Repeats = f.Line
		for _, fill := range []struct{ to, from *string }{{&f.Organisation, &e.Organisation}, {&f.Title, &e.Title}, {&f.Phone, &e.Phone}} {
			if *fill.to == "" {
				*fill.to = *fill.from
			}
		}
	}
}
