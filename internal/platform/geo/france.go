// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// Land is a part of France with the box that holds it, islands included, with a margin of
// some kilometres.
type Land struct {
	Name  string // as in a French sentence
	Bound orb.Bound
}

func box(lon0, lat0, lon1, lat1 float64) orb.Bound {
	return orb.Bound{Min: orb.Point{lon0, lat0}, Max: orb.Point{lon1, lat1}}
}

// France is every part of France, metropolitan first. No box overlaps another, and no box
// with its axes swapped meets any of them: that is what makes a swap detectable.
var France = []Land{
	{"France métropolitaine", box(-5.3, 41.2, 9.7, 51.2)},
	{"Guadeloupe, Saint-Martin et Saint-Barthélemy", box(-63.3, 15.7, -60.9, 18.3)},
	{"Martinique", box(-61.4, 14.3, -60.7, 15.0)},
	{"Guyane", box(-54.8, 2.0, -51.4, 6.1)},
	{"La Réunion", box(55.1, -21.5, 55.95, -20.8)},
	{"Mayotte", box(44.9, -13.15, 45.4, -12.5)},
	{"Saint-Pierre-et-Miquelon", box(-56.6, 46.6, -56.0, 47.3)},
	{"Polynésie française", box(-155.0, -28.0, -134.0, -7.5)},
	{"Nouvelle-Calédonie", box(158.0, -23.0, 172.5, -17.5)},
	{"Wallis-et-Futuna", box(-178.5, -14.6, -175.9, -13.0)},
}

// LandOf finds the part of France that holds the whole box.
func LandOf(b orb.Bound) (Land, bool) {
	if finite(b.Min) && finite(b.Max) && b.Min[0] <= b.Max[0] && b.Min[1] <= b.Max[1] {
		for _, l := range France {
			if l.Bound.Contains(b.Min) && l.Bound.Contains(b.Max) {
				return l, true
			}
		}
	}
	return Land{}, false
}

func inFrance(p orb.Point) bool {
	for _, l := range France {
		if l.Bound.Contains(p) {
			return true
		}
	}
	return false
}

func finite(p orb.Point) bool {
	return !math.IsNaN(p[0]-p[0]) && !math.IsNaN(p[1]-p[1]) // Inf - Inf is NaN
}

// checkAxes looks at one point per feature. Latitude before longitude is the commonest fault
// of exchanged contours; it is told by the points leaving France and coming back to it when
// swapped.
func checkAxes(features []Feature) error {
	var swapped, right int
	var example orb.Point
	first := 0
	for i := range features {
		p, ok := anyPoint(&features[i])
		switch {
		case !ok:
		case inFrance(p):
			right++
		case inFrance(orb.Point{p[1], p[0]}):
			if swapped++; swapped == 1 {
				example, first = p, i+1
			}
		}
	}
	if swapped == 0 || swapped <= right {
		return nil
	}
	return &fileError{kind: ErrAxisOrder, text: fmt.Sprintf(
		"entité n° %d : latitude et longitude semblent inversées (%s tombe hors de France, l'inverse y tombe). "+
			"Réexportez le fichier avec la longitude d'abord, par exemple avec QGIS ou « ogr2ogr -swap_xy »", first, show(example))}
}

func anyPoint(f *Feature) (orb.Point, bool) {
	for _, poly := range f.Geometry {
		for _, ring := range poly {
			if len(ring) > 0 {
				return ring[0], true
			}
		}
	}
	if len(f.Points) > 0 {
		return f.Points[0], true
	}
	return orb.Point{}, false
}

// show writes a point as a person reads it in French: "(2,36000 ; 48,93660)".
func show(p orb.Point) string {
	digits := 5
	if math.Abs(p[0]) > 1000 || math.Abs(p[1]) > 1000 {
		digits = 0
	}
	return "(" + comma(p[0], digits) + " ; " + comma(p[1], digits) + ")"
}

func comma(v float64, digits int) string {
	b := []byte(fmt.Sprintf("%.*f", digits, v))
	for i := range b {
		if b[i] == '.' {
			b[i] = ','
		}
	}
	return string(b)
}
