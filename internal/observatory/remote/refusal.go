// SPDX-License-Identifier: EUPL-1.2

package remote

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"maillage/internal/platform/french"
)

// ErrRemote says that a data set could not be fetched; the text is a French sentence for
// people, without capital or full stop, with its remedy.
var ErrRemote = errors.New("données non récupérées à la source")

// refusal is a sentence for people.
type refusal struct {
	text  string
	cause error
}

func (e *refusal) Error() string   { return e.text }
func (e *refusal) Unwrap() []error { return []error{ErrRemote, e.cause} }

func refuse(format string, args ...any) error { return &refusal{fmt.Sprintf(format, args...), nil} }

func refuseBecause(cause error, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), cause}
}

// passing is an error that may pass: the request is made again, after the wait that the server
// asks for when it does.
type passing struct {
	error
	wait time.Duration
}

func (e *passing) Unwrap() error { return e.error }

func (e *passing) Is(target error) bool { return errors.Is(e.error, target) }

var errElsewhere = errors.New("redirect to another host")

// byHand is what a person can always do.
const byHand = "téléchargez le fichier depuis un autre poste et déposez-le ici"

// explain says why nothing came, or not all.
func explain(err error, host string) error {
	var dns *net.DNSError
	var dial *net.OpError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errElsewhere):
		return refuseBecause(err, "le service %s renvoie vers un autre site, ce que Maillage refuse par sécurité : un filtre du réseau intercepte peut-être la demande ; %s", host, byHand)
	case errors.As(err, &certificate):
		return refuseBecause(err, "l'identité de %s n'a pas pu être vérifiée (certificat) : un filtre du réseau intercepte peut-être la demande ; %s", host, byHand)
	case errors.As(err, &dns), errors.As(err, &dial) && (dial.Op == "dial" || dial.Op == "proxyconnect"):
		return refuseBecause(err, "ce serveur n'a pas accès à internet, ou %s ne répond pas : %s", host, byHand)
	}
	return &passing{error: refuseBecause(err, "le service %s n'a pas répondu ou la connexion s'est coupée : réessayez plus tard, ou %s", host, byHand)}
}

// said is what a server says of its refusal, short and printable, between quotes with a
// space before; empty when it is a page or nothing.
func said(body []byte) string {
	text := string(body)
	var told struct {
		Message string `json:"message"`
		Error   string `json:"error"`
		Code    string `json:"error_code"`
	}
	if json.Unmarshal(body, &told) == nil {
		text = strings.TrimSpace(told.Message)
		if text == "" {
			text = strings.TrimSpace(told.Error + " " + told.Code)
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" || strings.ContainsAny(text, "<{") || !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return ""
	}
	if r := []rune(text); len(r) > 200 {
		text = string(r[:199]) + "…"
	}
	return " « " + text + " »"
}

// lasting is a wait in words.
func lasting(d time.Duration) string {
	if d < 90*time.Second {
		return french.Plural(int((d+time.Second-1)/time.Second), "seconde", "secondes")
	}
	return french.Plural(int((d+time.Minute-1)/time.Minute), "minute", "minutes")
}
