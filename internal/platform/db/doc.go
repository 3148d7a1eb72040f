// SPDX-License-Identifier: EUPL-1.2

// Package db keeps what Maillage knows: in one SQLite file by default, in
// PostgreSQL (15 or later) when several instances or a second durable copy are
// wanted. It is the only room that knows which of the two runs.
//
// The rooms write one SQL text for both: $1, $2… in order, text identifiers
// made by [NewID], instants as text by [Instant], dates as ISO text, and the
// subset of SQL that conformance_test.go runs on both engines.
//
// What it promises:
//
//   - When [DB.Tx] or [DB.Bulk] returns nil the commit is on disk: SQLite runs
//     in WAL with synchronous=FULL, and the answer is given after COMMIT returned.
//   - Transactions are serializable on both engines.
//   - Readers never wait for a writer, and cannot write: both pools of
//     [DB.Read] are read-only.
//   - A function given to Tx or Bulk may run more than once (a conflict with
//     another writer, a neighbour that spoilt the shared commit), so it touches
//     nothing but its transaction, and what it assigns outside is overwritten by
//     its last run. It ends with its error: after a failed statement PostgreSQL
//     refuses every other one. [Try] is the way to survive a failure.
package db
