// SPDX-License-Identifier: EUPL-1.2

// Package actor carries who acts, and at what title, from the door of a request to the rooms
// that write: official acts, change history, files and mails all say it the same way.
package actor

import "context"

// Actor is a person wearing one of their hats. The zero Actor is nobody: a visitor.
type Actor struct {
	Person string // ID of the person
	Name   string // "Prénom Nom", as it is shown
	Hat    string // ID of the hat worn
	Title  string // « au titre de » : "Secrétariat du comité, Caf de la Seine-Saint-Denis"
}

// Machine is the service itself: jobs, imports on the command line.
func Machine(title string) Actor { return Actor{Title: title} }

// IsZero says that nobody is known to act.
func (a Actor) IsZero() bool { return a == Actor{} }

type key struct{}

// With is ctx in which a acts.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From is who acts in ctx, the zero Actor when nobody is known.
func From(ctx context.Context) Actor {
	a, _ := ctx.Value(key{}).(Actor)
	return a
}
