// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"

	"maillage/internal/people/paste"
	"maillage/internal/platform/history"
)

// Every road by which the directory changes an address is heard, with the address before, once
// the new one is written; what changes something else is not, nor who closes things themself.
func TestEveryChangeOfAddressIsHeard(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		ctx, agent, mate := h.ctx("Admin"), h.who["Agent"].ID, h.who["Collegue"].ID
		bare, err := h.CreatePerson(ctx, Person{FamilyName: "Nouvelle", GivenName: "Lou"}, Affiliation{})
		if err != nil {
			t.Fatal(err)
		}
		var heard []string
		h.Readdressed = func(ctx context.Context, tx *sql.Tx, person, former string) error {
			p, err := h.personAsIs(ctx, tx, person)
			heard = append(heard, p.FamilyName+" "+former+">"+p.Mail)
			return err
		}
		expect := func(what string, err error, want ...string) {
			t.Helper()
			if err != nil || !slices.Equal(heard, want) {
				t.Errorf("%s: heard %q, want %q, %v", what, heard, want, err)
			}
			heard = nil
		}
		edit := func(change func(*Person)) error {
			p := h.person(agent)
			change(&p)
			return h.ChangePerson(ctx, p)
		}
		expect("telephone", edit(func(p *Person) { p.Phone = "01 23 45 67 89" }))
		expect("capitals", edit(func(p *Person) { p.Mail = "AGENT@x.example" }))
		expect("edit", edit(func(p *Person) { p.Mail = "agent@y.example" }), "Agent agent@x.example>agent@y.example")
		_, err = h.history.Undo(ctx, h.entry(subjectPerson+"/"+agent, history.Update).ID, false)
		expect("undo of an edit", err, "Agent agent@y.example>agent@x.example")

		id, err := h.takeIn(ctx, []decision{{line: planLine{Entry: paste.Entry{Mail: "nouvelle@y.example"}}, person: bare}})
		expect("list", err, "Nouvelle >nouvelle@y.example")
		expect("undo of a list", h.UndoImport(ctx, id), "Nouvelle nouvelle@y.example>")

		merged, err := h.MergePersons(ctx, mate, agent, []string{"courriel"})
		expect("merge", err, "Collegue collegue@x.example>agent@x.example")
		_, err = h.UndoMerge(ctx, merged)
		expect("undo of a merge", err, "Collegue agent@x.example>collegue@x.example")

		expect("own change", h.DB.Tx(ctx, func(tx *sql.Tx) error { return h.Readdress(ctx, tx, agent, "moi@y.example") }))
	})
}

// What does not close the former address does not change it.
func TestAnAddressStaysWhenNothingIsClosed(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, h *house) {
		broken := errors.New("closing failed")
		h.Readdressed = func(context.Context, *sql.Tx, string, string) error { return broken }
		p := h.who["Agent"]
		p.Mail = "agent@y.example"
		if err := h.ChangePerson(h.ctx("Secretaire"), p); !errors.Is(err, broken) {
			t.Errorf("changed: %v", err)
		}
		if got := h.person(p.ID).Mail; got != "agent@x.example" {
			t.Errorf("the address is %q", got)
		}
	})
}
