// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"net/http"
	"testing"

	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestStory(t *testing.T) {
	t.Parallel()
	webtest.CheckTemplates(t)
	s := newServer(web.Config{})
	for path, status := range map[string]int{"/": http.StatusOK, "/progression": http.StatusOK,
		"/progression-en-panne": http.StatusOK, "/panne": http.StatusInternalServerError, "/absente": http.StatusNotFound} {
		a := webtest.Get(t, s, path)
		if a.Status != status {
			t.Errorf("%s: status %d, want %d", path, a.Status, status)
		}
		a.CheckPage(t)
	}
}
