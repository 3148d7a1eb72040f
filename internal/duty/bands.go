// SPDX-License-Identifier: EUPL-1.2

package duty

// Inhabitants is a commune with its two populations of one year.
type Inhabitants struct {
	ID, Name  string
	Total     int // population totale (PTOT)
	Municipal int // population municipale (PMUN)
}

// Bands counts communes by band of the law, and lists those that would change band if the
// population municipale were used in place of the population totale.
type Bands struct {
	Small, Middle, Large       int           // ≤ 3 500, 3 501 to 10 000, > 10 000 by population totale
	AcrossLow, AcrossHigh      []Inhabitants // on different sides of 3 500, of 10 000
	SmallPM, MiddlePM, LargePM int           // the same bands by population municipale
}

// CountBands counts the communes. The population totale is never below the population
// municipale in law (it adds the population counted apart), but a file may say otherwise:
// both directions are listed.
func CountBands(communes []Inhabitants) Bands {
	var b Bands
	for _, c := range communes {
		count(c.Total, &b.Small, &b.Middle, &b.Large)
		count(c.Municipal, &b.SmallPM, &b.MiddlePM, &b.LargePM)
		if (c.Total > LowThreshold) != (c.Municipal > LowThreshold) {
			b.AcrossLow = append(b.AcrossLow, c)
		}
		if (c.Total > HighThreshold) != (c.Municipal > HighThreshold) {
			b.AcrossHigh = append(b.AcrossHigh, c)
		}
	}
	return b
}

func count(n int, small, middle, large *int) {
	switch {
	case n > HighThreshold:
		*large++
	case n > LowThreshold:
		*middle++
	default:
		*small++
	}
}
