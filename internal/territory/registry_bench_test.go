// SPDX-License-Identifier: EUPL-1.2

package territory

import "testing"

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
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
