// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

type inner struct {
	Role string `json:"role"`
}

type sent struct {
	Name   string              `json:"name"`
	Admin  bool                `json:"admin"`
	Values map[string][]string `json:"values"`
	One    *inner              `json:"one"`
	Many   []inner             `json:"many"`
	At     time.Time           `json:"at"`
	Pair   [2]int              `json:"pair"`
	Hidden string              `json:"-"`
	Plain  int
}

func TestReadJSONIsStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, kind, body string
		status           int // 0: accepted
	}{
		{"all that is known", "application/json", `{"name":"a","values":{"x":["1"],"X":[]},"one":{"role":"r"},"many":[{"role":"s"}],"at":"2026-01-02T03:04:05Z","pair":[1,2],"Plain":3}`, 0},
		{"a charset", "application/json; charset=UTF-8", `{"name":"a"}`, 0},
		{"null where there may be nothing", "application/json", `{"one":null,"values":null,"many":null}`, 0},
		{"another type", "text/plain", `{"name":"a"}`, 415},
		{"no type", "", `{"name":"a"}`, 415},
		{"another charset", "application/json; charset=latin1", `{"name":"a"}`, 415},
		{"an unknown key", "application/json", `{"nom":"a"}`, 400},
		{"a key in another case", "application/json", `{"Admin":true}`, 400},
		{"a key in another case, deeper", "application/json", `{"one":{"ROLE":"admin"}}`, 400},
		{"a key in another case, in a list", "application/json", `{"many":[{"role":"a"},{"Role":"b"}]}`, 400},
		{"a key that folds to another (long s)", "application/json", `{"valueſ":{}}`, 400},
		{"a key twice", "application/json", `{"name":"a","name":"b"}`, 400},
		{"a key twice, once escaped", "application/json", `{"name":"a","n\u0061me":"b"}`, 400},
		{"a key of a map twice", "application/json", `{"values":{"x":[],"x":["1"]}}`, 400},
		{"a key that the tag hides", "application/json", `{"Hidden":"a"}`, 400},
		{"a key without tag in another case", "application/json", `{"plain":3}`, 400},
		{"null for a text", "application/json", `{"name":null}`, 400},
		{"null for everything", "application/json", `null`, 400},
		{"another shape", "application/json", `{"name":3}`, 400},
		{"an object for a list", "application/json", `{"many":{"role":"a"}}`, 400},
		{"too many for an array", "application/json", `{"pair":[1,2,3]}`, 400},
		{"something after", "application/json", `{"name":"a"} {"name":"b"}`, 400},
		{"cut short", "application/json", `{"name":"a"`, 400},
		{"nothing", "application/json", ``, 400},
		{"not UTF-8", "application/json", "{\"name\":\"\xff\"}", 400},
		{"too deep", "application/json", strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20), 400},
		{"too large", "application/json", `{"name":"` + strings.Repeat("a", 2000) + `"}`, 413},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Content-Type", c.kind)
		r.Body = http.MaxBytesReader(httptest.NewRecorder(), readCloser{strings.NewReader(c.body)}, 1000)
		var v sent
		err := ReadJSON(r, &v)
		status := 0
		if err != nil {
			status = problemOf(err).Status
		}
		if status != c.status {
			t.Errorf("%s: status %d (%v), want %d", c.name, status, err, c.status)
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// FuzzDecodeJSON holds that what is accepted holds only known keys, in their case and once:
// written again it says the same, and nothing was dropped.
func FuzzDecodeJSON(f *testing.F) {
	for _, s := range []string{`{"name":"a","values":{"x":["1"]}}`, `{"one":{"role":"r"}}`, `{"NAME":1}`, `[[[]]]`, `{"name":"a","name":"b"}`, `{"pair":[1,2]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var v sent
		err := DecodeJSON(body, &v)
		if err != nil {
			if _, ok := errors.AsType[*Problem](err); !ok {
				t.Fatalf("%q: %v is no Problem", body, err)
			}
			return
		}
		known := map[string]reflect.Type{}
		jsonFields(reflect.TypeFor[sent](), known)
		seen := map[string]bool{}
		for _, key := range topKeys(t, body) {
			if known[key] == nil || seen[key] {
				t.Errorf("%q: key %q accepted", body, key)
			}
			seen[key] = true
		}
	})
}

// topKeys are the keys of an object as they stand in its text.
func topKeys(t *testing.T, body []byte) (keys []string) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(body))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		t.Fatalf("%q accepted, and is no object: %v", body, err)
	}
	for dec.More() {
		key, err := dec.Token()
		var value json.RawMessage
		if err := errors.Join(err, dec.Decode(&value)); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		keys = append(keys, key.(string))
	}
	return keys
}
