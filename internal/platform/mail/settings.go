// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Encryption is how a session with the server is protected.
type Encryption string

// The ways to protect a session. In each of the first two the certificate is verified.
const (
	StartTLS Encryption = "starttls" // asked for before anything is said, or nothing is sent
	Implicit Encryption = "tls"      // from the first byte
	Plain    Encryption = "sans"     // on the machine itself only
)

// SMTP is a mail server and how to speak to it: a [Transport]. The password is not among its
// exported fields, and printing it in any way does not show it.
type SMTP struct {
	Host       string
	Port       int
	Encryption Encryption
	User       string        // empty: no authentication
	Hello      string        // the name we give in EHLO
	Timeout    time.Duration // for each step before the text
	PerMinute  int           // 0: the default of [Pace]
	From       Address

	password string
	roots    *x509.CertPool // nil: those of the system
}

// parameters are what the query of the address may hold.
var parameters = []string{"chiffrement", "expediteur", "nom", "debit", "delai", "autorite", "helo"}

// ParseURL reads the address of a mail server:
//
//	smtp://user:password@host:587?expediteur=ne-pas-repondre@ville.fr&nom=Comité
//
// smtp is STARTTLS (port 587), smtps is TLS from the first byte (port 465). Parameters:
// expediteur (address) and nom, who writes; chiffrement=sans, on the machine itself only; debit,
// messages a minute; delai, patience for each step before the text ("30s"); autorite, a PEM file of the
// certificates to trust in place of the system's; helo, our name. Anything else is an error. The
// errors are in French and hold nothing of the password.
func ParseURL(address string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil { // its text quotes the address, password and all
		return nil, errors.New("l'adresse du serveur de courrier est mal formée : écrivez smtp://compte:motdepasse@serveur:587, les caractères : / @ ? # % du mot de passe notés %3A %2F %40 %3F %23 %25")
	}
	s := &SMTP{Host: u.Hostname(), Timeout: 30 * time.Second}
	switch u.Scheme {
	case "smtp":
		s.Encryption, s.Port = StartTLS, 587
	case "smtps":
		s.Encryption, s.Port = Implicit, 465
	default:
		return nil, errors.New("l'adresse du serveur de courrier doit commencer par smtp:// (STARTTLS) ou smtps:// (TLS)")
	}
	if s.Host == "" || u.Opaque != "" || strings.Trim(u.Path, "/") != "" || u.Fragment != "" {
		return nil, errors.New("l'adresse du serveur de courrier doit nommer un serveur, et rien après lui que des réglages : smtp://compte:motdepasse@serveur:587?expediteur=…")
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return nil, fmt.Errorf("port « %s » du serveur de courrier : de 1 à 65535", p)
		}
	}
	if u.User != nil {
		s.User = u.User.Username()
		s.password, _ = u.User.Password()
		if s.User == "" || s.password == "" {
			return nil, errors.New("l'adresse du serveur de courrier donne un compte sans mot de passe, ou l'inverse")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("les réglages après « ? » dans l'adresse du serveur de courrier sont mal formés")
	}
	if err := s.read(query); err != nil {
		return nil, err
	}
	if s.Encryption == Plain && !isLoopback(s.Host) {
		return nil, fmt.Errorf("chiffrement=sans n'est permis que vers la machine elle-même (localhost, 127.0.0.1, ::1), pas vers %s : le courrier y passerait en clair", s.Host)
	}
	if s.Encryption == Plain && s.User != "" {
		return nil, errors.New("chiffrement=sans ne va pas avec un compte : le mot de passe passerait en clair")
	}
	return s, nil
}

func (s *SMTP) read(query url.Values) (err error) {
	for name, values := range query {
		if !slices.Contains(parameters, name) {
			return fmt.Errorf("réglage « %s » inconnu dans l'adresse du serveur de courrier : %s", name, strings.Join(parameters, ", "))
		}
		if len(values) != 1 {
			return fmt.Errorf("réglage « %s » donné %d fois dans l'adresse du serveur de courrier", name, len(values))
		}
		if err := s.set(name, values[0]); err != nil {
			return fmt.Errorf("réglage « %s » du serveur de courrier : %w", name, err)
		}
	}
	if s.From != (Address{}) {
		if err := s.From.check("expéditeur"); err != nil {
			return err
		}
	}
	if s.Hello == "" {
		s.Hello = "localhost"
		if _, domain, ok := strings.Cut(s.From.Addr, "@"); ok {
			s.Hello = domain
		}
	}
	return nil
}

func (s *SMTP) set(name, value string) (err error) {
	switch name {
	case "chiffrement":
		if value != string(Plain) {
			return fmt.Errorf("« %s » : seul « sans » se règle ici ; smtp:// est STARTTLS, smtps:// est TLS", value)
		}
		s.Encryption = Plain
	case "expediteur":
		s.From.Addr, err = ParseAddress(value)
	case "nom":
		s.From.Name = value
	case "debit":
		s.PerMinute, err = strconv.Atoi(value)
		if err != nil || s.PerMinute < 1 || s.PerMinute > 10000 {
			return fmt.Errorf("« %s » : un nombre de courriels par minute, de 1 à 10000", value)
		}
	case "delai":
		s.Timeout, err = time.ParseDuration(value)
		if err != nil || s.Timeout < time.Second || s.Timeout > 5*time.Minute {
			return fmt.Errorf("« %s » : une durée de 1s à 5m", value)
		}
	case "autorite":
		s.roots, err = readRoots(value)
	case "helo":
		if _, err := ParseAddress("postmaster@" + value); err != nil {
			return fmt.Errorf("« %s » n'est pas un nom de domaine", value)
		}
		s.Hello = value
	}
	return err
}

func readRoots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path) // #nosec G304 -- a setting of whoever runs the house
	if err != nil {
		return nil, fmt.Errorf("le fichier des autorités ne se lit pas (%w)", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s ne contient aucun certificat au format PEM", path)
	}
	return pool, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// address is what to dial.
func (s SMTP) address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// String is the server without the password: "smtp://user@host:587".
func (s SMTP) String() string {
	u := url.URL{Scheme: "smtp", Host: s.address()}
	if s.Encryption == Implicit {
		u.Scheme = "smtps"
	}
	if s.User != "" {
		u.User = url.User(s.User)
	}
	return u.String()
}

// Format prints String whatever the verb, %#v too.
func (s SMTP) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, s.String()) }

// LogValue is String: what a log shows.
func (s SMTP) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String, so that no JSON holds more.
func (s SMTP) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
