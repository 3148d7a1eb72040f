// SPDX-License-Identifier: EUPL-1.2

package geo

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"
)

func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		mp, _ := Repair(scribble(t))
		back, err := Unmarshal(Marshal(mp))
		if err != nil || !reflect.DeepEqual(back, mp) {
			t.Fatalf("%v came back as %v, %v", mp, back, err)
		}
	})
}

func TestMarshalAnywhere(t *testing.T) {
	t.Parallel()
	far := orb.MultiPolygon{{{{-179.999999, -89.999999}, {179.999999, -89.999999}, {0.000001, 89.999999}, {-179.999999, -89.999999}}}}
	back, err := Unmarshal(Marshal(far))
	if err != nil || !reflect.DeepEqual(back, far) {
		t.Errorf("%v, %v", back, err)
	}
	if got := len(Marshal(orb.MultiPolygon{{wavy(1000)}})); got > 5000 {
		t.Errorf("1,000 vertices take %d bytes", got)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	t.Parallel()
	good := Marshal(orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100)}})
	for n := range good {
		if _, err := Unmarshal(good[:n]); !errors.Is(err, ErrBinary) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
	for name, bad := range map[string][]byte{
		"a tail": append(bytes.Clone(good), 0), "another version": append([]byte{9}, good[1:]...),
		"a huge count": {1, 0xff, 0xff, 0xff, 0xff, 0x7f}, "a far point": {1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0},
	} {
		if _, err := Unmarshal(bad); !errors.Is(err, ErrBinary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(Marshal(nil))
	f.Add(Marshal(orb.MultiPolygon{{closed(0, 0, 100, 0, 100, 100), closed(10, 10, 20, 20, 20, 10)}, {closed(500, 0, 600, 0, 600, 100)}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		mp, err := Unmarshal(data)
		if err != nil {
			return
		}
		again, err := Unmarshal(Marshal(mp))
		if err != nil {
			t.Fatal(err)
		}
		// Degenerate rings may lose a repeated end once; what Marshal wrote is then stable.
		twice, err := Unmarshal(Marshal(again))
		if err != nil || !reflect.DeepEqual(CheckValid(mp) == nil, CheckValid(again) == nil) || CheckValid(mp) == nil && !reflect.DeepEqual(twice, mp) {
			t.Fatalf("%v became %v, %v", mp, twice, err)
		}
	})
}

func BenchmarkMarshal(b *testing.B) {
	mp := orb.MultiPolygon{{wavy(10_000)}}
	for b.Loop() {
		Marshal(mp)
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	data := Marshal(orb.MultiPolygon{{wavy(10_000)}})
	for b.Loop() {
		if _, err := Unmarshal(data); err != nil {
			b.Fatal(err)
		}
	}
}
