// SPDX-License-Identifier: EUPL-1.2

package people

import _ "embed"

//go:embed donnees.toml
var dictionary string

// Dictionary says what each column of this room's tables holds, of whom, and how it is erased.
// internal/privacy reads it, and describes its words.
func Dictionary() string { return dictionary }
