// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"maps"
	"slices"

	"maillage/refdata"
)

// link says where each commune that disappears goes, and which commune each new one leaves.
// The next package lists a former commune as déléguée or associée of its new seat, or its
// code among the old codes of the commune that took it over. A new code that takes over no
// former one was a déléguée the year before: it is re-established.
func link(communes []refdata.Commune, snapshots []*snapshot) error {
	targets := map[string]bool{}
	last := snapshots[len(snapshots)-1].year
	for i := range communes {
		c := &communes[i]
		if c.Last == last {
			continue
		}
		next := snapshots[c.Last+1-snapshots[0].year]
		heir, err := next.heir(c.Code)
		if err != nil {
			return err
		}
		c.Into = heir
		targets[c.Into] = true
	}
	for i := range communes {
		c := &communes[i]
		if c.First == snapshots[0].year || targets[c.Code] {
			continue
		}
		before := snapshots[c.First-1-snapshots[0].year]
		if c.SplitFrom = before.parent(c.Code); c.SplitFrom == "" {
			return fmt.Errorf("%s (%s) apparaît en %d sans que le paquet dise d'où", c.Name, c.Code, c.First)
		}
	}
	return nil
}

// heir is the commune that lists code among its old codes; where the package also lists the
// former commune itself, its seat must be the same.
func (s *snapshot) heir(code string) (string, error) {
	seat := s.parent(code)
	for _, c := range s.pub.communes {
		if c.Type != "commune-actuelle" || !slices.Contains(c.AnciensCodes, code) {
			continue
		}
		if seat != "" && seat != c.Code {
			return "", fmt.Errorf("%s serait à la fois dans %s (anciensCodes) et dans %s (chefLieu)", code, c.Code, seat)
		}
		return c.Code, nil
	}
	if seat == "" {
		return "", fmt.Errorf("%s disparaît en %d sans que le paquet dise où", code, s.year)
	}
	return seat, nil
}

func (s *snapshot) parent(code string) string {
	for _, c := range s.pub.communes {
		if kind, parent := former(c); kind != "" && c.Code == code {
			return parent
		}
	}
	return ""
}

// aliases are the codes and names of former communes that were none since 2021, with the
// commune they are part of in the last vintage. The newest package that names one wins.
func aliases(snapshots []*snapshot, communes []refdata.Commune) []refdata.Alias {
	names := map[string]map[string]bool{} // code → names under which it was a commune
	for _, c := range communes {
		names[c.Code] = map[string]bool{c.Name: true}
		for _, p := range c.Past {
			names[c.Code][p.Name] = true
		}
	}
	last := snapshots[len(snapshots)-1]
	leads := map[string]string{} // former code → commune of today
	for _, c := range last.communes {
		leads[c.Code] = c.Code
		for _, old := range c.AnciensCodes {
			leads[old] = c.Code
		}
	}
	found := map[string]refdata.Alias{}
	named := map[string]int{} // code → year of the package that names it
	for _, s := range slices.Backward(snapshots) {
		for _, row := range s.pub.communes {
			kind, parent := former(row)
			target := leads[parent]
			if kind == "" || target == "" || names[row.Code][row.Nom] {
				continue
			}
			if t := leads[row.Code]; t != "" && t != row.Code {
				target = t
			}
			if year := named[row.Code]; year == 0 || year == s.year {
				named[row.Code] = s.year
				found[row.Code+"\t"+row.Nom] = refdata.Alias{Code: row.Code, Name: row.Nom, Kind: kind, Commune: target}
			}
		}
	}
	for _, old := range slices.Sorted(maps.Keys(leads)) {
		if names[old] == nil && named[old] == 0 {
			found[old+"\t"] = refdata.Alias{Code: old, Kind: "code", Commune: leads[old]}
		}
	}
	list := make([]refdata.Alias, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		list = append(list, found[key])
	}
	return list
}

func former(row communeRow) (kind, parent string) {
	switch row.Type {
	case "commune-deleguee":
		return "deleguee", row.ChefLieu
	case "commune-associee":
		return "associee", row.ChefLieu
	case "arrondissement-municipal":
		return "arrondissement", row.Commune
	}
	return "", ""
}
