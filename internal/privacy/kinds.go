// SPDX-License-Identifier: EUPL-1.2

package privacy

import "maillage/internal/platform/french"

// erasedRows is the member of an erasure's act that counts, by table.
const erasedRows = "lignes effacées ou vidées"

// unnamed is what people read of the subject of this room's acts: an ID says nothing to them,
// and the journal names nobody.
func unnamed(string) string { return "une personne, que le journal ne nomme pas" }

// showErasure tells how many rows an erasure touched: the leaf counts them by table.
func showErasure(key string, value any) (label, text string) {
	tables, ok := value.(map[string]any)
	if !ok || key != erasedRows {
		return "", ""
	}
	total := 0
	for _, n := range tables {
		if n, ok := n.(int64); ok {
			total += int(n)
		}
	}
	return "Fiches effacées ou vidées", french.Plural(total, "fiche", "fiches")
}
