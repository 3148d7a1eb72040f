// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"testing"

	"maillage/internal/platform/journal"
)

// The journal's pages read an erasure in French: no table, no key.
func TestActsReadInFrench(t *testing.T) {
	t.Parallel()
	kinds := journal.BySlug(Kinds())
	for _, slug := range []string{KindErasure, KindCopy} {
		if got := kinds[slug].SubjectText("privacy/01a20bab"); got != "une personne, que le journal ne nomme pas" {
			t.Errorf("%s: the subject reads %q", slug, got)
		}
	}
	show := kinds[KindErasure].Show
	for _, x := range []struct {
		key         string
		value       any
		label, text string
	}{
		{erasedRows, map[string]any{"people_hat": int64(1), "people_person": int64(2)}, "Fiches effacées ou vidées", "3 fiches"},
		{erasedRows, map[string]any{"people_person": int64(1)}, "Fiches effacées ou vidées", "1 fiche"},
		{erasedRows, "x", "", ""},
		{"demandé le", "2026-11-24T03:48:39.927041Z", "", ""}, // the pages read the date
	} {
		if label, text := show(x.key, x.value); label != x.label || text != x.text {
			t.Errorf("%s %v reads %q %q, want %q %q", x.key, x.value, label, text, x.label, x.text)
		}
	}
}
