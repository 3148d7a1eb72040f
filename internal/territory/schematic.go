// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"sync"

	"github.com/paulmach/orb"

	"maillage/internal/platform/geo"
	"maillage/refdata"
)

// centroids are the middles of the communes for which the product ships one.
var centroids = sync.OnceValues(func() (map[ID]orb.Point, error) {
	rows, err := csv.NewReader(bytes.NewReader(refdata.Centroids)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("refdata/centroides.csv : %w", err)
	}
	points := map[ID]orb.Point{}
	for i, row := range rows[1:] {
		lon, err1 := strconv.ParseFloat(row[1], 64)
		lat, err2 := strconv.ParseFloat(row[2], 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("refdata/centroides.csv, ligne %d : coordonnées illisibles", i+2)
		}
		points[ID(row[0])] = orb.Point{lon, lat}
	}
	return points, nil
})

// Cells lays the territories out as equal squares, for a map without contours; false when the
// middle of one of them is not known.
func Cells(places []*Territory) (map[ID]geo.Cell, bool) {
	known, err := centroids()
	if err != nil || len(places) == 0 {
		return nil, false
	}
	points := make([]orb.Point, len(places))
	for i, t := range places {
		p, ok := known[t.ID]
		if !ok {
			return nil, false
		}
		points[i] = p
	}
	cells := geo.SchematicCells(points)
	m := make(map[ID]geo.Cell, len(places))
	for i, t := range places {
		m[t.ID] = cells[i]
	}
	return m, true
}
