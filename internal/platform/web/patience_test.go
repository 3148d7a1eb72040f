// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// deadlines counts how often each deadline was moved.
type deadlines struct {
	http.ResponseWriter
	read, write int
}

func (d *deadlines) SetReadDeadline(time.Time) error  { d.read++; return nil }
func (d *deadlines) SetWriteDeadline(time.Time) error { d.write++; return nil }

// A transfer that makes headway gets more time for each mebibyte, one that does not gets
// none: the deadline it had stands.
func TestTransfersThatMoveMayLast(t *testing.T) {
	t.Parallel()
	for mib, want := range map[int]int{0: 0, 1: 0, 5: 4} {
		d := &deadlines{ResponseWriter: httptest.NewRecorder()}
		body := patient(d, io.NopCloser(strings.NewReader(strings.Repeat("x", mib<<20))))
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, body, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if d.read != want || d.write != want {
			t.Errorf("%d MiB received: deadlines moved %d and %d times, want %d", mib, d.read, d.write, want)
		}
		d = &deadlines{ResponseWriter: httptest.NewRecorder()}
		w := newResponse(d, httptest.NewRequest(http.MethodGet, "/", nil))
		w.Header().Set("Content-Type", "text/csv")
		for range mib << 10 {
			if _, err := w.Write(make([]byte, 1024)); err != nil {
				t.Fatal(err)
			}
		}
		w.finish()
		if d.write != want {
			t.Errorf("%d MiB sent: deadline moved %d times, want %d", mib, d.write, want)
		}
	}
}
