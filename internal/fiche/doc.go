// SPDX-License-Identifier: EUPL-1.2

// Package fiche puts a territory on one page: who it is, what it must do, how it stands for
// childcare over the years and beside comparable towns, with the source of every figure; the
// same on one sheet of A4; and the front page, from which a town is found.
//
// It has no tables and no rule of its own: it asks territory, duty and observatory, and composes.
package fiche
