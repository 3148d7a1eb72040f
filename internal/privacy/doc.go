// SPDX-License-Identifier: EUPL-1.2

// Package privacy answers for the personal data of the whole service: what is kept and why, a
// copy for whoever asks, erasure, and an end to everything (GDPR articles 5, 13, 15, 17 and 30).
//
// # The dictionary
//
// Each room declares the columns of its tables in donnees.toml, beside its migrations. A column
// that is in the database and not in a dictionary, or the reverse, fails the tests. From the
// dictionaries this package makes the register of processings, the public page, the copy of a
// person's data and the erasure: what is declared is what happens, and nothing is said that the
// database does not do.
//
//	salle = "signin"                       # the room; its tables bear its name
//
//	[[traitement]]                         # a processing, as the register lists it
//	nom, titre, finalite, base, personnes, lecteurs, source, conservation
//
//	[[table]]
//	nom = "signin_session"
//	titre = "Sessions"                     # for people: in the copy, the dry run, the register
//	traitement = "connexion"               # of its personal columns; a table without any has none
//	neutre = "version"                     # columns that say nothing of a person
//	libre = "title"                        # free texts, where a name may have been typed
//	secret = "token"                       # personal, but not handed out: it would weaken the account
//	garde = { id = "why it stays" }        # personal, and not erased
//	lien = [{ par = "person", effet = "ligne" }]
//	copie = "salle"                        # the room's own code makes the copy of these rows
//	reste = "what erasing leaves, for people"
//	duree = { categorie = "connexion", depuis = "expires_at", effet = "ligne" }
//	[table.donnee]                         # personal columns: what each holds, in French
//	device = "Navigateur et système"
//
// A lien says which rows are about a person: par is a column that holds their ID, or their
// address (vers = "adresse"), or the id of a row of another table that is theirs (vers = its
// name). effet is what erasing does to these rows: "ligne" deletes them, "vider" empties their
// personal columns (or those of colonnes; poser sets others), "salle" leaves it to the room's own
// code, a [Holder].
//
// # What it promises
//
// Erasing is one transaction over all rooms. Afterwards no column of the database holds what
// was erased; on SQLite neither does any byte of its files. Official acts still verify. The
// ledger beside the database erases again whoever comes back with a restored backup.
package privacy
