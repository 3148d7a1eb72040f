// SPDX-License-Identifier: EUPL-1.2

package about

import (
	"encoding/json"
	"net/http"
	"testing"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestPages(t *testing.T) {
	t.Parallel()
	srv := webtest.Server(t, web.Config{}, (&Room{Version: "essai", Sources: func() []Source {
		return []Source{{Name: "Cnaf, taux de couverture", Licence: "Licence Ouverte 2.0"}}
	}}).Routes()...)
	for _, path := range []string{"/a-propos", "/sources", "/accessibilite"} {
		a := webtest.Get(t, srv, path)
		if a.Status != http.StatusOK {
			t.Errorf("GET %s = %d, want 200", path, a.Status)
			continue
		}
		a.CheckPage(t)
	}
}

func TestOpenAPIIsJSON(t *testing.T) {
	t.Parallel()
	body, err := compact()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(body, &doc); err != nil || doc.OpenAPI == "" || len(doc.Paths) == 0 {
		t.Errorf("openapi.json: %v, %d paths", err, len(doc.Paths))
	}
}

// TestTemplates is not parallel: the checker reads the templates that the other tests render.
func TestTemplates(t *testing.T) {
	webtest.CheckTemplates(t)
}
