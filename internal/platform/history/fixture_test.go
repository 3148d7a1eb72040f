// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"io/fs"
	"testing/fstest"
)

// migrationsOf is a room whose only migration is a text.
func migrationsOf(text string) fs.FS {
	return fstest.MapFS{"0001_card.sql": {Data: []byte(text)}}
}
