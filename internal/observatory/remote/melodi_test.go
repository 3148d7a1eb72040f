// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"maillage/internal/observatory/remote/remotetest"
)

// Each Melodi data set becomes a table like Melodi's own files, compared with testdata.
func TestPagesBecomeATable(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"DS_POPULATIONS_REFERENCE", "DS_ETAT_CIVIL_NAIS_COMMUNES", "DS_BPE", "DS_FILOSOFI_CC"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			s := remotetest.New(t)
			s.PageSize = 2
			c, _ := quick(s.URL)
			dir := t.TempDir()
			f, err := c.Fetch(t.Context(), set(t, code), Options{Departement: "93"}, dir, nil)
			if err != nil {
				t.Fatal(err)
			}
			if f.Name != code+"-93.csv" || left(t, dir) != f.Name {
				t.Errorf("%s, left: %s", f.Name, left(t, dir))
			}
			got, golden := content(t, f.Path), filepath.Join("testdata", f.Name)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil { // #nosec G306 -- a golden file
					t.Fatal(err)
				}
			}
			if d := cmp.Diff(content(t, golden), got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestQueryGoesOnWhereItWasCut(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	s.PageSize = 3
	dir, population := t.TempDir(), set(t, "DS_POPULATIONS_REFERENCE")
	c, _ := quick(s.URL)
	c.tries = 1
	s.Fail("page=3", remotetest.Cut(40))
	if _, err := c.Fetch(t.Context(), population, Options{Departement: "93"}, dir, nil); !errors.Is(err, ErrRemote) {
		t.Fatalf("%v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "DS_POPULATIONS_REFERENCE-93.csv")); err == nil {
		t.Error("a file is there before it is whole")
	}
	before := len(s.Asked()) // one page of the département, three of its communes
	c, _ = quick(s.URL)
	f, err := c.Fetch(t.Context(), population, Options{Departement: "93"}, dir, nil)
	if err != nil || strings.Count(content(t, f.Path), "\n") != 1+12 {
		t.Fatalf("%v", err)
	}
	if n := len(s.Asked()); before != 4 || n != 5 {
		t.Errorf("%d requests, then %d: only the page that lacked should be asked for", before, n)
	}
	again, err := c.Fetch(t.Context(), population, Options{Departement: "93"}, dir, nil)
	if err != nil || !again.Unchanged || len(s.Asked()) != 5 {
		t.Errorf("%+v, %v", again, err)
	}
	c.now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	if again, err = c.Fetch(t.Context(), population, Options{Departement: "93"}, dir, nil); err != nil || again.Unchanged {
		t.Errorf("the next day: %+v, %v", again, err)
	}
}

// The client waits before the server complains; a server that counts finds it in its right.
func TestQueryKeepsThePace(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	s.PageSize = 1
	c, waits := quick(s.URL)
	dir := t.TempDir()
	for _, code := range []string{"DS_POPULATIONS_REFERENCE", "DS_FILOSOFI_CC", "DS_BPE", "DS_ETAT_CIVIL_NAIS_COMMUNES", "DS_POPULATIONS_REFERENCE", "DS_FILOSOFI_CC"} {
		_ = os.RemoveAll(dir)
		if _, err := c.Fetch(t.Context(), set(t, code), Options{Departement: "93"}, dir, nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.Asked()); n <= 30 || len(*waits) != n-30 {
		t.Errorf("%d requests, %d waits", n, len(*waits))
	}
	for _, w := range *waits {
		if w < 50*time.Second {
			t.Errorf("waits %v only", w)
		}
	}
	tired := remotetest.New(t)
	tired.PerMinute, tired.PageSize = 2, 3
	c, waits = quick(tired.URL)
	_, err := c.Fetch(t.Context(), set(t, "DS_POPULATIONS_REFERENCE"), Options{Departement: "93"}, t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "trop de demandes") || len(*waits) != 3 || (*waits)[0] != time.Minute {
		t.Errorf("%v, %v", err, *waits)
	}
}

func TestMelodiFailuresAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"page":            {"<html>", "par une page web"},
		"message":         {`{"message":"Service fermé"}`, "« Service fermé »"},
		"truncated":       {`{"observations":[{"dimensions":`, "incomplet ou abîmé"},
		"two answers":     {`{"observations":[]}{"observations":[]}`, "au lieu d'observations"},
		"nothing":         {`{"observations":[],"paging":{}}`, "n'a aucune observation de DS_BPE pour le département 93"},
		"fewer than said": {`{"observations":[{"dimensions":{"GEO":"DEP-93"}}],"paging":{"count":2,"isLast":true}}`, "annonce 2 observations pour DEP-93 et en a envoyé 1"},
		"other form":      {`{"observations":[{"dimensions":{"GEO":"DEP-93","TIME_PERIOD":"2024"},"measures":{"OBS_VALUE_NIVEAU":{"value":1}}}]}`, "n'a pas la colonne « FACILITY_TYPE »"},
		"two measures":    {`{"observations":[{"dimensions":{"GEO":"DEP-93"},"measures":{"A":{"value":1},"B":{"value":2}}}]}`, "plusieurs mesures à la fois (A, B)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := remotetest.New(t)
			fault := remotetest.Status(200, "application/json", c.body)
			s.Fail("/data/", fault, fault, fault, fault, fault)
			client, _ := quick(s.URL)
			dir := t.TempDir()
			_, err := client.Fetch(t.Context(), set(t, "DS_BPE"), Options{Departement: "93"}, dir, nil)
			if !errors.Is(err, ErrRemote) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "DS_BPE-93.csv")); err == nil {
				t.Error("a file is left")
			}
		})
	}
}

func TestEndlessPagesStop(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	c.pages = 3
	endless := remotetest.Status(200, "application/json", `{"observations":[{"dimensions":{"GEO":"DEP-93"}}],"paging":{"next":"https://api.insee.fr/encore"}}`)
	s.Fail("/data/", endless, endless, endless, endless)
	_, err := c.Fetch(t.Context(), set(t, "DS_BPE"), Options{Departement: "93"}, t.TempDir(), nil)
	if err == nil || !strings.Contains(err.Error(), "plus de 3 pages") {
		t.Errorf("%v", err)
	}
}

func TestWhereIsAsked(t *testing.T) {
	t.Parallel()
	s := remotetest.New(t)
	c, _ := quick(s.URL)
	if _, err := c.Fetch(t.Context(), set(t, "DS_BPE"), Options{}, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "département par département") {
		t.Errorf("%v", err)
	}
	if _, err := c.Fetch(t.Context(), set(t, "DS_BPE"), Options{Departement: "93&GEO=x"}, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "n'est pas le code d'un département") {
		t.Errorf("%v", err)
	}
	if _, err := c.Fetch(t.Context(), set(t, "DS_BPE"), Options{Departement: "93"}, t.TempDir(), nil); err != nil {
		t.Fatal(err)
	}
	asked := s.Asked()
	if len(asked) != 2 || !strings.HasPrefix(asked[0].Query, "GEO=DEP-93&page=1&maxResult=10000") || !strings.HasPrefix(asked[1].Query, "GEO=DEP-93%2ACOM&") {
		t.Errorf("%+v", asked)
	}
}
