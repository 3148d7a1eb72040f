// SPDX-License-Identifier: EUPL-1.2

package oidc_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"maillage/internal/signin/oidc"
	"maillage/internal/signin/oidc/oidctest"
)

const base = "http://localhost:8080"

func provider(t *testing.T, issuer string, kind oidc.Kind) *oidc.Provider {
	t.Helper()
	p, err := oidc.New(oidc.Settings{Issuer: issuer, Client: oidctest.Client, Secret: oidctest.Secret, Kind: kind, Base: base})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRealProvider(t *testing.T) {
	p := provider(t, oidctest.Real(t, base, "Alix.Martin@bondy.example"), oidc.Generic)
	to, flow, err := p.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if u, _ := url.Parse(to); u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("no PKCE in %s", to)
	}
	back := oidctest.SignInAt(t, to, base)
	got, err := p.Finish(t.Context(), flow, back.Query())
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != "p-17" || got.Mail != "alix.martin@bondy.example" || !got.Verified || got.TwoFactors {
		t.Errorf("identity %+v", got)
	}
	if _, err := p.Finish(t.Context(), flow, back.Query()); !errors.Is(err, oidc.ErrInvalid) {
		t.Errorf("the same code again: %v", err)
	}
	to, flow, err = p.Begin()
	if err != nil {
		t.Fatal(err)
	}
	back = oidctest.SignInAt(t, to, base)
	flow.Verifier += "x"
	if _, err := p.Finish(t.Context(), flow, back.Query()); !errors.Is(err, oidc.ErrInvalid) {
		t.Errorf("another verifier: %v", err)
	}
}

func TestProConnect(t *testing.T) {
	t.Parallel()
	fake := oidctest.ProConnect(t, base)
	fake.Mail = "alix.martin@bondy.example"
	p := provider(t, fake.URL, oidc.ProConnect)
	got, idToken := finish(t, p)
	if got.Issuer != fake.URL || got.Subject != fake.Subject || got.Mail != fake.Mail || got.Verified || got.TwoFactors {
		t.Errorf("identity %+v", got)
	}
	to, ok := p.Logout(idToken, rand.Text()+rand.Text())
	if !ok || oidctest.Visit(t, to).Path != oidc.LogoutPath {
		t.Errorf("logging out: %s", to)
	}
	strange, _, err := provider(t, fake.URL, oidc.Generic).Begin() // PKCE and other scopes, as anywhere else
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Get(strange)
	if err != nil {
		t.Fatal(err)
	}
	if _ = res.Body.Close(); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the fake takes unknown parameters: %s", res.Status)
	}
	fake.Token = func(c map[string]any) { c["amr"] = []string{"pwd", "mfa"} }
	if got, _ := finish(t, p); !got.TwoFactors {
		t.Error("amr says mfa")
	}
	fake.Token = func(c map[string]any) { c["acr"] = "eidas2" }
	if got, _ := finish(t, p); !got.TwoFactors {
		t.Error("acr says eidas2")
	}
}

func finish(t *testing.T, p *oidc.Provider) (oidc.Identity, string) {
	t.Helper()
	to, flow, err := p.Begin()
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Finish(t.Context(), flow, oidctest.Visit(t, to).Query())
	if err != nil {
		t.Fatal(err)
	}
	return got, got.IDToken
}

// TestLies has the provider, or who stands between, lie: nobody is let in.
func TestLies(t *testing.T) {
	t.Parallel()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, v any) func(map[string]any) { return func(c map[string]any) { c[name] = v } }
	cases := []struct {
		name string
		lie  func(*oidctest.Fake)
		back func(url.Values)
	}{
		{name: "algorithm none", lie: func(f *oidctest.Fake) { f.Sign = oidctest.Unsigned }},
		{name: "signed by another key", lie: func(f *oidctest.Fake) {
			f.Sign = func(c map[string]any) string { return f.With(jose.RS256, jose.JSONWebKey{Key: other, KeyID: "k1"}, c) }
		}},
		{name: "public key as a shared secret", lie: func(f *oidctest.Fake) {
			f.Sign = func(c map[string]any) string {
				der, _ := x509.MarshalPKIXPublicKey(f.Key().Key)
				return f.With(jose.HS256, der, c)
			}
		}},
		{name: "client secret as the key", lie: func(f *oidctest.Fake) {
			f.Sign = func(c map[string]any) string { return f.With(jose.HS256, []byte(oidctest.Secret), c) }
		}},
		{name: "token for another service", lie: func(f *oidctest.Fake) { f.Token = set("aud", "autre") }},
		{name: "two audiences without a party", lie: func(f *oidctest.Fake) { f.Token = set("aud", []string{oidctest.Client, "autre"}) }},
		{name: "party of another service", lie: func(f *oidctest.Fake) { f.Token = set("azp", "autre") }},
		{name: "another issuer", lie: func(f *oidctest.Fake) { f.Token = set("iss", "https://ailleurs.example") }},
		{name: "expired", lie: func(f *oidctest.Fake) { f.Token = set("exp", time.Now().Add(-time.Hour).Unix()) }},
		{name: "another nonce", lie: func(f *oidctest.Fake) { f.Token = set("nonce", "autre") }},
		{name: "no nonce", lie: func(f *oidctest.Fake) { f.Token = func(c map[string]any) { delete(c, "nonce") } }},
		{name: "no subject", lie: func(f *oidctest.Fake) { f.Token = set("sub", "") }},
		{name: "hash of another access token", lie: func(f *oidctest.Fake) { f.Token = set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA") }},
		{name: "userinfo of somebody else", lie: func(f *oidctest.Fake) { f.Info = set("sub", "autre") }},
		{name: "userinfo for another service", lie: func(f *oidctest.Fake) { f.Info = set("aud", "autre") }},
		{name: "userinfo of another issuer", lie: func(f *oidctest.Fake) { f.Info = set("iss", "https://ailleurs.example") }},
		{name: "userinfo expired", lie: func(f *oidctest.Fake) { f.Info = set("exp", time.Now().Add(-time.Hour).Unix()) }},
		{name: "userinfo not signed", lie: func(f *oidctest.Fake) { f.PlainFor = "userinfo" }},
		{name: "another state", back: func(q url.Values) { q.Set("state", "autre") }},
		{name: "no state", back: func(q url.Values) { q.Del("state") }},
		{name: "state twice", back: func(q url.Values) { q.Add("state", "autre") }},
		{name: "answer of another provider (mix-up)", back: func(q url.Values) { q.Set("iss", "https://ailleurs.example") }},
		{name: "another code", back: func(q url.Values) { q.Set("code", "autre") }},
		{name: "no code", back: func(q url.Values) { q.Del("code") }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fake := oidctest.ProConnect(t, base)
			fake.Mail = "alix.martin@bondy.example"
			if c.lie != nil {
				c.lie(fake)
			}
			p := provider(t, fake.URL, oidc.ProConnect)
			to, flow, err := p.Begin()
			if err != nil {
				t.Fatal(err)
			}
			answer := oidctest.Visit(t, to).Query()
			if c.back != nil {
				c.back(answer)
			}
			if got, err := p.Finish(t.Context(), flow, answer); !errors.Is(err, oidc.ErrInvalid) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestRefusalsAndOutages(t *testing.T) {
	t.Parallel()
	fake := oidctest.ProConnect(t, base)
	p := provider(t, fake.URL, oidc.ProConnect)
	_, flow, err := p.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Finish(t.Context(), flow, url.Values{"state": {flow.State}, "error": {"access_denied"}}); !errors.Is(err, oidc.ErrDenied) {
		t.Errorf("denied: %v", err)
	}
	if _, _, err := provider(t, "http://127.0.0.1:1", oidc.Generic).Begin(); !errors.Is(err, oidc.ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
	for _, s := range []oidc.Settings{
		{Issuer: "http://sso.ville.fr", Client: "c", Secret: "s", Kind: oidc.Generic, Base: base},
		{Issuer: "https://sso.ville.fr", Client: "c", Kind: oidc.Generic, Base: base},
		{Issuer: "https://sso.ville.fr", Client: "c", Secret: "s", Kind: "saml", Base: base},
		{Issuer: "https://sso.ville.fr", Client: "c", Secret: "s", Kind: oidc.Generic},
	} {
		if _, err := oidc.New(s); err == nil {
			t.Errorf("accepted %+v", s)
		}
	}
}
