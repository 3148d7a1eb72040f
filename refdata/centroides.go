// SPDX-License-Identifier: EUPL-1.2

package refdata

import _ "embed" // the points travel inside the binary

// Centroids gives a point in the middle of each commune of Seine-Saint-Denis, before the merger
// of 2025: code, longitude and latitude in WGS84 degrees, 4 decimals. They lay out the schematic
// map that stands in until contours are imported. Source: IGN and Etalab contours, Licence Ouverte 2.0.
//
//go:embed centroides.csv
var Centroids []byte
