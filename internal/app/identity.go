// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"maillage/internal/platform/history"
	"maillage/internal/platform/web"
	"maillage/internal/signin"
	"maillage/internal/signin/oidc"
)

// Identity is how people prove who they are, besides mail and passkeys.
type Identity struct {
	Issuer string // fournisseur OpenID Connect, "" pour aucun
	Client string
	Secret string
	Kind   string // oidc ou proconnect
	Label  string // ce que dit le bouton
	Link   string // confirmation ou adresse
	Seal   string // clé des secrets des applications de codes
	Relays string // mandataires dont X-Forwarded-For est cru
}

var identityOptions = []option{
	textOption("oidc_emetteur", "fournisseur OpenID Connect : son adresse, sans /.well-known/… ; sans elle, on se connecte par courriel ou par clé d'accès",
		func(c *Config) *string { return &c.Identity.Issuer }),
	textOption("oidc_client", "identifiant de ce service chez le fournisseur", func(c *Config) *string { return &c.Identity.Client }),
	secretOption("oidc_secret", "secret de ce service chez le fournisseur", func(c *Config) *string { return &c.Identity.Secret }),
	textOption("oidc_genre", "oidc (Keycloak et autres) ou proconnect", func(c *Config) *string { return &c.Identity.Kind }),
	textOption("oidc_nom", "ce que dit le bouton, par exemple ProConnect", func(c *Config) *string { return &c.Identity.Label }),
	textOption("oidc_lien", "premier accès par le fournisseur : confirmation (un code est envoyé à l'adresse de l'annuaire) ou adresse (celle que le fournisseur a vérifiée suffit)",
		func(c *Config) *string { return &c.Identity.Link }),
	secretOption("cle", "clé, de 32 caractères au moins, qui chiffre les secrets des applications de codes ; sans elle ils sont en clair dans la base",
		func(c *Config) *string { return &c.Identity.Seal }),
	textOption("relais", "mandataires dont l'en-tête X-Forwarded-For est cru, par exemple 10.0.0.0/8 ; cette machine l'est toujours",
		func(c *Config) *string { return &c.Identity.Relays }),
}

// secretOption is a setting that is never printed.
func secretOption(name, help string, field func(*Config) *string) option {
	o := textOption(name, help, field)
	o.show = func(*Config) string { return "" }
	return o
}

// check says what is wrong in the settings of identity.
func (i Identity) check() error {
	switch {
	case i.Seal != "" && len(i.Seal) < 32:
		return errors.New("cle : 32 caractères au moins, par exemple ce que donne « openssl rand -base64 32 »")
	case i.Link != "confirmation" && i.Link != "adresse":
		return fmt.Errorf("oidc_lien : « %s » n'est ni confirmation ni adresse", i.Link)
	case i.Kind != "oidc" && i.Kind != "proconnect":
		return fmt.Errorf("oidc_genre : « %s » n'est ni oidc ni proconnect", i.Kind)
	case i.Issuer != "" && (i.Client == "" || i.Secret == ""):
		return errors.New("oidc_emetteur : donnez aussi oidc_client et oidc_secret")
	}
	_, err := i.relays()
	return err
}

func (i Identity) relays() (list []netip.Prefix, err error) {
	for text := range strings.FieldsFuncSeq(i.Relays, func(r rune) bool { return r == ',' || r == ' ' }) {
		p, err := netip.ParsePrefix(text)
		if addr, bad := netip.ParseAddr(text); err != nil && bad == nil {
			p, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return nil, fmt.Errorf("relais : « %s » n'est ni une adresse ni un réseau, par exemple 10.0.0.0/8", text)
		}
		list = append(list, p)
	}
	return list, nil
}

// accountKind is what is done to somebody's account, as history knows it.
const accountKind = "signin/compte"

// openIdentity gives the settings of identity to the room that lets people in.
func (a *App) openIdentity() (err error) {
	i, s := a.Config.Identity, a.SignIn
	if s.Relays, err = i.relays(); err != nil {
		return err
	}
	s.Seal(i.Seal)
	s.Log, s.LinkByAddress = a.log, i.Link == "adresse"
	s.Account = []signin.Place{{Label: "Mes données", Href: "/moi/donnees", State: "Ce que le service sait de vous, à emporter"}}
	a.History.Register(history.Kind{Name: accountKind, Label: "Compte", Href: func(id string) string { return "/personnes/" + id }, Access: "connexion.retablir"})
	s.Recorded = func(ctx context.Context, tx *sql.Tx, what, person string) error {
		return a.History.Record(ctx, tx, history.Entry{Subject: accountKind + "/" + person, Label: what, Verb: history.Update,
			Scope: web.Scope{Person: person}, Fields: []history.Field{{Name: "acces", Label: "Accès au compte", After: what}}})
	}
	if i.Issuer == "" {
		return nil
	}
	s.Provider, err = oidc.New(oidc.Settings{Issuer: i.Issuer, Client: i.Client, Secret: i.Secret, Kind: oidc.Kind(i.Kind), Label: i.Label, Base: s.Base})
	if err != nil {
		return fmt.Errorf("oidc_emetteur : %w", err)
	}
	return nil
}
