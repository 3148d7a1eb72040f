// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"strings"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
)

// Person is somebody, with as little about them as the work asks for.
type Person struct {
	ID         string
	GivenName  string
	FamilyName string
	Mail       string // professional address, lower case; "" for somebody who never signs in
	Phone      string
	Absence    Absence
	Rhythm     string // of the digest, as mail.Rhythm writes it; "": the usual one
	Demo       bool   // an account of the demonstration: named after its role, invented
	MergedInto string // set on a duplicate
	Version    int64
}

// Absence says when somebody is away, and who stands in.
type Absence struct {
	From, To clock.Date // both included; the zero To: until further notice; the zero From: none
	Deputy   string     // ID of a person, "" for none
}

// On says that the absence covers a day.
func (a Absence) On(d clock.Date) bool {
	return !a.From.IsZero() && !a.From.After(d) && (a.To.IsZero() || !d.After(a.To))
}

// Name is "Prénom Nom", or what is left of somebody whose data were erased.
func (p Person) Name() string {
	if name := strings.TrimSpace(p.GivenName + " " + p.FamilyName); name != "" {
		return name
	}
	return "Personne effacée"
}

// Period is a span of days, both included; the zero To: while it lasts.
type Period struct{ From, To clock.Date }

// On says that the period covers a day.
func (p Period) On(d clock.Date) bool {
	return !p.From.After(d) && (p.To.IsZero() || !d.After(p.To))
}

// Affiliation ties a person to an organisation.
type Affiliation struct {
	ID           string
	Person       string
	Organisation string
	Title        string // "Coordinatrice petite enfance", "" when not said
	Period
	Version int64
}

// Hat is a role worn under an affiliation.
type Hat struct {
	ID          string
	Role        policy.Hat
	Body        string // the instance it is worn in, "" for none
	Period             // of the hat itself; it ends with its affiliation at the latest
	Version     int64
	Affiliation Affiliation
	Org         Organisation // the one the affiliation leads to, a duplicate followed to what it was merged into
}

// On says that the hat is worn on a day: it and its affiliation last.
func (h Hat) On(d clock.Date) bool { return h.Period.On(d) && h.Affiliation.On(d) }

// Title is how acts are signed: « au titre de … ».
func (h Hat) Title() string {
	said := h.Role.Label()
	if h.Affiliation.Title != "" {
		said = h.Affiliation.Title
	}
	return said + ", " + h.Org.Name
}
