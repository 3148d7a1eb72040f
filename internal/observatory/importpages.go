// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"maillage/internal/observatory/intake"
	"maillage/internal/observatory/remote"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/jobs"
	"maillage/internal/platform/sheet"
	"maillage/internal/platform/web"
)

// maxUpload is the largest file taken through the page; larger ones go through the command line.
const maxUpload = 300 << 20

// deposit is a file dropped and examined, waiting for a decision. It is kept in memory with its
// file on disk: nothing is imported until a person says so, and a file forgotten is erased.
type deposit struct {
	id   string
	file File
	at   time.Time

	mu   sync.Mutex
	seen *Examination
}

func (d *deposit) examination() *Examination {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen
}

func (d *deposit) set(x *Examination) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen = x
}

// deposits are the files dropped, for a day at most.
type deposits struct {
	dir string
	mu  sync.Mutex
	all map[string]*deposit
}

const depositLife = 24 * time.Hour

// add takes over an uploaded file, already synced to disk.
func (k *deposits) add(up *web.Upload, now time.Time) (*deposit, error) {
	return k.place(up.Name, now, func(to string) error { return os.Rename(up.Path, to) }) // #nosec G703 -- both names are made here, not sent
}

// place keeps the file that put writes.
func (k *deposits) place(name string, now time.Time, put func(to string) error) (*deposit, error) {
	d := &deposit{id: uuid.NewString(), at: now}
	d.file = File{Path: filepath.Join(k.dir, d.id), Name: name}
	if err := put(d.file.Path); err != nil {
		return nil, fmt.Errorf("deposit: %w", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, old := range k.all {
		if now.Sub(old.at) > depositLife {
			k.forget(id)
		}
	}
	k.all[d.id] = d
	return d, nil
}

func (k *deposits) get(id string) (*deposit, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	d, ok := k.all[id]
	return d, ok
}

func (k *deposits) remove(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.forget(id)
}

func (k *deposits) forget(id string) {
	if d := k.all[id]; d != nil {
		_ = os.Remove(d.file.Path) // a file left behind is removed at the next start
		delete(k.all, id)
	}
}

// imports serves the pages through which files come in.
type imports struct {
	*room
	files   *deposits
	sources *remote.Client
}

func (r *room) importRoutes() []web.Route {
	m := &imports{r, &deposits{dir: r.Dir, all: map[string]*deposit{}}, remote.New(r.Remote)}
	return []web.Route{
		{Pattern: "GET /observatoire/imports", Access: web.Public, Handler: m.list},
		{Pattern: "POST /observatoire/imports", Access: "observatoire.importer", Handler: m.drop, MaxBody: maxUpload + 1<<20},
		{Pattern: "POST /observatoire/imports/source", Access: "observatoire.importer", Handler: m.fetch},
		{Pattern: "GET /observatoire/taches/{job}", Access: "observatoire.importer", Handler: web.ProgressPage(m.progress)},
		{Pattern: "GET /observatoire/depots/{id}", Access: "observatoire.importer", Handler: m.preview},
		{Pattern: "POST /observatoire/depots/{id}", Access: "observatoire.importer", Handler: m.decide},
		{Pattern: "GET /observatoire/imports/{batch}", Access: web.Public, Handler: m.show},
		{Pattern: "POST /observatoire/imports/{batch}/retirer", Access: "observatoire.importer", Handler: m.withdraw},
		{Pattern: "POST /observatoire/imports/{batch}/remettre", Access: "observatoire.importer", Handler: m.putBack},
	}
}

var importsTemplate = web.NewTemplate[importsPage](pageFiles, "pages/imports.html")

type importsPage struct {
	web.Page
	Form   web.Field
	Source *sourceForm
	Table  *web.Table
	Empty  web.Empty
}

func (m *imports) list(w http.ResponseWriter, req *http.Request) error {
	return m.showList(w, req, http.StatusOK, "", nil)
}

func (m *imports) showList(w http.ResponseWriter, req *http.Request, status int, problem string, source *web.Form) error {
	p := importsPage{Source: m.sourceForm(source), Page: web.Page{Title: "Importer des chiffres", Nav: "observatoire", Crumbs: observatoryCrumbs,
		Lead: "Déposez un fichier de statistiques : vous verrez comment il est compris avant que rien ne soit enregistré."},
		Form: web.Field{Name: "fichier", Label: "Fichier", Type: "file", Required: true, Error: problem, Accept: ".csv,.tsv,.txt,.xlsx,.ods,.zip,.gz",
			Hint: "CSV, Excel (.xlsx), LibreOffice (.ods) ou archive ZIP ; 300 Mo au plus. Une colonne de codes Insee, des années, des nombres."},
		Empty: web.Empty{Title: "Aucun import"}}
	if !web.May(req, "observatoire.importer", web.Scope{}) {
		p.Title, p.Lead = "Chiffres importés", "Les fichiers dont viennent les chiffres de ce service, et quand ils y sont entrés."
	}
	snap := m.Snapshot()
	t := web.Table{ID: "imports", Caption: "Imports, le plus récent d'abord", Quiet: true, Stack: true, Columns: []web.Column{
		{Label: "Import"}, {Label: "Fichier"}, {Label: "Date"}, {Label: "Valeurs", Numeric: true}, {Label: "État"}}}
	for _, b := range snap.Batches() {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: b.Title, Href: "/observatoire/imports/" + b.ID}, {Text: b.File},
			{Text: clock.On(b.Created).French()}, {Text: french.Int(b.Count)}, {Badge: batchBadge(b)}}})
	}
	if len(t.Rows) > 0 {
		p.Table = &t
	}
	return importsTemplate.Render(w, req, status, p)
}

func batchBadge(b *Batch) web.Badge {
	if b.Active() {
		return web.Badge{Kind: web.Success, Text: "en usage"}
	}
	return web.Badge{Kind: web.Neutral, Text: "retiré le " + clock.On(b.Withdrawn).French()}
}

// drop receives a file and starts reading it.
func (m *imports) drop(w http.ResponseWriter, req *http.Request) error {
	if err := os.MkdirAll(m.files.dir, 0o700); err != nil {
		return fmt.Errorf("uploads: %w", err)
	}
	f, err := web.ReadForm(req, web.FormSpec{Files: []string{"fichier"}, MaxFile: maxUpload, TempDir: m.files.dir, Durable: true})
	if err != nil {
		return err
	}
	defer f.Close()
	up := f.Files["fichier"]
	if up == nil || up.Size == 0 {
		problem := "Choisissez un fichier qui ne soit pas vide."
		if e := f.Errors["fichier"]; e != "" {
			problem = e
		}
		return m.showList(w, req, http.StatusUnprocessableEntity, problem, nil)
	}
	d, err := m.files.add(up, m.Now())
	if err != nil {
		return err
	}
	return m.examine(w, req, d, BestTable, nil)
}

// examine reads a deposit in the background; a short file is ready before the page asks.
func (m *imports) examine(w http.ResponseWriter, req *http.Request, d *deposit, table int, plan *intake.Plan) error {
	job := m.Jobs.Start("Lecture de "+d.file.Name, func(ctx context.Context, p *jobs.Progress) error { return m.read(ctx, d, table, plan, p) })
	return m.follow(w, req, job)
}

// read examines a deposit and leads to its preview.
func (m *imports) read(ctx context.Context, d *deposit, table int, plan *intake.Plan, p *jobs.Progress) error {
	x, err := m.Examine(ctx, d.file, table, plan, p)
	if err != nil {
		return err
	}
	d.set(x)
	p.Result("/observatoire/depots/" + d.id)
	return nil
}

// follow leads to the end of a job: at once when it is short, by the progress page otherwise.
func (m *imports) follow(w http.ResponseWriter, req *http.Request, job string) error {
	const patience = 900 * time.Millisecond
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s, ok := m.Jobs.Get(job); ok && s.State == jobs.Done {
			return web.Redirect(w, req, s.Result)
		}
	}
	return web.Redirect(w, req, "/observatoire/taches/"+job)
}

func (m *imports) progress(req *http.Request) (web.Progress, error) {
	s, ok := m.Jobs.Get(req.PathValue("job"))
	if !ok {
		return web.Progress{}, web.NotFound("Ce traitement est terminé depuis longtemps, ou le service a redémarré. Rien n'a été enregistré : déposez de nouveau le fichier.")
	}
	p := web.Progress{Title: s.Title, Done: s.Done, Total: s.Total, Message: s.Step, Finished: s.State == jobs.Done, Next: s.Result}
	if s.State == jobs.Failed {
		p.Failed, p.Next = upperFirst(failure(s.Err)), "/observatoire/imports"
	}
	return p, nil
}

// failure is what a person reads when a job failed: the message of the file, or that it was cut.
func failure(err error) string {
	var of *sheet.Error
	switch {
	case errors.As(err, &of):
		return of.Error()
	case errors.Is(err, context.Canceled):
		return "le traitement a été interrompu ; rien n'a été enregistré"
	}
	return err.Error()
}

var batchTemplate = web.NewTemplate[batchPage](pageFiles, "pages/import.html")

type batchPage struct {
	web.Page
	Batch   *Batch
	Badge   web.Badge
	Facts   []web.Fact
	Figures []web.Link
	Notes   []string
}

func (m *imports) find(req *http.Request) (*Batch, error) {
	for _, b := range m.Snapshot().Batches() {
		if b.ID == req.PathValue("batch") {
			return b, nil
		}
	}
	return nil, web.NotFound("Cet import n'existe pas.")
}

func (m *imports) show(w http.ResponseWriter, req *http.Request) error {
	b, err := m.find(req)
	if err != nil {
		return err
	}
	s := m.Snapshot()
	p := batchPage{Batch: b, Badge: batchBadge(b), Notes: b.Report.Notes, Page: web.Page{Title: b.Title, Nav: "observatoire",
		Crumbs: append(observatoryCrumbs, web.Crumb{Label: "Imports", Href: "/observatoire/imports"})}}
	switch req.URL.Query().Get("fait") {
	case "importe":
		p.Notices = []web.Notice{{Kind: web.Success, Title: "Import terminé", Text: french.Plural(b.Count, "valeur enregistrée", "valeurs enregistrées") + ". Elles sont visibles partout."}}
	case "retire":
		p.Notices = []web.Notice{{Kind: web.Success, Text: "L'import est retiré : ses valeurs ne comptent plus nulle part. Vous pouvez le remettre."}}
	case "remis":
		p.Notices = []web.Notice{{Kind: web.Success, Text: "L'import compte de nouveau."}}
	}
	p.Facts = []web.Fact{{Label: "Fichier", Value: b.File}, {Label: "Importé le", Value: clock.On(b.Created).French()},
		{Label: "Valeurs", Value: french.Int(b.Count)}, {Label: "Géographie du fichier", Value: b.Geography.French()}, {Label: "Empreinte SHA-256", Value: b.Hash}}
	for _, code := range s.codesOf(b.Num) {
		if ind, ok := s.Indicator(code); ok {
			p.Figures = append(p.Figures, web.Link{Label: ind.Title, Href: "/observatoire?indicateur=" + code})
		}
	}
	return batchTemplate.Render(w, req, http.StatusOK, p)
}

func (m *imports) withdraw(w http.ResponseWriter, req *http.Request) error {
	return m.setWithdrawn(w, req, m.Now(), "retire")
}

func (m *imports) putBack(w http.ResponseWriter, req *http.Request) error {
	return m.setWithdrawn(w, req, time.Time{}, "remis")
}

func (m *imports) setWithdrawn(w http.ResponseWriter, req *http.Request, at time.Time, done string) error {
	b, err := m.find(req)
	if err != nil {
		return err
	}
	if err := m.Store.SetWithdrawn(req.Context(), b.ID, at); err != nil {
		return err
	}
	if err := m.Refresh(req.Context()); err != nil {
		return err
	}
	return web.Redirect(w, req, "/observatoire/imports/"+b.ID+"?fait="+done)
}

// codesOf are the indicators that an import brought.
func (s *Snapshot) codesOf(batch int) []string { return s.brought[batch] }

// plural says how many issues of a severity there are.
func severityTitle(s intake.Severity, n int) string {
	switch s {
	case intake.Error:
		return french.Plural(n, "erreur à corriger", "erreurs à corriger")
	case intake.Warning:
		return french.Plural(n, "point à regarder", "points à regarder")
	}
	return strings.TrimSpace(french.Plural(n, "remarque", "remarques"))
}
