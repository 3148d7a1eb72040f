// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"errors"
	"fmt"
	"strings"

	"github.com/paulmach/orb"
)

// Layer is one set of features read from a file, always in WGS84 degrees.
type Layer struct {
	Name     string    // the layer's name in its file, or the file's name without extension
	Format   string    // "GeoJSON", "TopoJSON", "GeoPackage" or "Shapefile"
	CRS      string    // the system found in the file, as a person would name it: "Lambert-93 (EPSG:2154)"
	Features []Feature // in the order of the file
	Warnings []string  // French sentences on what was left out or guessed
}

// Feature is one thing with its attributes. It has either an area or points; a feature whose
// geometry is missing or of another kind has neither.
type Feature struct {
	ID       string            // identifier carried by the format, may be empty
	Props    map[string]string // attributes as text: numbers with a decimal point, empty when null
	Geometry orb.MultiPolygon
	Points   orb.MultiPoint
}

// Bound is the box around the feature in degrees; its IsEmpty is true without geometry.
func (f *Feature) Bound() orb.Bound {
	if len(f.Geometry) > 0 {
		return f.Geometry.Bound()
	}
	return f.Points.Bound()
}

// Empty says that the feature has neither area nor point.
func (f *Feature) Empty() bool { return len(f.Geometry) == 0 && len(f.Points) == 0 }

// LayerInfo describes a layer of a file before it is read.
type LayerInfo struct {
	Name     string
	Geometry string // "polygones", "points" or "" when unknown before reading
	Features int    // -1 when unknown before reading
}

// Limits bounds what one file may cost. A zero field means the default.
type Limits struct {
	MaxBytes    int64 // bytes read, after decompression, all parts together
	MaxFeatures int   // features in the layer
	MaxVertices int   // vertices in the layer, 16 bytes each in memory
	MaxText     int   // bytes of attributes and identifiers of one feature; a thousand times that for all
}

// DefaultLimits lets in the communes of France at full detail and little more.
var DefaultLimits = Limits{
	MaxBytes:    1 << 30,
	MaxFeatures: 200_000,
	MaxVertices: 12_000_000,
	MaxText:     512 << 10,
}

func (l Limits) withDefaults() Limits {
	if l.MaxBytes <= 0 {
		l.MaxBytes = DefaultLimits.MaxBytes
	}
	if l.MaxFeatures <= 0 {
		l.MaxFeatures = DefaultLimits.MaxFeatures
	}
	if l.MaxVertices <= 0 {
		l.MaxVertices = DefaultLimits.MaxVertices
	}
	if l.MaxText <= 0 {
		l.MaxText = DefaultLimits.MaxText
	}
	return l
}

// What callers may want to tell apart with errors.Is.
var (
	ErrFormat    = errors.New("format de fichier non reconnu ou abîmé")
	ErrCRS       = errors.New("système de coordonnées non reconnu")
	ErrAxisOrder = errors.New("latitude et longitude inversées")
	ErrTooBig    = errors.New("fichier trop volumineux")
	ErrNoLayer   = errors.New("couche absente du fichier")
)

// SeveralLayersError says that a file holds several layers and that one must be chosen.
type SeveralLayersError struct {
	File   string
	Layers []LayerInfo
}

// Error lists the layers by name, in French.
func (e *SeveralLayersError) Error() string {
	names := make([]string, len(e.Layers))
	for i, l := range e.Layers {
		names[i] = "« " + l.Name + " »"
	}
	return fmt.Sprintf("%s contient plusieurs couches (%s) : indiquez laquelle lire", e.File, strings.Join(names, ", "))
}

// fileError is a French sentence for a person, prefixed by the file, with a sentinel behind.
type fileError struct {
	kind error
	file string
	text string
}

func (e *fileError) Error() string {
	if e.file == "" {
		return e.text
	}
	return e.file + " : " + e.text
}

func (e *fileError) Unwrap() error { return e.kind }

func formatErrorf(format string, args ...any) error {
	return &fileError{kind: ErrFormat, text: fmt.Sprintf(format, args...)}
}

func crsErrorf(format string, args ...any) error {
	return &fileError{kind: ErrCRS, text: fmt.Sprintf(format, args...)}
}

func tooBigf(format string, args ...any) error {
	return &fileError{kind: ErrTooBig, text: fmt.Sprintf(format, args...)}
}

// inFile puts the file's name before a message of this package.
func inFile(err error, file string) error {
	var fe *fileError
	if errors.As(err, &fe) && fe.file == "" {
		return &fileError{kind: fe.kind, file: file, text: fe.text}
	}
	var several *SeveralLayersError
	if errors.As(err, &several) {
		several.File = file
		return several
	}
	return fmt.Errorf("%s : %w", file, err)
}

// meter counts features and vertices against the limits while a reader works.
type meter struct {
	lim        Limits
	features   int
	vertices   int
	references int
	text       int // bytes of attributes kept so far
}

func (m *meter) feature() error {
	if m.features++; m.features > m.lim.MaxFeatures {
		return tooBigf("plus de %d entités : découpez le fichier (par département, par exemple) ou réduisez-le à une seule couche", m.lim.MaxFeatures)
	}
	return nil
}

func (m *meter) vertex(n int) error {
	if n < 0 || n > m.lim.MaxVertices-m.vertices {
		return tooBigf("plus de %d sommets : prenez une version généralisée des contours (ADMIN EXPRESS COG CARTO, par exemple) ou découpez le fichier", m.lim.MaxVertices)
	}
	m.vertices += n
	return nil
}

// reference counts an arc number of a TopoJSON, which costs as much as half a vertex.
func (m *meter) reference() error {
	if m.references++; m.references/2 > m.lim.MaxVertices {
		return m.vertex(m.lim.MaxVertices + 1)
	}
	return nil
}

// attributes counts the text of one feature: the bytes, and what a map entry costs beside.
func (m *meter) attributes() featureText { return featureText{m: m} }

type featureText struct {
	m    *meter
	size int
}

const entryCost, textOfAll = 48, 1000

func (t *featureText) add(name, value string) error {
	n := len(name) + len(value) + entryCost
	t.size += n
	t.m.text += n
	switch {
	case t.size > t.m.lim.MaxText:
		return tooBigf("les attributs d'une entité dépassent %d octets : retirez les colonnes inutiles", t.m.lim.MaxText)
	case t.m.text/textOfAll > t.m.lim.MaxText:
		return tooBigf("les attributs de toutes les entités dépassent %d octets : retirez les colonnes inutiles", textOfAll*t.m.lim.MaxText)
	}
	return nil
}
