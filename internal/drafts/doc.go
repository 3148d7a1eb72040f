// SPDX-License-Identifier: EUPL-1.2

// Package drafts keeps what people type in forms until the form is accepted: through a reload,
// a session that ends, a network that falls, a server that restarts.
//
// A room shows a form with what Form gives, and drops the draft in the transaction that
// accepts it:
//
//	page.Scripts = []string{drafts.Script}
//	page.Draft = s.drafts.Form(r, "people/person/"+id, person.Version)
//	<form method="post" {{.Draft.Attrs}}>
//	…
//	err := s.drafts.Accept(ctx, tx, "people/person/"+id)
//
// The status line goes above the form's ".buttons". Hidden fields are the page's and are not
// kept, unless they have data-autosave-keep; what lies in data-autosave-skip never is.
//
// The key names one form on one thing; the same form for a new thing may have one key, since
// there is one draft of it per person. The browser's side is web/islands/autosave.js; without
// script the form works as any other.
//
// What it promises. A draft is read and written by its person alone. A save that would cover
// what another tab or machine saved meanwhile is refused with that text (409), so that nothing
// is replaced unseen. Passwords, codes and files are never sent here. What was not touched for
// thirty days is purged.
//
// Visitors have no draft and their browser stores nothing: Form gives them no attribute.
package drafts
