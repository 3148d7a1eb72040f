// SPDX-License-Identifier: EUPL-1.2

package formula

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrCycle says that an indicator would be computed from itself.
var ErrCycle = errors.New("définition circulaire")

// Order sorts derived indicators so that each comes after those it is computed from; names
// that have no formula are left out. A circle is refused with its path: "a → b → a".
// A lag does not break a circle: there is no first year to start from.
func Order(formulas map[string]*Expr) ([]string, error) {
	const (
		unseen = iota
		open
		done
	)
	var out, path []string
	mark := map[string]int{}
	var visit func(name string) error
	visit = func(name string) error {
		e := formulas[name]
		if e == nil || mark[name] == done {
			return nil
		}
		path = append(path, name)
		if mark[name] == open {
			circle := path[slices.Index(path, name):]
			return fmt.Errorf("%w : %s. Retirez l'un de ces indicateurs de la formule d'un autre", ErrCycle, strings.Join(circle, " → "))
		}
		mark[name] = open
		for _, used := range e.Names() {
			if err := visit(used); err != nil {
				return err
			}
		}
		path = path[:len(path)-1]
		mark[name], out = done, append(out, name)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(formulas)) {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}
