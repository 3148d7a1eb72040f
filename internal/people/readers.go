// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"maillage/internal/people/policy"
	"maillage/internal/platform/web"
)

// readers says beside something who may read it, as the policy table has it.
type readers struct {
	What string   // "Courriel et téléphone"
	Who  []string // functions, as they are called
	Self bool     // the person it is about reads it too
}

// readersOf reads the table: the padlock never says anything else than what the guard does.
func (r *Room) readersOf(what string, access web.Access, self bool) readers {
	out := readers{What: what, Self: self}
	for _, row := range r.Policy.Rows() {
		if row.Access != string(access) {
			continue
		}
		for _, h := range policy.Hats() {
			if reach := row.Reach[h]; reach != policy.Nowhere {
				out.Who = append(out.Who, h.Label())
			}
		}
	}
	return out
}
