// SPDX-License-Identifier: EUPL-1.2

// Package acts shows the journal of official acts: to everyone, its key and the checkpoints
// it signed, and a form that says what a receipt proves; to those who work here, the acts,
// their receipts, and the verification of the whole journal.
//
// It does no act itself. A room that does some:
//
//   - declares their kinds, as a []journal.Kind that the program gives to [New];
//   - appends them with journal.Append in the transaction of what they change, under
//     journal.Tx, with the hat and the name of the actor (platform/actor);
//   - links to [Path] of the ID it got back, where the receipt is ready within seconds.
//
// Acts are read by those who have the access "actes.lire" on the territory that holds them.
// They name nobody: the author's name is shown as long as it is not erased, to those who read
// the directory of people; other personal data of an act is never shown here.
package acts
