// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"slices"

	"maillage/internal/people"
)

// Directory is the Audience of the directory: everybody, and the people of each kind of organisation.
type Directory struct{ *Room }

// everybody is the group of all who have an affiliation.
const everybody = "tous"

// mostMembers is how many persons a group mail goes to at most.
const mostMembers = 5000

// Groups are those that somebody belongs to.
func (d Directory) Groups(ctx context.Context) ([]AudienceGroup, error) {
	var list []AudienceGroup
	for _, k := range append([]people.Kind{""}, people.Kinds()...) {
		_, n, err := d.People.Persons(ctx, people.Query{Kind: k, Day: d.today(), Limit: 1})
		if err != nil {
			return nil, err
		}
		if n > 0 {
			g := AudienceGroup{ID: string(k), Label: k.Label(), Count: n}
			if k == "" {
				g.ID, g.Label = everybody, "Toutes les personnes de l'annuaire"
			}
			list = append(list, g)
		}
	}
	return list, nil
}

// Members are the persons of a group, by name; one too many when they are more than a mail goes to.
func (d Directory) Members(ctx context.Context, group string) ([]string, error) {
	kind := people.Kind(group)
	if group == everybody {
		kind = ""
	} else if !slices.Contains(people.Kinds(), kind) {
		return nil, nil
	}
	list, _, err := d.People.Persons(ctx, people.Query{Kind: kind, Day: d.today(), Limit: mostMembers + 1})
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = p.ID
	}
	return ids, err
}
