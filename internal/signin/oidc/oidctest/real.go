// SPDX-License-Identifier: EUPL-1.2

package oidctest

import (
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// users is who a real provider knows: one person.
type users struct{ one *storage.User }

func (u users) GetUserByID(id string) *storage.User {
	if id == u.one.ID {
		return u.one
	}
	return nil
}

func (u users) GetUserByUsername(name string) *storage.User {
	if name == u.one.Username {
		return u.one
	}
	return nil
}

func (users) ExampleClientID() string { return "" }

// Real starts a provider that one person with this address has an account at, for a service at
// base, and returns its issuer.
func Real(t *testing.T, base, mail string) (issuer string) {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the example logs every request there
	var handler http.Handler
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	store := storage.NewStorageWithClients(users{&storage.User{ID: "p-17", Username: "alix", Password: "verysecure", FirstName: "Alix", LastName: "Martin",
		Email: mail, EmailVerified: true}}, map[string]*storage.Client{Client: storage.WebClient(Client, Secret, base+"/connexion/fournisseur/retour")})
	handler = exampleop.SetupServer(server.URL, store, nil, false)
	return server.URL
}

// SignInAt does what a person does at the real provider, and returns where it sends them back.
func SignInAt(t *testing.T, to, base string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back *url.URL
	client := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), base) {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	page, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = page.Body.Close() }()
	if back != nil { // an error goes straight back
		return back
	}
	form := page.Request.URL
	res, err := client.PostForm(form.String(), url.Values{"username": {"alix"}, "password": {"verysecure"}, "id": {form.Query().Get("authRequestID")}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if back == nil {
		t.Fatalf("the provider answers %s at %s", res.Status, res.Request.URL)
	}
	return back
}
