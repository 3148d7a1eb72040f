// SPDX-License-Identifier: EUPL-1.2

// Package mail writes to people: it composes messages, keeps them in an outbox, and sends
// them by SMTP.
//
// A message is queued in the transaction of the deed that it tells ([Outbox.Queue]), so that
// there is never a deed without its mail nor a mail without its deed. [Outbox.Run] sends what
// is due, from one process or several, and survives being killed at any instant.
//
// # What "once" means
//
// SMTP has no transaction that spans both sides: between the final dot, which makes the server
// take the message, and our record of its answer, nobody can know (RFC 1047, RFC 5321 § 4.2.5).
// So the outbox promises this, and outbox_kill_test.go proves it:
//
//   - A message is marked "sending", durably, after its text has been transmitted and before
//     the final dot. A message that is not marked was not taken by any server.
//   - A message found marked when the lease of its sender has lapsed is sent again, byte for
//     byte, with the same Message-ID and the same Date: a mailbox that removes duplicates
//     does it. That makes at most one duplicate for each crash (of the sender, of the server or
//     of the line) in that window, of a few milliseconds, and none outside it.
//   - A message is tried again in that way three times at most, then it is given up, visibly.
//   - Several senders never send one message together: a claim is a lease taken in a
//     serializable transaction, and the mark is refused to whoever lost it.
//
// # What never happens
//
// Free text never becomes a header: control characters are refused, the rest is encoded.
// A message holds no image, no script, no tracker and no remote content: [Message] is
// checked against a list of allowed elements. A password is never part of an error or a log.
package mail
