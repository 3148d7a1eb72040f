// SPDX-License-Identifier: EUPL-1.2

// Package correspondence is how the service writes to people, for all to see: what waits in the
// outbox and can still be undone, who gets a group mail and who does not, and the reminders of
// what was promised.
//
// Its words. A promise is what somebody said they would do by a day; the room it belongs to
// registers it ([Room.Register]) and says when it is kept. Its ladder of reminders (package mail)
// is a table that all sides read beforehand. A group mail goes to persons, not to addresses:
// an absent one is replaced by their deputy, and whoever is left out is told with the reason,
// before anything is sent.
//
// What it promises: a reminder is queued once, whatever crashes ([Room.Sweep]); it is taken back
// when the promise is kept or paused before it left; nothing leaves at night, on days off or in
// August unless somebody forced it. One click ends what is not necessary (RFC 8058), by an
// address that tells nobody's. Codes to sign in are never shown.
package correspondence
