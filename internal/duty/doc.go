// SPDX-License-Identifier: EUPL-1.2

// Package duty knows what the law asks of each organising authority of early childhood
// care (autorité organisatrice de l'accueil du jeune enfant), from when, by when and why.
//
// The rules are data (rules.toml): dated, sourced rows taken from the code de l'action
// sociale et des familles (CASF) and the code de la santé publique (CSP). Nothing here
// reads a clock, a database or a request: Evaluate takes rules, facts and a date, and
// answers with decisions and their reasons in French.
//
// Readings. Where the law is silent or two readings stand, the package takes the one below,
// says so in a note of the duty (Note.Check), and the page shows it as « à vérifier ».
//
//   - "De plus de 3 500 habitants" is strictly more: 3 500 and 10 000 exactly are not bound.
//   - The population counted is the population totale in force on the evaluated date. For a
//     grouping the law says so (L. 214-1-3, III); for a single commune it says only
//     "habitants", and population totale is an inference from III and from the decree on
//     the State's compensation. Where the population totale of the year is not in the sources,
//     the last one known stands and the duty says so (Population.Missing).
//   - A grouping answers only for the competences expressly transferred to it. Its population
//     for one competence is the sum over the communes that transferred that competence. The
//     text can also be read as the sum over all the communes that transferred any of the four;
//     when the two sums fall on different sides of a threshold, the duty carries a note.
//   - The relais petite enfance serves competences 2° (informer) and 4° (qualité), says the
//     text, so it follows their holder, not the holder of 3°. When 2° and 4° are in different
//     hands the law is silent: each holder above the threshold sees the duty, with the note
//     that one relay agreed between them answers for both.
//   - The prior opinion on a facility follows competence 3° (CSP, R. 2324-21): a commune that
//     neither exercises it nor transferred it tells the applicant that no opinion is needed.
//   - Delays in months run from date to date and are not extended to the next working day:
//     see clocks.go.
//   - The law knows no hysteresis: a commune that falls under a threshold is no longer bound.
//     The fall is announced (Announce), nothing is deleted.
//
// Words. No sanction for a missing scheme was found and the committee has no power to seize
// a commune: the texts say « à transmettre », never that somebody is at fault.
package duty
