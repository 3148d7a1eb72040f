// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"archive/zip"
	"cmp"
	"context"
	"database/sql"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strings"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

// KindCopy is the act that hands a copy to somebody who asked by letter.
const KindCopy = "copie-donnees"

type minePage struct {
	web.Page
	Sections web.Table
}

var mineTemplate = web.NewTemplate[minePage](pageFiles, "pages/moi.html")

// minePage tells the person who is signed in what is known of them.
func (r *Room) minePage(w http.ResponseWriter, req *http.Request) error {
	_, sections, err := r.Known(req.Context(), actor.From(req.Context()).Person)
	if err != nil {
		return asProblem(err)
	}
	p := minePage{Page: web.Page{Title: "Vos données", Crumbs: []web.Crumb{{Label: "Mon compte", Href: "/moi"}}, Robots: "noindex",
		Lead: "Tout ce que le service sait de vous, dans toutes ses pages, en un fichier."},
		Sections: web.Table{ID: "sections", Caption: "Ce que contient la copie", Stack: true,
			Columns: []web.Column{{Label: "Données"}, {Label: "Traitement"}, {Label: "Lignes", Numeric: true}}}}
	for _, s := range sections {
		p.Sections.Rows = append(p.Sections.Rows, web.Row{Cells: []web.Cell{{Text: s.Title, Note: s.Role}, {Text: s.Processing}, {Text: french.Int(len(s.Rows))}}})
	}
	return mineTemplate.Render(w, req, http.StatusOK, p)
}

func (r *Room) mineZIP(w http.ResponseWriter, req *http.Request) error {
	who, sections, err := r.Known(req.Context(), actor.From(req.Context()).Person)
	if err != nil {
		return asProblem(err)
	}
	return r.sendCopy(w, req, who, sections)
}

// copyFor hands the copy to the administration, for somebody who asked by letter, and appends
// it to the journal: a request must be answered within a month (GDPR article 12), provably.
func (r *Room) copyFor(w http.ResponseWriter, req *http.Request) error {
	who, sections, err := r.Known(req.Context(), req.PathValue("personne"))
	if err != nil {
		return asProblem(err)
	}
	if err := r.recordCopy(req.Context(), who); err != nil {
		return err
	}
	return r.sendCopy(w, req, who, sections)
}

func (r *Room) recordCopy(ctx context.Context, of Identity) error {
	return r.Journal.Tx(ctx, func(tx *sql.Tx) error {
		who := actor.From(ctx)
		act := journal.Act{Kind: KindCopy, At: r.Now(), Hat: cmp.Or(who.Title, "Le service lui-même"), Subject: "people/" + of.ID,
			Body: map[string]any{"personne": journal.Personal{Person: of.ID, Value: of.Name}}}
		if who.Person != "" {
			act.Actor = journal.Personal{Person: who.Person, Value: who.Name}
		}
		_, err := r.Journal.Append(ctx, tx, act)
		return err
	})
}

// sendCopy writes the archive as it goes: files may be large, and nothing of it stays here.
func (r *Room) sendCopy(w http.ResponseWriter, req *http.Request, who Identity, sections []Section) error {
	web.Attachment(w, "donnees-personnelles.zip", "application/zip")
	return r.writeCopy(req.Context(), w, who, sections)
}

//go:embed pages/copie.html
var copyHTML string

var copyTemplate = template.Must(template.New("copie").Funcs(template.FuncMap{"lisible": readable}).Parse(copyHTML))

// writeCopy is the archive: one readable page, one file for programs, one table for each section,
// and the files about the person.
func (r *Room) writeCopy(ctx context.Context, w io.Writer, who Identity, sections []Section) error {
	z := zip.NewWriter(w)
	data := map[string]any{"Name": who.Name, "Day": clock.On(r.Now()).French(), "Sections": sections}
	f, err := r.entryOf(z, "donnees.html")
	if err == nil {
		err = copyTemplate.Execute(f, data)
	}
	if err != nil {
		return err
	}
	if f, err = r.entryOf(z, "donnees.json"); err != nil {
		return err
	}
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(copyJSON{Person: who.Name, Date: db.Instant(r.Now()), Sections: sectionsJSON(sections)}); err != nil {
		return err
	}
	for i, s := range sections {
		if f, err = r.entryOf(z, fmt.Sprintf("tableaux/%02d-%s.csv", i+1, slug(s.Title))); err != nil {
			return err
		}
		if err := sheet.WriteCSV(f, s.Columns, cellsOf(s.Rows)); err != nil {
			return err
		}
	}
	if err := r.attach(ctx, z, who); err != nil {
		return err
	}
	return z.Close()
}

// attach adds the files that the rooms keep about the person.
func (r *Room) attach(ctx context.Context, z *zip.Writer, who Identity) error {
	n := 0
	add := func(name string, open func() (io.ReadCloser, error)) error {
		n++
		name = fmt.Sprintf("fichiers/%02d-%s", n, name)
		content, err := open()
		if err == nil {
			var f io.Writer
			if f, err = r.entryOf(z, name); err == nil {
				_, err = io.Copy(f, content)
			}
			err = errors.Join(err, content.Close())
		}
		if err == nil || ctx.Err() != nil {
			return err
		}
		// One damaged file does not withhold the rest; the copy says which.
		f, err := r.entryOf(z, name+".illisible.txt")
		if err == nil {
			_, err = io.WriteString(f, "Ce fichier est au dépôt, mais n'a pas pu être lu en entier. Demandez-le à l'administration du service.\n")
		}
		return err
	}
	for _, room := range slices.Sorted(maps.Keys(r.Holders)) {
		a, ok := r.Holders[room].(Attached)
		if !ok {
			continue
		}
		for _, id := range who.IDs {
			if err := a.Attach(ctx, id, add); err != nil {
				return fmt.Errorf("%s: %w", room, err)
			}
		}
	}
	return nil
}

func (r *Room) entryOf(z *zip.Writer, name string) (io.Writer, error) {
	return z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: r.Now()})
}

type copyJSON struct {
	Person   string        `json:"personne"`
	Date     string        `json:"date"`
	Sections []sectionJSON `json:"sections"`
}

type sectionJSON struct {
	Title      string              `json:"titre"`
	Role       string              `json:"role,omitempty"`
	Processing string              `json:"traitement,omitempty"`
	Rows       []map[string]string `json:"lignes"`
}

func sectionsJSON(sections []Section) []sectionJSON {
	list := make([]sectionJSON, len(sections))
	for i, s := range sections {
		list[i] = sectionJSON{s.Title, s.Role, s.Processing, make([]map[string]string, len(s.Rows))}
		for j, row := range s.Rows {
			list[i].Rows[j] = make(map[string]string, len(row))
			for k, v := range row {
				list[i].Rows[j][s.Columns[k]] = v
			}
		}
	}
	return list
}

func cellsOf(rows [][]string) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, row := range rows {
			cells := make([]any, len(row))
			for i, v := range row {
				cells[i] = v
			}
			if !yield(cells) {
				return
			}
		}
	}
}

// readable writes an instant as people say it, and anything else as it is.
func readable(s string) string {
	t, err := db.ParseInstant(s)
	if err != nil {
		return s
	}
	p := t.In(clock.Paris)
	return clock.On(t).French() + " à " + p.Format("15 h 04")
}

// slug is a file name made of a title.
func slug(title string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, french.Fold(title)), "-")
}
