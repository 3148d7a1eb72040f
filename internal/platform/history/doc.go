// SPDX-License-Identifier: EUPL-1.2

// Package history keeps what people change: who, under which hat, when, each field before and
// after; and undoes it for thirty days.
//
// A room records inside the transaction of its own write, so that a change without its history
// cannot be:
//
//	fields := history.Diff(before, after, person.ID)
//	err := r.history.Record(ctx, tx, history.Entry{Subject: "people/person/" + person.ID,
//		Label: person.Name, Verb: history.Update, Fields: fields, Scope: web.Scope{Person: person.ID}})
//
// and registers how a change of each of its kinds is undone:
//
//	h.Register(history.Kind{Name: "people/person", Label: "Personne", Href: …, Undoer: r})
//
// What it promises. A value equal before and after is not a change; an entry without a change
// is not written. An undo is refused when a field was changed since, and names that change;
// it is done all the same only on a confirmation. An undo is itself a change: it is recorded
// and can be undone. A gesture over several subjects is undone whole or not at all.
//
// Personal values bear the person they are about, so that [Room.Export] and [Room.Forget] find
// them: what is forgotten leaves an entry that says that a change took place, when and under
// which function, and nothing more. [Room.Purge] does the same for values past their time.
//
// Values are text. A room reads its own back as it wrote them; they are shown as they are.
package history
