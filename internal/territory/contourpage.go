// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var (
	contoursTemplate = web.NewTemplate[contoursPage](pageFiles, "pages/contours.html", "pages/parts.html")
	deskTemplate     = web.NewTemplate[deskPage](pageFiles, "pages/gestion-contours.html", "pages/parts.html")
)

type contoursPage struct {
	web.Page
	Sets     []setView
	Coverage string
	Empty    *web.Empty
}

// setView is a set of contours as a card.
type setView struct {
	ID      string
	Title   string
	Facts   []web.Fact
	Notes   []string
	Badge   web.Badge
	Href    string
	Actions []setAction
}

type setAction struct{ Label, Action, Kind string }

type deskPage struct {
	web.Page
	Done     *setView
	Proposed []setView
	InUse    []setView
	Gone     []setView
	File     web.Field
	More     []web.Field
	Detailed bool // some of them were filled in
	Network  bool
	Host     string
	Extent   web.Field
}

// contours says which contours the maps are drawn from.
func (p *pages) contours(w http.ResponseWriter, req *http.Request) error {
	o := p.room.State().Outlines
	page := contoursPage{Page: web.Page{Title: "Contours des territoires", Nav: "territoires", Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}},
		Lead:        "D'où viennent les formes dessinées sur les cartes, de quelle année elles sont et ce qu'il a fallu y réparer.",
		Description: "Sources, dates et licences des contours de communes utilisés sur les cartes."}}
	for _, s := range o.Sets {
		page.Sets = append(page.Sets, p.setView(s))
	}
	if len(o.Sets) == 0 {
		page.Empty = &web.Empty{Title: "Aucun contour n'est enregistré", Text: "Les cartes sont schématiques : chaque commune est une case de même taille, " +
			"posée près de sa place réelle. Ajoutez un fichier de contours pour dessiner les vraies formes."}
		if web.May(req, "territoire.contours", web.Scope{}) {
			page.Empty.Actions = []web.Link{{Label: "Ajouter des contours", Href: contourDesk}}
		}
		return contoursTemplate.Render(w, req, http.StatusOK, page)
	}
	shapes, err := o.At(req.Context(), FranceDetail)
	if err != nil {
		return err
	}
	drawn, all := 0, p.room.Registry.In(p.room.Home, Commune)
	for _, t := range all {
		if len(shapes[t.ID]) > 0 {
			drawn++
		}
	}
	home := french.DeName(p.room.Name(p.room.Home))
	page.Coverage = fmt.Sprintf("%d des %d communes %s ont un contour.", drawn, len(all), home)
	if drawn == len(all) {
		page.Coverage = fmt.Sprintf("Les %d communes %s ont un contour.", drawn, home)
	}
	if len(o.Sets) > 1 {
		page.Coverage += " Quand plusieurs jeux dessinent la même commune, le dernier accepté l'emporte."
	}
	page.Downloads = []web.Link{{Label: "GeoJSON des communes " + home,
		Href: "/contours/" + CurrentOutlines + "/departement/" + string(p.room.Home) + ".geojson", Note: "degrés WGS84, généralisés"}}
	return contoursTemplate.Render(w, req, http.StatusOK, page)
}

// setView shows a set, with the gestures given.
func (p *pages) setView(s ContourSet, actions ...setAction) setView {
	v := setView{ID: s.ID, Title: s.Title, Notes: s.Notes, Href: "/territoires/contours/jeux/" + s.ID, Actions: actions, Facts: []web.Fact{
		{Label: "Contenu", Value: s.Content},
		{Label: "Géographie", Value: "au " + s.Day.French()},
		{Label: "Source", Value: s.Source},
		{Label: "Licence", Value: s.Licence},
		{Label: "Importé", Value: "le " + clock.On(s.Created).French(), Note: s.File},
	}}
	switch {
	case s.Accepted.IsZero():
		v.Badge = web.Badge{Kind: web.Pending, Text: "À vérifier"}
	case s.Withdrawn.IsZero():
		v.Badge = web.Badge{Kind: web.Success, Text: "En service"}
	default:
		v.Badge = web.Badge{Kind: web.Neutral, Text: "Retiré le " + clock.On(s.Withdrawn).French()}
	}
	return v
}

// desk is where contours are added, accepted and withdrawn.
func (p *pages) contourDesk(w http.ResponseWriter, req *http.Request) error {
	page, err := p.newDesk(req.Context(), nil)
	if err != nil {
		return err
	}
	if id := req.URL.Query().Get("fait"); id != "" {
		set, err := p.room.Store.ContourSet(req.Context(), id)
		if err != nil {
			return web.NotFound("Le jeu de contours que cette adresse désigne n'existe plus.").Because(err)
		}
		done := p.setView(set, actionsOf(set)...)
		page.Done = &done
	}
	return deskTemplate.Render(w, req, http.StatusOK, page)
}

// actionsOf are the gestures that a set allows.
func actionsOf(s ContourSet) []setAction {
	switch {
	case s.Accepted.IsZero():
		return []setAction{{"Accepter ces contours", "accepter", ""}, {"Refuser", "refuser", "secondary"}}
	case s.Withdrawn.IsZero():
		return []setAction{{"Retirer", "retirer", "secondary"}}
	}
	return []setAction{{"Remettre en service", "remettre", "secondary"}}
}

func (p *pages) newDesk(ctx context.Context, f *web.Form) (deskPage, error) {
	page := deskPage{Network: p.site.Network, Host: p.fetcher().host(), Page: web.Page{Title: "Gérer les contours", Nav: "territoires", Robots: "noindex",
		Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}, {Label: "Contours", Href: "/territoires/contours"}},
		Lead:   "Un fichier est d'abord lu, réparé et montré ; rien ne change sur les cartes avant votre accord."},
		File: f.Field(web.Field{Name: "fichier", Label: "Fichier de contours", Type: "file", Required: true, Accept: ".geojson,.json,.topojson,.gpkg,.zip,.gz",
			Hint: "GeoJSON, TopoJSON, GeoPackage ou shapefile en .zip, en WGS84 ou Lambert-93 ; jusqu'à 300 Mo"}),
		More: []web.Field{
			f.Field(web.Field{Name: "titre", Label: "Titre", Hint: "Par exemple « Communes 2026, IGN Admin Express »"}),
			f.Field(web.Field{Name: "source", Label: "Source", Hint: "Le producteur, à citer sous les cartes"}),
			f.Field(web.Field{Name: "licence", Label: "Licence", Hint: "Par exemple « Licence Ouverte 2.0 »"}),
			f.Field(web.Field{Name: "jour", Label: "Date de la géographie", Type: "date", Hint: "Sans réponse, elle est déduite des communes présentes"}),
			f.Field(web.Field{Name: "attribut", Label: "Attribut qui contient le code", Hint: "À préciser si le fichier emploie un nom inhabituel"}),
			f.Field(web.Field{Name: "couche", Label: "Couche", Hint: "À préciser si le fichier en a plusieurs"}),
		},
		Extent: f.Field(web.Field{Name: "etendue", Label: "Étendue", Type: "radio", Required: true, Options: p.extents()}),
	}
	page.Detailed = slices.ContainsFunc(page.More, func(f web.Field) bool { return f.Value != "" || f.Error != "" })
	sets, err := p.room.Store.ContourSets(ctx)
	for _, s := range sets {
		v := p.setView(s, actionsOf(s)...)
		switch {
		case s.Accepted.IsZero():
			page.Proposed = append(page.Proposed, v)
		case s.Withdrawn.IsZero():
			page.InUse = append(page.InUse, v)
		default:
			page.Gone = append(page.Gone, v)
		}
	}
	return page, err
}

// extents are what can be fetched at once, the home first.
func (p *pages) extents() []web.Option {
	home, _ := p.room.Registry.Get(p.room.Home)
	options := []web.Option{{Value: "departement", Label: home.Name, Selected: true}}
	if region, ok := p.room.Registry.Get(home.Region); ok {
		n := len(p.room.Registry.In(region.ID, Departement))
		options = append(options, web.Option{Value: "region", Label: region.Name, Hint: french.Plural(n, "département", "départements")})
	}
	n := len(p.room.Registry.All(Departement))
	return append(options, web.Option{Value: "france", Label: "Toute la France", Hint: french.Plural(n, "département", "départements") + " ; plusieurs minutes"})
}

// extent are the départements of a choice.
func (p *pages) extent(choice string) []*Territory {
	home, _ := p.room.Registry.Get(p.room.Home)
	switch choice {
	case "region":
		return p.room.Registry.In(home.Region, Departement)
	case "france":
		return p.room.Registry.All(Departement)
	}
	return []*Territory{home}
}

var uploadSpec = web.FormSpec{Fields: []string{"titre", "source", "licence", "jour", "attribut", "couche"}, Files: []string{"fichier"}, MaxFile: maxUpload}

func (p *pages) uploadContours(w http.ResponseWriter, req *http.Request) error {
	dir := filepath.Join(p.site.Dir, "contours")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("contours: %w", err)
	}
	spec := uploadSpec
	spec.TempDir = dir
	f, err := web.ReadForm(req, spec)
	if err != nil {
		return err
	}
	defer f.Close()
	opt := ContourOptions{Title: f.Text("titre"), Source: f.Text("source"), Licence: f.Text("licence"), Day: f.Date("jour"),
		Property: f.Text("attribut"), Layer: f.Text("couche")}
	up := f.Files["fichier"]
	if up == nil || up.Size == 0 {
		f.Fail("fichier", "Choisissez un fichier de contours ; celui reçu est vide.")
	}
	if !f.Valid() {
		page, err := p.newDesk(req.Context(), f)
		if err != nil {
			return err
		}
		page.Notices = []web.Notice{{Kind: web.Danger, Title: "Rien n'a été importé", Text: "Corrigez ce qui est signalé, puis recommencez."}}
		return deskTemplate.Render(w, req, http.StatusUnprocessableEntity, page)
	}
	sweepUploads(dir, time.Now())
	kept := up.Path + reading
	if err := os.Rename(up.Path, kept); err != nil {
		return fmt.Errorf("contours: %w", err)
	}
	return web.Redirect(w, req, p.start("Import de contours : "+up.Name, func(ctx context.Context, say ContourProgress) (string, error) {
		defer func() { _ = os.Remove(kept) }()
		return p.propose(ctx, []contourFile{{kept, up.Name}}, opt, say)
	}))
}

// propose prepares a set and keeps it aside for somebody to look at.
func (p *pages) propose(ctx context.Context, files []contourFile, opt ContourOptions, say ContourProgress) (string, error) {
	prepared, err := prepareContours(ctx, p.room.Registry, files, opt, p.site.Now(), say)
	if err != nil {
		return "", err
	}
	say("Enregistrement de l'aperçu", 0, 0)
	if err := p.room.Store.AddContours(ctx, prepared.Set, prepared.Shapes()); err != nil {
		return "", err
	}
	return "/territoires/contours/jeux/" + prepared.Set.ID, p.room.Refresh(ctx)
}

var fetchSpec = web.FormSpec{Fields: []string{"etendue"}}

func (p *pages) fetchContours(w http.ResponseWriter, req *http.Request) error {
	if !p.site.Network {
		return web.Forbidden("La récupération des contours officiels est fermée sur ce service, par le réglage « reseau ». Déposez un fichier, ou demandez à l'administrateur de l'ouvrir.")
	}
	f, err := web.ReadForm(req, fetchSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	choice := f.Choice("etendue", "departement", "region", "france")
	if !f.Valid() {
		return web.Invalid(f.Errors)
	}
	return web.Redirect(w, req, p.start("Contours officiels", func(ctx context.Context, say ContourProgress) (string, error) {
		return p.fetchAll(ctx, p.extent(choice), say)
	}))
}

func (p *pages) fetchAll(ctx context.Context, departements []*Territory, say ContourProgress) (string, error) {
	fetch := p.fetcher()
	fetch.sweep()
	var files []contourFile
	for i, d := range departements {
		if len(departements) > 1 {
			say(fmt.Sprintf("Téléchargement : %s (%d sur %d)", d.Name, i+1, len(departements)), 0, 0)
		}
		path, err := fetch.fetch(ctx, d.ID, say)
		if err != nil {
			return "", err
		}
		files = append(files, contourFile{path, "communes-" + string(d.ID) + ".geojson"})
	}
	return p.propose(ctx, files, ContourOptions{Title: "Contours officiels des communes : " + extentName(p.room, departements),
		Source: "API Découpage administratif (" + fetch.host() + "), d'après l'IGN", Licence: "Licence Ouverte 2.0"}, say)
}

func extentName(r *Room, departements []*Territory) string {
	switch {
	case len(departements) == 1:
		return departements[0].Name
	case len(departements) == len(r.Registry.All(Departement)):
		return "France"
	}
	return r.Name(departements[0].Region)
}

// actOnContours accepts, refuses, withdraws or puts back a set.
func (p *pages) actOnContours(w http.ResponseWriter, req *http.Request) error {
	ctx, id, now := req.Context(), req.PathValue("set"), p.site.Now()
	gestures := map[string]func(context.Context, string) error{
		"accepter": func(ctx context.Context, id string) error { return p.room.Store.AcceptContours(ctx, id, now) },
		"retirer":  func(ctx context.Context, id string) error { return p.room.Store.WithdrawContours(ctx, id, now) },
		"remettre": p.room.Store.RestoreContours,
		"refuser":  p.room.Store.DropContours,
	}
	gesture, ok := gestures[req.PathValue("action")]
	if !ok {
		return web.NotFound("Ce geste n'existe pas : accepter, refuser, retirer ou remettre.")
	}
	err := gesture(ctx, id)
	if errors.Is(err, ErrChanged) {
		return web.Conflict("Ce jeu de contours a changé entre-temps : rouvrez la gestion des contours. Rien n'a été modifié.").Because(err)
	}
	if err = errors.Join(err, p.room.Refresh(ctx)); err != nil {
		return err
	}
	if req.PathValue("action") == "refuser" {
		return web.Redirect(w, req, contourDesk)
	}
	return web.Redirect(w, req, contourDesk+"?fait="+id)
}

// reading marks a file that an import reads; abandoned is how long one whose import was cut
// by a crash is kept.
const (
	reading   = ".lecture"
	abandoned = 24 * time.Hour
)

func sweepUploads(dir string, now time.Time) {
	left, err := filepath.Glob(filepath.Join(dir, "*"+reading))
	if err != nil {
		return
	}
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && now.Sub(info.ModTime()) > abandoned {
			_ = os.Remove(path) // tried again next time
		}
	}
}
