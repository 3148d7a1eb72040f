// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"maillage/internal/platform/web/webtest"
)

// asked counts how often what runs under it asks whether it is over: each query does.
type asked struct {
	context.Context
	n *atomic.Int64
}

func (a asked) Done() <-chan struct{} {
	a.n.Add(1)
	return a.Context.Done()
}

// A long list costs the page no more than a short one, and says how many it does not name.
func TestALongImportIsListedCheaply(t *testing.T) {
	t.Parallel()
	h := quick(t)
	take := func(name string, many int) Import {
		var b strings.Builder
		for i := range many {
			fmt.Fprintf(&b, "%s%c%c Lou <n%d-%d@y.example>;\n", name, 'A'+i%26, 'A'+i/26, many, i)
		}
		h.take(b.String())
		list, err := h.Imports(context.Background(), 1)
		if err != nil {
			t.Fatal(err)
		}
		return list[0]
	}
	cost := func(x Import) (int64, importView) {
		a := asked{context.Background(), new(atomic.Int64)}
		v, err := h.viewImport(httptest.NewRequest("GET", "/personnes/imports", nil).WithContext(a), x)
		if err != nil {
			t.Fatal(err)
		}
		return a.n.Load(), v
	}
	short, few := cost(take("COURT", 20))
	long, many := cost(take("LONG", 400))
	if short == 0 || long > 3*short {
		t.Errorf("a list of 20 asks %d times, one of 400 %d times", short, long)
	}
	if len(few.Created) != 12 || len(many.Created) != 12 {
		t.Errorf("named %d and %d", len(few.Created), len(many.Created))
	}
	page := webtest.Get(t, h.site("Secretaire"), "/personnes/imports")
	for _, want := range []string{"et 8 autres", "et 388 autres", "Lou Longaa"} {
		if !strings.Contains(page.Body, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}
