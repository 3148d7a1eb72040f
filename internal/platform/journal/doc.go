// SPDX-License-Identifier: EUPL-1.2

// Package journal keeps the official acts: transmissions, receipts, approved
// minutes, deletions. It is an append-only tree of hashes, one leaf per act, in the
// form of RFC 6962 (golang.org/x/mod/sumdb/tlog), stored in the database beside what
// the act changed and in the same transaction.
//
// Its words. A leaf is the canonical JSON of an act; leaves are numbered from 0. A
// checkpoint is a signed note (Ed25519) that states the size and the root hash of the
// tree. A receipt is a document that shows, without any network, that a leaf is in the
// tree a checkpoint signed. A commitment is SHA-256(salt || value): it stands in the
// leaf for a personal datum, whose salt and value lie in a table that can be erased.
//
// What it promises:
//
//   - An act whose transaction was undone leaves no gap: indexes are dense.
//   - A checkpoint never contradicts the one before it: [Journal.Checkpoint] refuses to
//     sign a history that is not the continuation of what it signed, and of the witness
//     file beside the key, which a restored backup does not bring back.
//   - [Journal.Audit] finds any altered, missing, added or displaced row and says where.
//   - Erasing a person makes the commitments unreadable; leaves and receipts still verify.
//
// What it cannot promise: that the act is true, nor that its instant is right (the
// server's clock says it); and whoever holds both the database and the key can sign
// another history, which then contradicts the receipts and checkpoints handed out.
package journal
