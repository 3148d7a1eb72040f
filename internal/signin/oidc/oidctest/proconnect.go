// SPDX-License-Identifier: EUPL-1.2

// Package oidctest runs identity providers for tests: a strict fake of ProConnect, written from
// its documentation, and a real provider (zitadel/oidc).
package oidctest

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// The service as the fakes know it.
const (
	Client = "maillage"
	Secret = "secret-de-trente-deux-caracteres"
)

// Fake is a ProConnect that signs its one person in at once. It refuses what the real one
// refuses. The hooks make it lie, for attacks.
type Fake struct {
	URL     string // issuer
	Subject string
	Mail    string
	Now     func() time.Time

	Token    func(claims map[string]any)        // changes the identity token
	Info     func(claims map[string]any)        // changes userinfo
	Sign     func(claims map[string]any) string // signs in place of the fake, when not nil
	PlainFor string                             // "userinfo": sent as unsigned JSON

	base  string
	key   *rsa.PrivateKey
	mu    sync.Mutex
	codes map[string]grant
	hints map[string]bool
}

type grant struct {
	nonce, access string
	amr           bool
}

// ProConnect starts the fake for a service at base.
func ProConnect(t *testing.T, base string) *Fake {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	f := &Fake{Subject: "704e02429015d2bd", Now: time.Now, base: base, key: key, codes: map[string]grant{}, hints: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v2/.well-known/openid-configuration", f.discovery)
	mux.HandleFunc("GET /api/v2/authorize", f.authorize)
	mux.HandleFunc("POST /api/v2/token", f.token)
	mux.HandleFunc("GET /api/v2/userinfo", f.userinfo)
	mux.HandleFunc("GET /api/v2/session/end", f.end)
	mux.HandleFunc("GET /api/v2/jwks", func(w http.ResponseWriter, _ *http.Request) {
		write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{f.Key()}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.URL = server.URL + "/api/v2"
	return f
}

// Key is the public key of the fake.
func (f *Fake) Key() jose.JSONWebKey {
	return jose.JSONWebKey{Key: f.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // a test's own values
}

func refuse(w http.ResponseWriter, why string) {
	http.Error(w, "Y000400 : "+why, http.StatusBadRequest)
}

func (f *Fake) discovery(w http.ResponseWriter, _ *http.Request) {
	write(w, map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token",
		"userinfo_endpoint": f.URL + "/userinfo", "end_session_endpoint": f.URL + "/session/end", "jwks_uri": f.URL + "/jwks",
		"id_token_signing_alg_values_supported": []string{"RS256", "none"}, "userinfo_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_post"}})
}

// allowed are the parameters of the authorization request, and no other.
var allowed = []string{"response_type", "client_id", "redirect_uri", "scope", "claims", "state", "nonce", "prompt", "idp_hint"}

func (f *Fake) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains(allowed, name) {
			refuse(w, "paramètre "+name)
			return
		}
	}
	switch {
	case q.Get("response_type") != "code", q.Get("client_id") != Client, q.Get("redirect_uri") != f.base+"/connexion/fournisseur/retour":
		refuse(w, "client, type ou adresse de retour")
	case len(q.Get("state")) < 32 || len(q.Get("nonce")) < 32:
		refuse(w, "state ou nonce trop court")
	case q.Get("scope") == "":
		refuse(w, "scope")
	default:
		code := rand.Text()
		f.mu.Lock()
		f.codes[code] = grant{nonce: q.Get("nonce"), access: rand.Text(), amr: q.Get("claims") == `{"id_token":{"amr":{"essential":true}}}`}
		f.mu.Unlock()
		// #nosec G710 -- compared with the one address of the service above
		http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
	}
}

func (f *Fake) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		refuse(w, "corps")
		return
	}
	f.mu.Lock()
	g, ok := f.codes[r.PostForm.Get("code")]
	delete(f.codes, r.PostForm.Get("code"))
	f.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		refuse(w, "client_secret_post attendu")
	case r.PostForm.Get("client_id") != Client || r.PostForm.Get("client_secret") != Secret:
		refuse(w, "client")
	case !ok || r.PostForm.Get("grant_type") != "authorization_code" || r.PostForm.Get("redirect_uri") != f.base+"/connexion/fournisseur/retour":
		w.WriteHeader(http.StatusBadRequest)
		write(w, map[string]string{"error": "invalid_grant"})
	default:
		now := f.Now().Unix()
		claims := map[string]any{"iss": f.URL, "aud": Client, "sub": f.Subject, "iat": now, "exp": now + 60, "nonce": g.nonce, "acr": "eidas1"}
		if g.amr {
			claims["amr"] = []string{"pwd"}
		}
		if f.Token != nil {
			f.Token(claims)
		}
		f.mu.Lock()
		f.codes["access "+g.access] = g
		signed := f.signed(claims)
		f.hints[signed] = true
		f.mu.Unlock()
		write(w, map[string]any{"access_token": g.access, "token_type": "Bearer", "expires_in": 60, "id_token": signed})
	}
}

func (f *Fake) userinfo(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	_, ok := f.codes["access "+tail(r.Header.Get("Authorization"))]
	f.mu.Unlock()
	if !ok {
		refuse(w, "jeton d'accès")
		return
	}
	now := f.Now().Unix()
	claims := map[string]any{"iss": f.URL, "aud": Client, "sub": f.Subject, "iat": now, "exp": now + 60,
		"email": f.Mail, "given_name": "Alix", "usual_name": "Martin", "siret": "21930010200019"}
	if f.Info != nil {
		f.Info(claims)
	}
	if f.PlainFor == "userinfo" {
		write(w, claims)
		return
	}
	w.Header().Set("Content-Type", "application/jwt")
	_, _ = w.Write([]byte(f.signed(claims)))
}

func tail(header string) string {
	if len(header) > 7 {
		return header[7:] // "Bearer "
	}
	return ""
}

// end wants all three parameters, and a token of its own.
func (f *Fake) end(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	f.mu.Lock()
	known := f.hints[q.Get("id_token_hint")]
	f.mu.Unlock()
	if !known || len(q.Get("state")) < 32 || q.Get("post_logout_redirect_uri") != f.base+"/connexion/fournisseur/sortie" || len(q) != 3 {
		refuse(w, "déconnexion")
		return
	}
	// #nosec G710 -- compared with the one address of the service above
	http.Redirect(w, r, q.Get("post_logout_redirect_uri")+"?state="+url.QueryEscape(q.Get("state")), http.StatusSeeOther)
}

func (f *Fake) signed(claims map[string]any) string {
	if f.Sign != nil {
		return f.Sign(claims)
	}
	return f.With(jose.RS256, jose.JSONWebKey{Key: f.key, KeyID: "k1"}, claims)
}

// With signs claims with any key.
func (f *Fake) With(alg jose.SignatureAlgorithm, key any, claims map[string]any) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		panic(fmt.Sprintf("oidctest: %v", err)) // a test's own key
	}
	body, _ := json.Marshal(claims)
	jws, err := signer.Sign(body)
	if err != nil {
		panic(fmt.Sprintf("oidctest: %v", err))
	}
	text, _ := jws.CompactSerialize()
	return text
}

// Unsigned is a token of algorithm none.
func Unsigned(claims map[string]any) string {
	enc := base64.RawURLEncoding.EncodeToString
	body, _ := json.Marshal(claims)
	return enc([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + enc(body) + "."
}

// Visit goes where the service sends somebody and returns where the provider sends them back.
func Visit(t *testing.T, to string) *url.URL {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Get(to)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	back, err := res.Location()
	if err != nil {
		t.Fatalf("the provider answers %s", res.Status)
	}
	return back
}
