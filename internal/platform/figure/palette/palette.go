// SPDX-License-Identifier: EUPL-1.2

// Package palette holds the colours of the maps and the arithmetic that proves them:
// contrast (WCAG 2), lightness and distance (CIE L*a*b*), and what people see who lack
// one kind of cone (Machado, Oliveira and Fernandes 2009, full severity).
//
// The ramps start from ColorBrewer's YlGnBu and PuOr (Cynthia Brewer, Apache 2.0), which survive both
// a photocopy and the three dichromacies; red-yellow-green ramps do not and are absent.
package palette

import (
	"fmt"
	"math"
	"strconv"
)

// Sequential is a ramp of n colours from light to dark, for a quantity that goes from
// little to much. n is brought within 1 to 7.
func Sequential(n int) []string { return pick(sequential, n) }

// Diverging is a ramp of n colours that darkens away from a pivot (a departmental
// mean): orange below, violet above, the middle neutral when n is odd. Use it only with a
// declared pivot. n is brought within 1 to 7.
func Diverging(n int) []string { return pick(diverging, n) }

func pick(ramps [][]string, n int) []string {
	n = min(max(n, 1), len(ramps))
	return ramps[n-1]
}

var sequential = [][]string{
	{"#41b6c4"},
	{"#a1dab4", "#225ea8"},
	{"#d9f0c2", "#41b6c4", "#225ea8"},
	{"#ffffcc", "#a1dab4", "#41b6c4", "#225ea8"},
	{"#ffffcc", "#a1dab4", "#41b6c4", "#2a7ab2", "#253494"},
	{"#ffffcc", "#bde4ad", "#73c6b8", "#38a3c2", "#2b71b2", "#232f86"},
	{"#ffffcc", "#bde4ad", "#73c6b8", "#38a3c2", "#2a7ab2", "#2357a0", "#0f2670"},
}

var diverging = [][]string{
	{"#f7f7f7"},
	{"#f1a340", "#998ec3"},
	{"#f1a340", "#f7f7f7", "#998ec3"},
	{"#e66101", "#fdb863", "#b2abd2", "#5e3c99"},
	{"#e66101", "#fdb863", "#f7f7f7", "#b2abd2", "#5e3c99"},
	{"#b35806", "#f1a340", "#fee0b6", "#d8daeb", "#998ec3", "#542788"},
	{"#b35806", "#f1a340", "#fee0b6", "#f7f7f7", "#d8daeb", "#998ec3", "#542788"},
}

// RGB is a colour in sRGB, each part from 0 to 1.
type RGB [3]float64

// Parse reads "#rrggbb".
func Parse(hex string) (RGB, error) {
	if len(hex) != 7 || hex[0] != '#' {
		return RGB{}, fmt.Errorf("couleur « %s » : écrivez-la #rrvvbb, par exemple #253494", hex)
	}
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return RGB{}, fmt.Errorf("couleur « %s » : écrivez-la #rrvvbb, par exemple #253494", hex)
	}
	return RGB{float64(n>>16&255) / 255, float64(n>>8&255) / 255, float64(n&255) / 255}, nil
}

func (c RGB) linear() RGB {
	for i, v := range c {
		if v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return c
}

func (c RGB) encoded() RGB {
	for i, v := range c {
		v = math.Min(1, math.Max(0, v))
		if v <= 0.0031308 {
			c[i] = v * 12.92
		} else {
			c[i] = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
	}
	return c
}

// Luminance is WCAG's relative luminance, 0 to 1.
func (c RGB) Luminance() float64 {
	l := c.linear()
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2]
}

// Contrast is WCAG's contrast ratio of two colours, 1 to 21.
func Contrast(a, b RGB) float64 {
	x, y := a.Luminance(), b.Luminance()
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// TextOn chooses, of dark and light, the ink that reads better on the background.
func TextOn(background, dark, light string) string {
	bg, err := Parse(background)
	if err != nil {
		return dark
	}
	d, errD := Parse(dark)
	l, errL := Parse(light)
	if errD != nil || errL != nil || Contrast(bg, d) >= Contrast(bg, l) {
		return dark
	}
	return light
}

// Lab is the colour in CIE L*a*b* under D65; L* is its lightness, 0 to 100.
func (c RGB) Lab() (l, a, b float64) {
	r := c.linear()
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	x := f((0.4124564*r[0] + 0.3575761*r[1] + 0.1804375*r[2]) / 0.95047)
	y := f(0.2126729*r[0] + 0.7151522*r[1] + 0.0721750*r[2])
	z := f((0.0193339*r[0] + 0.1191920*r[1] + 0.9503041*r[2]) / 1.08883)
	return 116*y - 16, 500 * (x - y), 200 * (y - z)
}

// Distance is CIE76's ΔE: about 2 is just seen, 15 is told apart at a glance.
func Distance(a, b RGB) float64 {
	l1, a1, b1 := a.Lab()
	l2, a2, b2 := b.Lab()
	return math.Sqrt((l1-l2)*(l1-l2) + (a1-a2)*(a1-a2) + (b1-b2)*(b1-b2))
}

// Vision is a way of seeing colour.
type Vision int

// Ordinary sight, and the want of the cones for long, middle or short waves.
const (
	Ordinary Vision = iota
	Protan
	Deutan
	Tritan
)

// Matrices of Machado et al. 2009 for severity 1.0, on linear RGB.
var machado = [4][3]RGB{
	Ordinary: {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	Protan:   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	Deutan:   {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	Tritan:   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// Seen is the colour as that vision sees it.
func (c RGB) Seen(v Vision) RGB {
	l := c.linear()
	var out RGB
	for i, row := range machado[v] {
		out[i] = row[0]*l[0] + row[1]*l[1] + row[2]*l[2]
	}
	return out.encoded()
}
