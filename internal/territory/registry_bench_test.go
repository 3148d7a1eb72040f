// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"runtime"
	"testing"
)

// BenchmarkLoad reads the reference file and builds the whole registry, search included; it
// also reports what stays in memory.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	var r *Registry
	var err error
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		if r, err = Load(); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-resident")
	runtime.KeepAlive(r)
}

// BenchmarkSearch times one keystroke on the whole of France, for each way of searching.
func BenchmarkSearch(b *testing.B) {
	r := loaded(b)
	for _, q := range []string{"s", "saint", "st ouen", "epinay", "93066", "934", "Ile St Denis", "pierefite", "zzzzzzzzzz", "st zzzzzzzz", "aulnaysousbois"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r.SearchNear(q, "93", 10)
			}
		})
	}
}

func BenchmarkPopulation(b *testing.B) {
	r := loaded(b)
	for b.Loop() {
		r.Population("93066", today)
	}
}
