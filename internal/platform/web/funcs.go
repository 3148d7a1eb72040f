// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// funcs are what templates may call, besides html/template's own. They format; they
// decide nothing.
var funcs = template.FuncMap{
	"asset":   AssetURL,                 // {{asset "app.css"}}: fingerprinted address, error when unknown
	"script":  builtURL,                 // {{with script "map.js"}}: address, or "" when not built
	"styles":  styleURLs,                // addresses of the style sheets of all pages
	"int":     french.Int,               // 34 969
	"number":  french.Number,            // {{number .V 1}}: 1 234,5
	"percent": french.Percent,           // {{percent .V 1}}: 12,5 %
	"plural":  french.Plural,            // {{plural .N "place" "places"}}: 1 place, 2 places
	"de":      french.DeName,            // de Bondy, du Raincy
	"at":      french.AName,             // à Bondy, au Raincy
	"date":    clock.Date.French,        // 1er janvier 2026
	"weekday": clock.Date.FrenchWeekday, // vendredi 22 mars 2024
	"iso":     clock.Date.String,        // 2024-03-22, for <time datetime>
	"day":     clock.On,                 // the civil day in Paris of an instant
	"hour":    frenchHour,               // 14 h 02, in Paris
	"stamp":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	"nb":      Unbreakable, // keeps « : » and the like off the start of a line
	"list":    func(v ...any) []any { return v },
	"pair":    func(k, v string) [2]string { return [2]string{k, v} },
	"badge":   func(kind, text string) Badge { return Badge{kind, text} },
	"id":      func(prefix string, n int) string { return fmt.Sprintf("%s-%d", prefix, n) },
	"inc":     func(n int) int { return n + 1 },
}

// Unbreakable puts the no-break spaces that French typography wants where plain ones
// were typed: before : ; ! ? » %, after «, after the letter of an article. Components do it to the texts they are given.
func Unbreakable(s string) string { return unbreakable.Replace(s) }

var unbreakable = strings.NewReplacer(" :", "\u00a0:", " ;", "\u202f;", " !", "\u202f!", " ?", "\u202f?",
	" »", "\u00a0»", "« ", "«\u00a0", " %", "\u202f%", " L. ", " L.\u00a0", " R. ", " R.\u00a0", " D. ", " D.\u00a0", " n° ", " n°\u00a0")

func frenchHour(t time.Time) string {
	t = t.In(clock.Paris)
	return fmt.Sprintf("%d\u00a0h\u00a0%02d", t.Hour(), t.Minute())
}
