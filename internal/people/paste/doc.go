// SPDX-License-Identifier: EUPL-1.2

// Package paste reads lists of people as they are pasted from Outlook, from a mail or from a
// spreadsheet: "DUPRÉ Lina <l.dupre@ville.example>;", columns under headings in any order, bare
// addresses. It is pure, and never invents: what it cannot tell for sure is a doubt, with the
// readings to choose among.
package paste
