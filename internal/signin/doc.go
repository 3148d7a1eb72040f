// SPDX-License-Identifier: EUPL-1.2

// Package signin lets people in, keeps their sessions and is the guard of every route.
//
// Its words. A session is one browser of one person, from signing in to signing out; it wears
// one hat at a time. A strong hat (see policy) works only once a second factor was shown in
// the session.
//
// What it promises: the token of a session is never stored, only its hash; it changes at every
// sign-in, change of hat and proof; a session that is ended is dead for every process at once;
// visitors get no cookie.
package signin
