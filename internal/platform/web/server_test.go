// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"net/http"
	"testing"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

func TestNotFoundPage(t *testing.T) {
	t.Parallel()
	a := webtest.Get(t, webtest.Server(t, web.Config{}), "/nulle-part")
	if a.Status != http.StatusNotFound {
		t.Errorf("status %d, want 404", a.Status)
	}
	a.CheckPage(t)
}
