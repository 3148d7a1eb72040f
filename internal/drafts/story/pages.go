// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"database/sql"
	"net/http"

	"maillage/internal/drafts"
	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
)

type sheetPage struct {
	web.Page
	Draft   drafts.Form
	Fields  []web.Field
	History history.Card
}

type signInPage struct {
	web.Page
	Back string
}

var (
	sheetTemplate  = web.NewTemplate[sheetPage](history.With(files), "pages/fiche.html", history.CardFile)
	signInTemplate = web.NewTemplate[signInPage](files, "pages/connexion.html")
)

// sheet is what the form edits.
type sheet struct {
	Name    string `history:"nom,Nom"`
	Theme   string `history:"theme,Thème"`
	Access  string `history:"acces,Accès"`
	Agreed  string `history:"accord,Accord"`
	Note    string `history:"note,Note"`
	Day     string `history:"date,Date"`
	version string
}

const key = "fiche/1"

func read(ctx context.Context, q db.Querier) (sheet, error) {
	list, err := db.Query(ctx, q, func(scan func(...any) error) (sheet, error) {
		var x sheet
		err := scan(&x.Name, &x.Theme, &x.Access, &x.Agreed, &x.Note, &x.Day, &x.version)
		return x, err
	}, `select name, theme, access, agreed, note, day, version from story_sheet where id = '1' limit 1`)
	if err != nil || len(list) == 0 {
		return sheet{}, err
	}
	return list[0], nil
}

func (s *story) show(w http.ResponseWriter, r *http.Request) error {
	x, err := read(r.Context(), s.db.Read())
	if err != nil {
		return err
	}
	return s.page(w, r, http.StatusOK, x, nil)
}

func (s *story) page(w http.ResponseWriter, r *http.Request, status int, x sheet, form *web.Form) error {
	card, err := s.history.Card(r, "fiche/1")
	if err != nil {
		return err
	}
	option := func(value, label, now string) web.Option {
		return web.Option{Value: value, Label: label, Selected: value == now}
	}
	p := sheetPage{Page: web.Page{Title: "Fiche d'essai", Scripts: []string{drafts.Script}}, Draft: s.drafts.Form(r, key, x.version), History: card}
	for _, f := range []web.Field{
		{Name: "nom", Label: "Nom", Required: true, Value: x.Name},
		{Name: "theme", Label: "Thème", Type: "select", Required: true, Options: []web.Option{option("", "Aucun", x.Theme), option("places", "Places", x.Theme), option("qualite", "Qualité", x.Theme)}},
		{Name: "acces", Label: "Accès", Type: "radio", Required: true, Options: []web.Option{option("ouvert", "Ouvert à tous", x.Access), option("ferme", "Réservé", x.Access)}},
		{Name: "accord", Label: "J'ai l'accord du maire", Type: "checkbox", Value: x.Agreed},
		{Name: "date", Label: "Date", Type: "date", Value: x.Day},
		{Name: "note", Label: "Note", Type: "textarea", Value: x.Note},
		{Name: "piece", Label: "Pièce jointe", Type: "file"},
	} {
		p.Fields = append(p.Fields, form.Field(f))
	}
	return sheetTemplate.Render(w, r, status, p)
}

func (s *story) save(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"nom", "theme", "acces", "accord", "date", "note", "secret", "otp"}, Files: []string{"piece"}})
	if err != nil {
		return err
	}
	defer form.Close()
	after := sheet{Name: form.Required("nom", "Donnez un nom."), Theme: form.Text("theme"), Access: form.Text("acces"), Agreed: form.Text("accord"),
		Note: form.Text("note"), Day: form.Date("date").String(), version: db.NewID()}
	if !form.Valid() {
		return s.page(w, r, http.StatusUnprocessableEntity, after, form)
	}
	ctx := r.Context()
	err = s.db.Tx(ctx, func(tx *sql.Tx) error {
		before, err := read(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `insert into story_sheet (id, name, theme, access, agreed, note, day, version) values ('1', $1, $2, $3, $4, $5, $6, $7)
			on conflict (id) do update set name = excluded.name, theme = excluded.theme, access = excluded.access, agreed = excluded.agreed,
				note = excluded.note, day = excluded.day, version = excluded.version`,
			after.Name, after.Theme, after.Access, after.Agreed, after.Note, after.Day, after.version)
		if err != nil {
			return err
		}
		if err := s.drafts.Accept(ctx, tx, key); err != nil {
			return err
		}
		return s.history.Record(ctx, tx, history.Entry{Subject: "fiche/1", Label: "Fiche d'essai", Verb: history.Update, Fields: history.Diff(before, after, "")})
	})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/fiche")
}

func signIn(w http.ResponseWriter, r *http.Request) error {
	return signInTemplate.Render(w, r, http.StatusOK, signInPage{web.Page{Title: "Se connecter"}, web.SafeLocal(r.URL.Query().Get("retour"), "/fiche")})
}

func enter(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r, web.FormSpec{Fields: []string{"compte", "retour"}})
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: form.Choice("compte", "p1", "p2"), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}) // #nosec G124 -- a page for tests, on this machine
	return web.Redirect(w, r, web.SafeLocal(form.Text("retour"), "/fiche"))
}

// leave is what the service does when people sign out: their browser forgets what it stored.
func leave(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Clear-Site-Data", `"storage"`)
	return expire(w, r)
}

func expire(w http.ResponseWriter, r *http.Request) error {
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode}) // #nosec G124 -- a page for tests, on this machine
	return web.Redirect(w, r, "/connexion")
}
