// SPDX-License-Identifier: EUPL-1.2

package web

import "net/http"

// Access is what a route asks of the person in front of it.
type Access int

const (
	// Undeclared is the zero value: a route that forgot to say is refused at start.
	Undeclared Access = iota
	// Public pages are for everyone.
	Public
	// Manage is for those who run the service: importing, undoing, correcting.
	Manage
)

func (a Access) String() string {
	switch a {
	case Public:
		return "public"
	case Manage:
		return "manage"
	}
	return "undeclared"
}

// Policy decides who may do what; no handler, template or query decides beside it.
type Policy struct {
	// ManageOpen lets everyone manage: right for a demonstration on one's own machine.
	// Elsewhere, until the service knows people, managing is done on the command line.
	ManageOpen bool
}

// MayManage tells whether the person behind r may manage: pages offer only what would be
// accepted. The decision itself stays with Check.
func MayManage(r *http.Request) bool {
	v := visitOf(r.Context())
	return v != nil && v.server.policy.Check(Manage, r) == nil
}

// Check returns nil when r may go on, or the Problem to show.
func (p Policy) Check(a Access, _ *http.Request) error {
	switch {
	case a == Public, a == Manage && p.ManageOpen:
		return nil
	case a == Manage:
		return Forbidden("Sur ce service, les données se gèrent en ligne de commande, sur le serveur : " +
			"demandez à son administrateur de lancer « maillage import FICHIER ».")
	}
	return Forbidden("Cette page n'est pas ouverte.")
}
