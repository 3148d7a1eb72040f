// SPDX-License-Identifier: EUPL-1.2

// Package browser holds what the browser receives: our styles and images, and what
// `go run ./tools/islands` makes of the few scripts (dist, git-ignored). The program
// builds and its pages stand without dist; they are then plainer, not broken.
package browser

import "embed"

// Static is written by hand: styles/*.css in their order, images/*.
//
//go:embed styles images
var Static embed.FS

// Dist is generated: islands, the map's worker, fonts, their licences. It may hold
// nothing but .keep.
//
//go:embed all:dist
var Dist embed.FS
