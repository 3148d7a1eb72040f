// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"fmt"
	"maps"
	"slices"
)

// Undeclared compares the dictionary with the columns of each table of a database, and says what
// one has and the other has not.
func Undeclared(d *Dictionary, schema map[string][]string) []string {
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(schema)) {
		t := d.tables[name]
		if t == nil {
			faults = append(faults, fmt.Sprintf("table %s: in the database and in no donnees.toml; declare its columns beside its migrations (see package privacy)", name))
			continue
		}
		for _, c := range schema[name] {
			if !t.has(c) {
				faults = append(faults, fmt.Sprintf("column %s.%s: in the database and not in the room's donnees.toml; say what it holds, or that it is « neutre »", name, c))
			}
		}
	}
	for _, t := range d.Tables {
		for _, c := range t.Columns() {
			if schema[t.Name] != nil && !slices.Contains(schema[t.Name], c) {
				faults = append(faults, fmt.Sprintf("column %s.%s: declared and not in the database", t.Name, c))
			}
		}
		if schema[t.Name] == nil {
			faults = append(faults, fmt.Sprintf("table %s: declared and not in the database", t.Name))
		}
	}
	return faults
}
