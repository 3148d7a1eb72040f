// SPDX-License-Identifier: EUPL-1.2

package files_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/files"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

// BenchmarkPut puts new contents one after the other, each durable when it returns.
func BenchmarkPut(b *testing.B) {
	for _, size := range []int{64 << 10, 10 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s, _ := open(b, dbtest.New(b, db.SQLite, rooms...), files.Config{})
			b.SetBytes(int64(size))
			for i := 0; b.Loop(); i++ {
				put(b, s, append(padded(size-10), strconv.Itoa(i)...), meta("a.pdf"))
			}
		})
	}
}

// BenchmarkDownload reads through the whole server, below and above what is checked first.
func BenchmarkDownload(b *testing.B) {
	for _, size := range []int{64 << 10, 10 << 20, 40 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			s, _ := open(b, dbtest.New(b, db.SQLite, rooms...), files.Config{})
			f := put(b, s, padded(size), meta("a.pdf"))
			site := web.New(web.Config{Guard: webtest.Open{Actor: somebody}, Log: s.Log})
			site.Handle(s.Routes()...)
			server := httptest.NewServer(site)
			defer server.Close()
			b.SetBytes(int64(size))
			for b.Loop() {
				res, err := http.Get(server.URL + f.Path())
				if err != nil {
					b.Fatal(err)
				}
				n, err := io.Copy(io.Discard, res.Body)
				if err != nil || n != int64(size) {
					b.Fatal(n, err)
				}
				_ = res.Body.Close()
			}
		})
	}
}

// BenchmarkPutTableAgain puts a table that is there already: read whole to recognise it, and once
// more to compare it with what is stored.
func BenchmarkPutTableAgain(b *testing.B) {
	s, _ := open(b, dbtest.New(b, db.SQLite, rooms...), files.Config{})
	text := bytes.Repeat([]byte("93066;Saint-Denis;crèche municipale;été;1234\n"), 10<<20/46)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		put(b, s, text, meta("a.csv"))
	}
}
