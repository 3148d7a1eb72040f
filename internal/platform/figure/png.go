// SPDX-License-Identifier: EUPL-1.2

package figure

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strings"
	"sync"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// PNG paints a figure in light colours on white; scale is the pixels of the picture for
// one of the drawing (2 for documents and mail), between 0.5 and 4.
func PNG(s Spec, scale float64) ([]byte, error) { return s.Scene().PNG(scale) }

// maxPixels bounds a picture at 40 million pixels, 160 MB of memory.
const maxPixels = 40e6

// PNG paints the scene; see the function PNG.
func (s *Scene) PNG(scale float64) ([]byte, error) {
	if !(scale >= 0.5 && scale <= 4) {
		return nil, fmt.Errorf("image de la figure « %s » : échelle %v, attendue entre 0,5 et 4", s.title, scale)
	}
	w, h := math.Ceil(s.W*scale), math.Ceil(s.H*scale)
	if w*h > maxPixels {
		return nil, fmt.Errorf("image de la figure « %s » trop grande (%.0f × %.0f pixels) : réduisez l'échelle ou le nombre de lignes", s.title, w, h)
	}
	p := &painter{scale: scale, img: image.NewRGBA(image.Rect(0, 0, int(w), int(h))), faces: map[faceKey]font.Face{}}
	draw.Draw(p.img, p.img.Bounds(), image.White, image.Point{}, draw.Src)
	p.nodes(s.nodes)
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.DefaultCompression}
	if err := enc.Encode(&b, p.img); err != nil {
		return nil, fmt.Errorf("image de la figure « %s » : %w", s.title, err)
	}
	return b.Bytes(), nil
}

type faceKey struct {
	size float64
	bold bool
}

// painter draws nodes on a picture.
type painter struct {
	img   *image.RGBA
	scale float64
	faces map[faceKey]font.Face // not safe for concurrent use: one set a picture
	z     vector.Rasterizer
}

func (p *painter) nodes(nodes []node) {
	for _, n := range nodes {
		switch n := n.(type) {
		case *rect:
			ring := rectRing(n.x, n.y, n.w, n.h, n.rx)
			p.shape([][]point{ring}, n.fill, n.stroke, n.width, 0)
		case *circle:
			p.shape([][]point{circleRing(n.x, n.y, n.r)}, n.fill, n.stroke, n.width, 0)
		case *line:
			p.stroke([][]point{{{n.x1, n.y1}, {n.x2, n.y2}}}, false, n.stroke, n.width, n.dash, n.round)
		case *path:
			if n.closed {
				p.shape(n.rings, n.fill, n.stroke, n.width, n.dash)
			} else {
				p.stroke(n.rings, false, n.stroke, n.width, n.dash, true)
			}
		case *text:
			p.text(n)
		case *group:
			p.nodes(n.nodes)
		}
	}
}

func (p *painter) shape(rings [][]point, f fill, stroke ink, width, dash float64) {
	if !f.none() {
		oriented := orient(rings)
		p.fill(func(z *vector.Rasterizer, dx, dy float64) {
			for _, ring := range oriented {
				p.polygon(z, ring, dx, dy)
			}
		}, bounds(rings), f)
	}
	p.stroke(rings, true, stroke, width, dash, true)
}

func (p *painter) polygon(z *vector.Rasterizer, ring []point, dx, dy float64) {
	for i, pt := range ring {
		x, y := float32(pt.x*p.scale-dx), float32(pt.y*p.scale-dy)
		if i == 0 {
			z.MoveTo(x, y)
		} else {
			z.LineTo(x, y)
		}
	}
	z.ClosePath()
}

// fill rasterises within the bounds of the shape only, and paints through that mask.
func (p *painter) fill(trace func(z *vector.Rasterizer, dx, dy float64), b box, f fill) {
	r := image.Rect(int(math.Floor(b.l*p.scale))-1, int(math.Floor(b.t*p.scale))-1,
		int(math.Ceil(b.r*p.scale))+1, int(math.Ceil(b.b*p.scale))+1).Intersect(p.img.Bounds())
	if r.Empty() {
		return
	}
	p.z.Reset(r.Dx(), r.Dy())
	trace(&p.z, float64(r.Min.X), float64(r.Min.Y))
	p.z.Draw(p.img, r, p.source(f), r.Min)
}

func (p *painter) source(f fill) image.Image {
	if f.kind == flat {
		return image.NewUniform(rgba(f.ink))
	}
	return &patternImage{base: rgba(f.ink), over: rgba(f.over), shape: patternGeometry[f.kind], scale: p.scale}
}

func (p *painter) stroke(rings [][]point, closed bool, i ink, width, dash float64, round bool) {
	if i == (ink{}) || width <= 0 {
		return
	}
	var quads [][]point
	for _, ring := range rings {
		if closed && len(ring) > 0 {
			ring = append(ring[:len(ring):len(ring)], ring[0])
		}
		for _, piece := range dashed(ring, dash) {
			quads = append(quads, outline(piece, width/2, round)...)
		}
	}
	p.fill(func(z *vector.Rasterizer, dx, dy float64) {
		for _, q := range quads {
			p.polygon(z, q, dx, dy)
		}
	}, bounds(quads), flatFill(i))
}

// face gives the Go font at that size; the error of a compiled-in font cannot happen.
func (p *painter) face(size float64, bold bool) font.Face {
	k := faceKey{size, bold}
	if f, ok := p.faces[k]; ok {
		return f
	}
	f, err := opentype.NewFace(goFonts()[b2i(bold)], &opentype.FaceOptions{Size: size * p.scale, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(err)
	}
	p.faces[k] = f
	return f
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

var goFonts = sync.OnceValue(func() [2]*opentype.Font {
	var out [2]*opentype.Font
	for i, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			panic(err) // cannot happen: the fonts are compiled in
		}
		out[i] = f
	}
	return out
})

// text writes a line, after its halo. The narrow space, which the Go fonts lack, is an
// advance without a glyph.
func (p *painter) text(t *text) {
	face := p.face(t.size, t.bold)
	pieces := strings.Split(t.s, "\u202f")
	gap := fixed.Int26_6(math.Round(thinSpace * t.size * p.scale * 64))
	width := gap * fixed.Int26_6(len(pieces)-1)
	for _, s := range pieces {
		width += font.MeasureString(face, s)
	}
	x := fixed.Int26_6(math.Round(t.x * p.scale * 64))
	switch t.anchor {
	case middle:
		x -= width / 2
	case end:
		x -= width
	case start:
	}
	y := fixed.Int26_6(math.Round(t.y * p.scale * 64))
	put := func(i ink, dx, dy float64) {
		d := font.Drawer{Dst: p.img, Src: image.NewUniform(rgba(i)), Face: face, Dot: fixed.Point26_6{
			X: x + fixed.Int26_6(dx*p.scale*64), Y: y + fixed.Int26_6(dy*p.scale*64),
		}}
		for _, s := range pieces {
			d.DrawString(s)
			d.Dot.X += gap
		}
	}
	if t.halo != (ink{}) {
		for a := range 12 {
			sin, cos := math.Sincos(float64(a) * math.Pi / 6)
			put(t.halo, 1.6*cos, 1.6*sin)
		}
	}
	put(t.ink, 0, 0)
}

// rgba reads the light value of an ink; every ink is #rrggbb.
func rgba(i ink) color.RGBA {
	var c [3]uint8
	for k := range c {
		if len(i.hex) != 7 {
			return color.RGBA{A: 255}
		}
		c[k] = hexDigit(i.hex[1+2*k])<<4 | hexDigit(i.hex[2+2*k])
	}
	return color.RGBA{c[0], c[1], c[2], 255}
}

func hexDigit(b byte) uint8 {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10
	}
	return 0
}

// patternImage is an endless pattern, the same as the SVG's.
type patternImage struct {
	base, over color.RGBA
	shape      patternShape
	scale      float64
}

func (p *patternImage) ColorModel() color.Model { return color.RGBAModel }
func (p *patternImage) Bounds() image.Rectangle { return image.Rect(-1e9, -1e9, 1e9, 1e9) }

// At mixes the two inks by how much of the pixel the mark covers.
func (p *patternImage) At(x, y int) color.Color {
	g := p.shape
	px, py := (float64(x)+0.5)/p.scale, (float64(y)+0.5)/p.scale
	sin, cos := math.Sincos(-g.turn * math.Pi / 180)
	u, v := wrapTo(px*cos-py*sin, g.size), wrapTo(px*sin+py*cos, g.size)
	cover := 0.0
	if g.dot > 0 {
		cover = edge(math.Hypot(u-g.size/2, v-g.size/2)-g.dot, p.scale)
	} else {
		cover = edge(math.Abs(u-g.line/2)-g.line/2, p.scale)
		if w := u - g.size; w > -1/p.scale { // the line of the next tile, near its edge
			cover = math.Max(cover, edge(-w, p.scale))
		}
		if g.cross {
			cover = math.Max(cover, edge(math.Abs(v-g.line/2)-g.line/2, p.scale))
		}
	}
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-cover) + float64(b)*cover)) }
	return color.RGBA{mix(p.base.R, p.over.R), mix(p.base.G, p.over.G), mix(p.base.B, p.over.B), 255}
}

func wrapTo(v, size float64) float64 {
	v = math.Mod(v, size)
	if v < 0 {
		v += size
	}
	return v
}

// edge turns a distance to an outline, in drawing pixels, into coverage.
func edge(distance, scale float64) float64 {
	return math.Min(1, math.Max(0, 0.5-distance*scale))
}
