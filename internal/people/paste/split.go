// SPDX-License-Identifier: EUPL-1.2

package paste

import (
	"regexp"
	"strings"
)

// item is a piece of free text about one person.
type item struct {
	line int
	text string
}

var address = regexp.MustCompile(`(?i)[^\s<>()\[\]",;:|]+@[^\s<>()\[\]",;:|]+`)

// split cuts free text where one person ends and the next begins: at semicolons and line ends,
// and at the commas that follow an address. Quotes and brackets are kept whole.
func split(text string) []item {
	var items []item
	line := 1
	for _, chunk := range cut(text, ';') {
		items = append(items, splitChunk(chunk, line)...)
		line += strings.Count(chunk, "\n")
	}
	return items
}

// splitChunk cuts what lies between two semicolons.
func splitChunk(chunk string, line int) []item {
	var items []item
	add := func(text string, at int) {
		for _, piece := range commas(text) {
			at += strings.Count(piece, "\n") - strings.Count(strings.TrimLeft(piece, "\n \t"), "\n")
			if strings.TrimSpace(piece) != "" {
				items = append(items, item{at, strings.TrimSpace(piece)})
			}
			at += strings.Count(strings.TrimLeft(piece, "\n \t"), "\n")
		}
	}
	lines := strings.Split(chunk, "\n")
	for i := 0; i < len(lines); {
		text, n := lines[i], 1
		for i+n < len(lines) && continues(text, lines[i+n]) {
			text += "\n" + lines[i+n]
			n++
		}
		add(text, line+i)
		i += n
	}
	return items
}

// continues says that a line goes on with what the one before began: the address of a name, the
// rest of a quotation or of a bracket.
func continues(before, next string) bool {
	next = strings.TrimSpace(next)
	switch {
	case strings.TrimSpace(before) == "" || next == "":
		return false
	case strings.Count(before, `"`)%2 == 1 && strings.Contains(next, `"`), strings.Count(before, "(") > strings.Count(before, ")") && strings.Contains(next, ")"),
		strings.Count(before, "<") > strings.Count(before, ">") && strings.Contains(next, ">"):
		return true
	case address.MatchString(before):
		return false
	}
	return strings.HasPrefix(next, "<") || strings.HasPrefix(next, "(") || strings.HasSuffix(strings.TrimSpace(before), ",")
}

// commas cuts at the commas that follow an address, and between bare addresses.
func commas(text string) []string {
	var pieces []string
	var b strings.Builder
	for _, part := range cut(text, ',') {
		if b.Len() > 0 {
			if address.MatchString(b.String()) {
				pieces = append(pieces, b.String())
				b.Reset()
			} else {
				b.WriteByte(',')
			}
		}
		b.WriteString(part)
	}
	pieces = append(pieces, b.String())
	var out []string
	for _, p := range pieces {
		out = append(out, bare(p)...)
	}
	return out
}

// bare cuts a row of persons that only their addresses end: "a@b c@d", "Ana <a@b> Léo <c@d>".
func bare(text string) []string {
	at := address.FindAllStringIndex(text, -1)
	if len(at) < 2 || mailto.MatchString(text) || len(at) == 2 && strings.EqualFold(text[at[0][0]:at[0][1]], text[at[1][0]:at[1][1]]) {
		return []string{text}
	}
	var out []string
	start := 0
	for i := range len(at) - 1 {
		end := at[i][1]
		for end < len(text) && strings.IndexByte(`>)"'`, text[end]) >= 0 {
			end++
		}
		out = append(out, text[start:end])
		start = end
	}
	return append(out, text[start:])
}

var mailto = regexp.MustCompile(`(?i)mailto:`)

// cut is strings.Split outside of quotes and angle brackets; a quote that is never closed counts for nothing.
func cut(text string, sep byte) []string {
	var parts []string
	start, quoted, angle := 0, false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && (quoted || closes(text[i+1:], '"')):
			quoted = !quoted
		case quoted:
		case c == '<':
			angle = closes(text[i+1:], '>')
		case c == '>':
			angle = false
		case c == sep && !angle:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// closes says that a sign comes back soon, before two line ends.
func closes(rest string, sign byte) bool {
	lines := 0
	for i := 0; i < len(rest) && i < 200; i++ {
		switch rest[i] {
		case sign:
			return true
		case '\n':
			if lines++; lines > 1 {
				return false
			}
		}
	}
	return false
}
