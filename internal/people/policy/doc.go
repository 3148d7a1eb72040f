// SPDX-License-Identifier: EUPL-1.2

// Package policy is the one table that says who may do what: hat × access × reach. It is
// pure: given what a hat holds and the object asked for, it decides and says why. What the
// table does not say is denied.
//
// Its words. A hat is the function under which a person acts. An access names what a route
// does. A reach is how far a hat may do it: on oneself, on one's own commune, on the communes
// of one's own holder (the autorité organisatrice of CASF art. L. 214-1-3), in a body one sits
// in, in the whole département, on the service.
//
// The table is the file droits.toml: rooms declare their routes with an access of that file,
// and the service refuses to start when one is missing.
package policy
