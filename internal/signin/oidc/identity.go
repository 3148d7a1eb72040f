// SPDX-License-Identifier: EUPL-1.2

package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Identity is who a provider vouches for.
type Identity struct {
	Issuer     string
	Subject    string
	Mail       string
	Verified   bool // the provider says that the address was checked
	TwoFactors bool // two were shown there
	IDToken    string
}

// Finish takes what the provider sent back with somebody. f is what Begin remembered, already matched
// with the browser; it must be used once.
func (p *Provider) Finish(ctx context.Context, f Flow, answer url.Values) (Identity, error) {
	m, err := p.meet()
	if err != nil {
		return Identity{}, err
	}
	if err := p.checkAnswer(m, f, answer); err != nil {
		return Identity{}, err
	}
	ctx = p.client(ctx)
	var options []oauth2.AuthCodeOption
	if f.Verifier != "" {
		options = append(options, oauth2.VerifierOption(f.Verifier))
	}
	token, err := m.oauth.Exchange(ctx, answer.Get("code"), options...)
	if err != nil {
		if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.Response.StatusCode < 500 {
			return Identity{}, fmt.Errorf("%w: %s", ErrInvalid, refused.ErrorCode)
		}
		return Identity{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, claims, err := p.checkToken(ctx, m, raw, f.Nonce, token.AccessToken)
	if err != nil {
		return Identity{}, err
	}
	who := Identity{Issuer: id.Issuer, Subject: id.Subject, Mail: claims.Mail, Verified: bool(claims.Verified), IDToken: raw,
		TwoFactors: twoFactors(p.set.Kind, claims.ACR, claims.AMR)}
	if who.Mail == "" || p.set.Kind == ProConnect {
		info, err := p.userInfo(ctx, m, token)
		if err != nil {
			return Identity{}, err
		}
		if info.Subject != id.Subject { // OpenID Connect Core §5.3.2: a token of somebody else's
			return Identity{}, fmt.Errorf("%w: subject of userinfo", ErrInvalid)
		}
		who.Mail, who.Verified = info.Mail, bool(info.Verified)
	}
	who.Mail = strings.ToLower(strings.TrimSpace(who.Mail))
	return who, nil
}

func (p *Provider) checkAnswer(m *met, f Flow, answer url.Values) error {
	for name, values := range answer {
		if len(values) != 1 {
			return fmt.Errorf("%w: %s given %d times", ErrInvalid, name, len(values))
		}
	}
	switch {
	case f.State == "" || subtle.ConstantTimeCompare([]byte(f.State), []byte(answer.Get("state"))) != 1:
		return fmt.Errorf("%w: state", ErrInvalid)
	case answer.Has("iss") && answer.Get("iss") != p.set.Issuer, m.names && !answer.Has("iss"):
		return fmt.Errorf("%w: issuer of the answer", ErrInvalid)
	case answer.Has("error"):
		return fmt.Errorf("%w: %.80q", ErrDenied, answer.Get("error"))
	case answer.Get("code") == "":
		return fmt.Errorf("%w: no code", ErrInvalid)
	}
	return nil
}

// claims are what is read of a token or of userinfo. The siret is left where it is.
type claims struct {
	Subject  string   `json:"sub"`
	Mail     string   `json:"email"`
	Verified flexible `json:"email_verified"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	Party    string   `json:"azp"`
	Expires  float64  `json:"exp"`
}

// flexible is a boolean that some providers write as text.
type flexible bool

func (b *flexible) UnmarshalJSON(raw []byte) error {
	*b = string(raw) == "true" || string(raw) == `"true"`
	return nil
}

// checkToken checks an identity token: signature, issuer, audience, time, nonce, and that it goes with the access token.
func (p *Provider) checkToken(ctx context.Context, m *met, raw, nonce, access string) (*oidc.IDToken, claims, error) {
	var c claims
	id, err := p.verifier(m, false).Verify(ctx, raw)
	if err != nil {
		return nil, c, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if err := id.Claims(&c); err != nil {
		return nil, c, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	switch {
	case nonce == "" || subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1:
		return nil, c, fmt.Errorf("%w: nonce", ErrInvalid)
	case id.Subject == "" || len(id.Subject) > 255:
		return nil, c, fmt.Errorf("%w: subject", ErrInvalid)
	case c.Party != "" && c.Party != p.set.Client, len(id.Audience) > 1 && c.Party == "":
		return nil, c, fmt.Errorf("%w: authorized party", ErrInvalid)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(access); err != nil {
			return nil, c, fmt.Errorf("%w: %w", ErrInvalid, err)
		}
	}
	return id, c, nil
}

func (p *Provider) verifier(m *met, lasting bool) *oidc.IDTokenVerifier {
	return m.provider.Verifier(&oidc.Config{ClientID: p.set.Client, SupportedSigningAlgs: algorithms, Now: p.set.Now, SkipExpiryCheck: lasting})
}

// maxInfo is the largest answer of userinfo, in bytes.
const maxInfo = 256 << 10

// userInfo asks who the access token is about. A JWT is checked for signature, issuer,
// audience and, when it has one, its end; ProConnect sends nothing else.
func (p *Provider) userInfo(ctx context.Context, m *met, token *oauth2.Token) (claims, error) {
	var c claims
	if m.provider.UserInfoEndpoint() == "" {
		return c, fmt.Errorf("%w: no userinfo endpoint", ErrInvalid)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, m.provider.UserInfoEndpoint(), nil)
	if err != nil {
		return c, err
	}
	token.SetAuthHeader(req)
	res, err := p.set.HTTP.Do(req)
	if err != nil {
		return c, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxInfo))
	if err != nil || res.StatusCode != http.StatusOK {
		return c, fmt.Errorf("%w: userinfo answers %d", ErrUnavailable, res.StatusCode)
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")) // an unknown one is refused below
	switch {
	case kind == "application/jwt":
		info, err := p.verifier(m, true).Verify(ctx, strings.TrimSpace(string(body)))
		if err == nil {
			err = info.Claims(&c)
		}
		if err != nil {
			return c, fmt.Errorf("%w: userinfo: %w", ErrInvalid, err)
		}
		if c.Expires > 0 && float64(p.set.Now().Unix()) > c.Expires {
			return c, fmt.Errorf("%w: userinfo has expired", ErrInvalid)
		}
		return c, nil
	case kind == "application/json" && p.set.Kind != ProConnect:
		if err := json.Unmarshal(body, &c); err != nil {
			return c, fmt.Errorf("%w: userinfo: %w", ErrInvalid, err)
		}
		return c, nil
	}
	return c, fmt.Errorf("%w: userinfo of type %.60q", ErrInvalid, kind)
}

// twoFactors reads RFC 8176's amr, and ProConnect's levels.
func twoFactors(k Kind, acr string, amr []string) bool {
	if slices.Contains(amr, "mfa") {
		return true
	}
	return k == ProConnect && (acr == "eidas2" || acr == "eidas3" || strings.HasPrefix(acr, "https://proconnect.gouv.fr/assurance/") && strings.HasSuffix(acr, "-2fa"))
}
