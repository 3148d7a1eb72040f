// SPDX-License-Identifier: EUPL-1.2

// Package oidc lets an OpenID Connect provider vouch for people: a generic one, such as a
// Keycloak, or ProConnect, the State's federation for people at work.
//
// It follows OpenID Connect Core 1.0, RFC 7636 (PKCE) and RFC 9207 (issuer in the answer), and,
// for ProConnect, its documentation for service providers, which differs in this:
//
//   - an authorization parameter that it does not list is refused (Y000400), so no PKCE; state and
//     nonce of 32 characters at least stand in its place;
//   - what it says of the person is a signed JWT, checked like an identity token;
//   - the second factor is only told when the claim amr is asked for;
//   - logging out needs id_token_hint, state and post_logout_redirect_uri, all three.
//
// An account is known by issuer and subject, never by its address. What a provider says of
// somebody's organisation (siret) is not even asked for: rights come from the directory alone.
package oidc

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Kind is which rules a provider follows.
type Kind string

// The kinds of providers.
const (
	Generic    Kind = "oidc"
	ProConnect Kind = "proconnect"
)

// Settings are where the provider is and how it knows this service.
type Settings struct {
	Issuer string // address of its discovery document, without /.well-known/…
	Client string
	Secret string
	Kind   Kind
	Label  string // what the button says: "ProConnect"
	Base   string // public address of this service
	// Now is the clock, time.Now when nil. Client is asked with HTTP, a client with a deadline when nil.
	Now  func() time.Time
	HTTP *http.Client
}

// Paths of this service that a provider sends people back to, to be declared there.
const (
	ReturnPath = "/connexion/fournisseur/retour"
	LogoutPath = "/connexion/fournisseur/sortie"
)

// What callers tell apart, by errors.Is.
var (
	// ErrUnavailable: the provider does not answer as it should; later may be better.
	ErrUnavailable = errors.New("le fournisseur d'identité ne répond pas")
	// ErrDenied: the person, or the provider, said no.
	ErrDenied = errors.New("le fournisseur d'identité a refusé")
	// ErrInvalid: what came back cannot be believed.
	ErrInvalid = errors.New("la réponse du fournisseur d'identité n'est pas valable")
)

// algorithms are the signatures believed, whatever a document says: neither none nor shared secrets.
var algorithms = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// Provider is one. Its discovery document is read when it is first needed, and again until it
// could be: the service starts without it.
type Provider struct {
	set Settings
	mu  sync.Mutex
	met *met
	// After a failure nobody asks again for a moment: those who wait do not wait one after the other.
	failed error
	again  time.Time
}

// rest is that moment.
const rest = 15 * time.Second

// met is what discovery taught.
type met struct {
	provider *oidc.Provider
	oauth    oauth2.Config
	end      string // where one logs out, "" when it does not say
	names    bool   // its answers name their issuer (RFC 9207)
}

// New checks the settings; the errors are in French.
func New(s Settings) (*Provider, error) {
	u, err := url.Parse(s.Issuer)
	local := err == nil && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != "http" || !local):
		return nil, fmt.Errorf("oidc_emetteur : « %s » n'est pas une adresse https://", s.Issuer)
	case s.Client == "" || s.Secret == "":
		return nil, errors.New("oidc_client et oidc_secret : donnez l'identifiant et le secret que le fournisseur a remis")
	case s.Base == "":
		return nil, errors.New("base_url : un fournisseur d'identité demande l'adresse publique du service")
	case s.Kind != Generic && s.Kind != ProConnect:
		return nil, fmt.Errorf("oidc_genre : « %s » n'est ni oidc ni proconnect", s.Kind)
	}
	if s.Label == "" {
		s.Label = map[Kind]string{Generic: "votre compte professionnel", ProConnect: "ProConnect"}[s.Kind]
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.HTTP == nil {
		s.HTTP = &http.Client{Timeout: 10 * time.Second}
	}
	return &Provider{set: s}, nil
}

// Name is what the button says.
func (p *Provider) Name() string { return p.set.Label }

// Vouches says that the provider is one whose addresses are checked by those who keep the accounts.
func (p *Provider) Vouches() bool { return p.set.Kind == ProConnect }

// client makes ctx ask with our client, deadline included.
func (p *Provider) client(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.set.HTTP)
}

// meet reads the discovery document once.
func (p *Provider) meet() (*met, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.met != nil {
		return p.met, nil
	}
	if p.failed != nil && p.set.Now().Before(p.again) {
		return nil, p.failed
	}
	m, err := p.discover()
	if err != nil {
		p.failed, p.again = fmt.Errorf("%w: %w", ErrUnavailable, err), p.set.Now().Add(rest)
		return nil, p.failed
	}
	p.met, p.failed = m, nil
	return m, nil
}

func (p *Provider) discover() (*met, error) {
	found, err := oidc.NewProvider(p.client(context.Background()), p.set.Issuer) // its keys outlive this request
	if err != nil {
		return nil, err
	}
	var more struct {
		End     string   `json:"end_session_endpoint"`
		Names   bool     `json:"authorization_response_iss_parameter_supported"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, err
	}
	m := &met{provider: found, end: more.End, names: more.Names, oauth: oauth2.Config{ClientID: p.set.Client, ClientSecret: p.set.Secret,
		Endpoint: found.Endpoint(), RedirectURL: p.set.Base + ReturnPath, Scopes: []string{oidc.ScopeOpenID, "email", "profile"}}}
	m.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if p.set.Kind == ProConnect {
		m.oauth.Scopes = []string{oidc.ScopeOpenID, "given_name", "usual_name", "email"}
	}
	if p.set.Kind == ProConnect || len(more.Methods) > 0 && !slices.Contains(more.Methods, "client_secret_basic") {
		m.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return m, nil
}

// Flow is what must be remembered between the way out and the way back.
type Flow struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier,omitempty"` // of PKCE, "" without
}

// Begin makes the address to send somebody to.
func (p *Provider) Begin() (to string, f Flow, err error) {
	m, err := p.meet()
	if err != nil {
		return "", f, err
	}
	f = Flow{State: rand.Text() + rand.Text(), Nonce: rand.Text() + rand.Text()}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce)}
	if p.set.Kind == ProConnect {
		options = append(options, oauth2.SetAuthURLParam("claims", `{"id_token":{"amr":{"essential":true}}}`))
	} else {
		f.Verifier = oauth2.GenerateVerifier()
		options = append(options, oauth2.S256ChallengeOption(f.Verifier))
	}
	return m.oauth.AuthCodeURL(f.State, options...), f, nil
}

// Logout is where to send somebody who leaves, so that the provider's session ends too; ok is false
// when the provider has no such place.
func (p *Provider) Logout(idToken, state string) (to string, ok bool) {
	m, err := p.meet()
	if err != nil || m.end == "" || idToken == "" {
		return "", false
	}
	glue := "?"
	if strings.Contains(m.end, "?") {
		glue = "&"
	}
	return m.end + glue + url.Values{"id_token_hint": {idToken}, "state": {state}, "post_logout_redirect_uri": {p.set.Base + LogoutPath}}.Encode(), true
}
