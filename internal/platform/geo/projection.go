// SPDX-License-Identifier: EUPL-1.2

package geo

import "math"

// GRS80, the ellipsoid of RGF93 and of the overseas systems; WGS84 differs by 0.1 mm.
const (
	grs80A = 6378137.0
	grs80F = 1 / 298.257222101
)

// Lambert-93 (EPSG:2154): conic conformal with two standard parallels, closed form of
// IOGP guidance note 7-2, § 3.1.1 (LCC 2SP), on GRS80.
const (
	l93X0, l93Y0 = 700000.0, 6600000.0
	l93Lon0      = 3.0
	l93Lat0      = 46.5
	l93Lat1      = 44.0
	l93Lat2      = 49.0
)

var (
	grs80E2 = grs80F * (2 - grs80F)
	grs80E  = math.Sqrt(grs80E2)
	l93     = newConic()
)

const deg = math.Pi / 180

// conic holds what the closed form needs: the cone constant, the scaled radius factor and
// the radius at the latitude of origin.
type conic struct{ n, af, r0 float64 }

func newConic() conic {
	m := func(lat float64) float64 {
		s := math.Sin(lat * deg)
		return math.Cos(lat*deg) / math.Sqrt(1-grs80E2*s*s)
	}
	t1, t2, t0 := isometric(l93Lat1), isometric(l93Lat2), isometric(l93Lat0)
	n := (math.Log(m(l93Lat1)) - math.Log(m(l93Lat2))) / (math.Log(t1) - math.Log(t2))
	af := grs80A * m(l93Lat1) / (n * math.Pow(t1, n))
	return conic{n: n, af: af, r0: af * math.Pow(t0, n)}
}

// isometric is the t of the IOGP note: exp of minus the isometric latitude.
func isometric(lat float64) float64 {
	s := grs80E * math.Sin(lat*deg)
	return math.Tan(math.Pi/4-lat*deg/2) / math.Pow((1-s)/(1+s), grs80E/2)
}

// latitudeOf inverts isometric by fixed point; it gains three digits a turn.
func latitudeOf(t float64) float64 {
	lat := math.Pi/2 - 2*math.Atan(t)
	for range 12 {
		s := grs80E * math.Sin(lat)
		next := math.Pi/2 - 2*math.Atan(t*math.Pow((1-s)/(1+s), grs80E/2))
		if math.Abs(next-lat) < 1e-15 {
			return next / deg
		}
		lat = next
	}
	return lat / deg
}

// ToLambert93 projects degrees to metres in Lambert-93 (EPSG:2154), easting then northing.
func ToLambert93(lon, lat float64) (x, y float64) {
	r := l93.af * math.Pow(isometric(lat), l93.n)
	theta := l93.n * (lon - l93Lon0) * deg
	return l93X0 + r*math.Sin(theta), l93Y0 + l93.r0 - r*math.Cos(theta)
}

// FromLambert93 is the inverse of ToLambert93: metres to degrees.
func FromLambert93(x, y float64) (lon, lat float64) {
	dx, dy := x-l93X0, l93.r0-(y-l93Y0)
	r := math.Hypot(dx, dy)
	theta := math.Atan2(dx, dy)
	return l93Lon0 + theta/l93.n/deg, latitudeOf(math.Pow(r/l93.af, 1/l93.n))
}

// mercatorLimit is the latitude at which the Web Mercator square ends.
const mercatorLimit = 85.0511287798066

// ToMercator projects degrees to metres in Web Mercator (EPSG:3857); latitudes beyond
// ±85.0511° are brought back to the edge of the square.
func ToMercator(lon, lat float64) (x, y float64) {
	lat = math.Max(-mercatorLimit, math.Min(mercatorLimit, lat))
	return grs80A * lon * deg, grs80A * math.Asinh(math.Tan(lat*deg))
}

// FromMercator is the inverse of ToMercator.
func FromMercator(x, y float64) (lon, lat float64) {
	return x / grs80A / deg, math.Atan(math.Sinh(y/grs80A)) / deg
}

// transverse is a universal transverse Mercator zone on GRS80, as used overseas.
type transverse struct {
	lon0  float64 // central meridian, degrees
	south bool    // southern zones have a false northing of 10,000 km
}

// Krüger's series to the fourth order in the third flattening: under a tenth of a
// millimetre within 3,000 km of the central meridian (Karney 2011).
var (
	utmN    = grs80F / (2 - grs80F)
	utmA    = grs80A / (1 + utmN) * (1 + utmN*utmN/4 + math.Pow(utmN, 4)/64)
	utmBeta = [4]float64{
		utmN/2 - 2*math.Pow(utmN, 2)/3 + 37*math.Pow(utmN, 3)/96 - math.Pow(utmN, 4)/360,
		math.Pow(utmN, 2)/48 + math.Pow(utmN, 3)/15 - 437*math.Pow(utmN, 4)/1440,
		17*math.Pow(utmN, 3)/480 - 37*math.Pow(utmN, 4)/840,
		4397 * math.Pow(utmN, 4) / 161280,
	}
)

const utmScale, utmX0, utmSouth = 0.9996, 500000.0, 10000000.0

// inverse turns metres of the zone into degrees.
func (u transverse) inverse(x, y float64) (lon, lat float64) {
	if u.south {
		y -= utmSouth
	}
	xi, eta := y/(utmScale*utmA), (x-utmX0)/(utmScale*utmA)
	xp, ep := xi, eta
	for j, b := range utmBeta {
		k := 2 * float64(j+1)
		xp -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		ep -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	// The conformal latitude gives tan directly; t is exp of minus the isometric latitude.
	chi := math.Asin(math.Sin(xp) / math.Cosh(ep))
	lat = latitudeOf(math.Tan(math.Pi/4 - chi/2))
	return u.lon0 + math.Atan2(math.Sinh(ep), math.Cos(xp))/deg, lat
}
