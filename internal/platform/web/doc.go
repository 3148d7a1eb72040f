// SPDX-License-Identifier: EUPL-1.2

// Package web is how the rooms show pages and receive what people send.
//
// A room declares its routes, each with the access it needs, and writes handlers that
// return an error:
//
//	var sheet = web.NewTemplate[sheetPage](pages, "pages/sheet.html")
//
//	type sheetPage struct {
//		web.Page
//		Town Town
//	}
//
//	srv.Handle(web.Route{Pattern: "GET /territoires/{insee}", Access: web.Public, Handler: room.sheet})
//
//	func (s *Room) sheet(w http.ResponseWriter, r *http.Request) error {
//		town, ok := s.towns.Get(r.PathValue("insee"))
//		if !ok {
//			return web.NotFound("Aucun territoire ne porte ce code.")
//		}
//		return sheet.Render(w, r, http.StatusOK, sheetPage{Page: web.Page{Title: town.Name}, Town: town})
//	}
//
// The room's file defines "main" (and may define "head" and "header"); the layout prints
// everything around it, the only h1 included: Page.Heading, else Page.Title. A file that
// defines "header" prints that h1 itself.
//
// What the package promises: a route without a declared access is refused at start; one
// place decides who may do what (Policy) and one place turns errors into French pages or
// into problem+json; security headers are on every answer; a template that names a field
// its struct lacks fails a test (webtest.CheckTemplates); a page is written whole or not at
// all; nothing is logged that would tell what a person was looking for.
package web
