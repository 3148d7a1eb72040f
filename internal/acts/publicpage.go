// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

// section is the key of these pages in a menu.
const section = "actes"

// publicPage is what everyone may see of the journal.
type publicPage struct {
	web.Page
	Count  int
	Stats  []web.Stat
	Key    journal.PublicKey
	Former []journal.PublicKey
	Points web.Table
	Pager  web.Pager
	Empty  bool
	Breaks []web.Step // resumptions after a restoration
}

var publicTemplate = web.NewTemplate[publicPage](pageFiles, "pages/public.html")

// pointsPerPage is how many checkpoints a page shows.
const pointsPerPage = 25

// points is a page of checkpoints, newest first.
type points struct {
	list                   []*journal.Checkpoint
	page, pages, total     int
	acts                   int
	previous, next, oldest string
}

func (r *Room) points(req *http.Request, path string) (points, error) {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"page"}})
	if err != nil {
		return points{}, err
	}
	p := points{page: pageNumber(form)}
	n, err := r.Journal.Size(req.Context())
	if err != nil {
		return p, err
	}
	p.acts = int(n)
	p.list, p.total, err = r.Journal.CheckpointPage(req.Context(), (p.page-1)*pointsPerPage, pointsPerPage)
	if err != nil {
		return p, told(err)
	}
	p.pages = max(1, (p.total+pointsPerPage-1)/pointsPerPage)
	if p.page > p.pages {
		return p, web.NotFound(fmt.Sprintf("Cette liste n'a que %s : revenez à la première.", french.Plural(p.pages, "page", "pages")))
	}
	at := func(k int) string {
		if k == 1 {
			return path
		}
		return path + "?page=" + strconv.Itoa(k)
	}
	if p.page > 1 {
		p.previous = at(p.page - 1)
	}
	if p.page < p.pages {
		p.next, p.oldest = at(p.page+1), at(p.pages)
	}
	return p, nil
}

// pageNumber is the page asked for; what is no number is the first.
func pageNumber(form *web.Form) int {
	n, err := strconv.Atoi(form.Text("page"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 1
	}
	return n
}

func (r *Room) public(w http.ResponseWriter, req *http.Request) error {
	p, err := r.points(req, "/actes")
	if err != nil {
		return err
	}
	keys := r.Journal.Keys()
	page := publicPage{Count: p.acts, Key: keys[0], Former: keys[1:], Empty: p.total == 0,
		Page: web.Page{Title: "Journal des actes officiels", Nav: section,
			Lead:        "Ce que le service a inscrit ne peut pas être changé sans que cela se voie.",
			Description: "Clé publique et points de contrôle signés du journal des actes officiels ; vérification d'un reçu.",
			Crumbs:      []web.Crumb{{Label: "Accueil", Href: "/"}},
			Downloads:   []web.Link{{Label: "Clé publique (texte)", Href: "/actes/cle.txt"}, {Label: "Clé et points de contrôle (JSON)", Href: "/actes.json"}}},
		Pager: web.Pager{Label: "Pages des points de contrôle", Page: p.page, Pages: p.pages, Previous: p.previous, Next: p.next, Last: p.oldest,
			Total: french.Plural(p.total, "point", "points")}}
	if p.page > 2 {
		page.Pager.First = "/actes"
	}
	page.Stats = []web.Stat{{Label: "Actes inscrits", Value: french.Int(p.acts)},
		{Label: "Points de contrôle signés", Value: french.Int(p.total)}}
	page.Points = web.Table{ID: "points", Caption: "Points de contrôle, du plus récent au plus ancien", Stack: true,
		Columns: []web.Column{{Label: "Numéro"}, {Label: "Signé le"}, {Label: "Actes couverts", Numeric: true}, {Label: "Résumé du journal (racine)"}, {Label: "Note signée"}}}
	for _, c := range p.list {
		page.Points.Rows = append(page.Points.Rows, web.Row{Cells: []web.Cell{{Text: ordinal(c.Seq)}, {Text: instant(c.At)},
			{Text: french.Int(int(c.Size))}, {HTML: code(c.Root.String())}, {Text: pointName(c), Href: "/actes/points/" + pointName(c)}}})
	}
	if page.Breaks, err = r.breaks(req); err != nil {
		return err
	}
	return publicTemplate.Render(w, req, http.StatusOK, page)
}

// breaks are the times when signed acts were lost and the journal went on: whoever keeps a
// checkpoint of the lost part finds here why it is not continued.
func (r *Room) breaks(req *http.Request) ([]web.Step, error) {
	list, err := r.Journal.List(req.Context(), journal.Filter{Kind: journal.KindResumed}, 0, 20)
	if err != nil {
		return nil, told(err)
	}
	var steps []web.Step
	for _, e := range list {
		s := web.Step{Date: instant(e.Leaf.At), ISO: clock.On(e.Leaf.At).String(), Title: "Le journal a repris après une restauration"}
		if lost := r.Journal.LostIn(e.Leaf); lost != nil {
			s.Text = "Le point de contrôle n° " + ordinal(lost.Seq) + ", signé le " + instant(lost.At) + " pour " +
				french.Plural(int(lost.Size), "acte", "actes") + ", n'est plus continué : les actes signés depuis la sauvegarde sont perdus, leurs reçus restent valables."
		}
		steps = append(steps, s)
	}
	return steps, nil
}

// code shows letters and digits as they are: the site's font draws 3x4 as 3×4.
func code(s string) template.HTML {
	return template.HTML("<code>" + template.HTMLEscapeString(s) + "</code>") // #nosec G203 -- escaped
}

// pointName is the file's name of a checkpoint.
func pointName(c *journal.Checkpoint) string { return strconv.FormatInt(c.Size, 10) + ".txt" }

// The machine twin of the public page.
type publicData struct {
	Journal string              `json:"journal"`
	Key     journal.PublicKey   `json:"cle"`
	Former  []journal.PublicKey `json:"anciennes_cles"`
	Acts    int                 `json:"actes"`
	Page    int                 `json:"page"`
	Pages   int                 `json:"pages"`
	Points  []pointData         `json:"points"`
}

type pointData struct {
	Seq  int64  `json:"numero"`
	Size int64  `json:"actes"`
	Root string `json:"racine"`
	At   string `json:"date"`
	Key  string `json:"cle"`
	Note string `json:"note"`
}

func (r *Room) publicJSON(w http.ResponseWriter, req *http.Request) error {
	p, err := r.points(req, "/actes.json")
	if err != nil {
		return err
	}
	keys := r.Journal.Keys()
	data := publicData{Journal: keys[0].Name(), Key: keys[0], Former: append([]journal.PublicKey{}, keys[1:]...),
		Acts: p.acts, Page: p.page, Pages: p.pages, Points: []pointData{}}
	for _, c := range p.list {
		data.Points = append(data.Points, pointData{c.Seq, c.Size, c.Root.String(), db.Instant(c.At), c.Key, c.Note})
	}
	return web.JSON(w, req, data)
}

const plainText = "text/plain; charset=utf-8"

// keyFile gives the public keys as maillage verify --cle reads them.
func (r *Room) keyFile(w http.ResponseWriter, req *http.Request) error {
	keys := r.Journal.Keys()
	text := "# Clé publique du journal des actes : elle sert à vérifier les reçus.\n" + journal.FormatPublicKeys(keys[0])
	if len(keys) > 1 {
		text += "# Clés précédentes : ce qu'elles ont signé reste valable.\n" + journal.FormatPublicKeys(keys[1:]...)
	}
	return web.Bytes(w, req, http.StatusOK, plainText, []byte(text))
}

// lastPoint is the name under which the newest checkpoint is always found.
const lastPoint = "dernier.txt"

func (r *Room) checkpointFile(w http.ResponseWriter, req *http.Request) error {
	c, err := r.checkpoint(req)
	if errors.Is(err, journal.ErrUnknown) {
		return web.NotFound("Aucun point de contrôle ne porte ce nombre d'actes. La page /actes énumère ceux qui existent.")
	}
	if err != nil {
		return told(err)
	}
	web.Attachment(w, "point-de-controle-"+pointName(c), plainText)
	return web.Bytes(w, req, http.StatusOK, plainText, []byte(c.Note))
}

func (r *Room) checkpoint(req *http.Request) (*journal.Checkpoint, error) {
	name := req.PathValue("file")
	if name == lastPoint {
		list, err := r.Journal.Checkpoints(req.Context(), 1)
		if err == nil && len(list) == 0 {
			err = journal.ErrUnknown
		}
		if err != nil {
			return nil, err
		}
		return list[0], nil
	}
	digits, ok := strings.CutSuffix(name, ".txt")
	size, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || strconv.FormatInt(size, 10) != digits {
		return nil, journal.ErrUnknown
	}
	return r.Journal.CheckpointOf(req.Context(), size)
}
