// SPDX-License-Identifier: EUPL-1.2

// Package remote fetches public statistics where their producers publish them: data.caf.fr
// (Cnaf) and the Melodi service of Insee. It makes of each data set one file that package
// intake recognises, as if a person had downloaded it; it knows no database and no page.
//
// What it asks and of whom is data (catalogue.toml): no address is made up. A fetch goes on
// where it was cut when the server allows it, asks again for nothing that has not changed,
// respects the pace that a server sets, follows no redirect to another site, and leaves a
// file only when it is whole. Its failures are French sentences with their remedy.
package remote
