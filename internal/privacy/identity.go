// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"slices"
	"strings"

	"maillage/internal/platform/db"
)

// Identity is everything by which a person can be found.
type Identity struct {
	ID        string   // the record in use
	IDs       []string // of all records of the person: duplicates that were merged
	Addresses []string
	Name      string // "Prénom Nom"
	names     names
}

// Erased says that nothing by which to find the person is left.
func (w Identity) Erased() bool { return w.Name == "" && len(w.Addresses) == 0 }

// identity finds a person by the ID of any of their records.
func (r *Room) identity(ctx context.Context, q db.Querier, id string) (Identity, error) {
	list, err := r.People.Same(ctx, q, id)
	if err != nil {
		return Identity{}, err
	}
	if len(list) == 0 {
		return Identity{}, ErrUnknown
	}
	var w Identity
	var whole, alone []string
	for _, p := range list {
		w.IDs = append(w.IDs, p.ID)
		if w.ID == "" || p.MergedInto == "" {
			w.ID = p.ID
			w.Name = strings.TrimSpace(p.GivenName + " " + p.FamilyName)
		}
		if p.Mail != "" {
			w.Addresses = append(w.Addresses, p.Mail)
		}
		w.names.add(&whole, &alone, p.GivenName, p.FamilyName, p.Phone)
	}
	if err := r.formerAddresses(ctx, &w); err != nil {
		return w, err
	}
	w.names.add(&whole, &alone, "", "", "", w.Addresses...)
	w.names.whole, w.names.alone = compile(whole), compile(alone)
	return w, nil
}

// formerAddresses adds those that the history of changes remembers.
func (r *Room) formerAddresses(ctx context.Context, w *Identity) error {
	if r.History == nil {
		return nil
	}
	for _, id := range w.IDs {
		list, err := r.History.Export(ctx, id)
		if err != nil {
			return err
		}
		for _, e := range list {
			if e.Role != "personne concernée" {
				continue
			}
			for _, f := range e.Fields {
				for _, v := range []string{f.Before, f.After} {
					if strings.Contains(v, "@") && !strings.ContainsAny(v, " ,;<>") && !slices.Contains(w.Addresses, v) {
						w.Addresses = append(w.Addresses, v)
					}
				}
			}
		}
	}
	return nil
}

// where is the condition that takes the rows of a link, with its arguments added to args.
func (d *Dictionary) where(l Link, w Identity, args *[]any) string {
	in := func(values []string) string {
		if len(values) == 0 {
			return "1 = 0"
		}
		from := len(*args) + 1
		for _, v := range values {
			*args = append(*args, v)
		}
		return l.By + " in (" + db.In(from, len(values)) + ")"
	}
	switch l.To {
	case "":
		return in(w.IDs)
	case byAddress:
		return in(w.Addresses)
	}
	to := d.tables[l.To]
	var parts []string
	for _, next := range to.Links {
		parts = append(parts, d.where(next, w, args))
	}
	return l.By + " in (select id from " + to.Name + " where " + strings.Join(parts, " or ") + ")"
}
