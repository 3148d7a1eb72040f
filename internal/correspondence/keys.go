// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"maillage/internal/platform/mail"
)

// Topic is what somebody may unsubscribe from.
type Topic string

// The topics. What is necessary (a convocation, an answer, a code) has none.
const (
	Digests Topic = "resume"
	Letters Topic = "lettre"
)

// label is the topic in a sentence: "vous ne recevrez plus …".
func (t Topic) label() string {
	if t == Letters {
		return "les lettres d'information"
	}
	return "le résumé des nouvelles"
}

// keys make and read the tokens of unsubscription. A token is the topic and the address,
// encrypted: the same ones always give the same token, which never expires, and nobody else can
// read or make one.
type keys struct {
	seal        cipher.AEAD
	nonce, mark []byte
}

var errToken = errors.New("jeton illisible")

func newKeys(secret []byte) (keys, error) {
	part := func(name string) ([]byte, error) {
		return hkdf.Key(sha256.New, secret, nil, "maillage/correspondence/"+name, 32)
	}
	enc, err := part("seal")
	if err != nil {
		return keys{}, err
	}
	block, err := aes.NewCipher(enc)
	if err != nil {
		return keys{}, err
	}
	var k keys
	if k.seal, err = cipher.NewGCM(block); err != nil {
		return keys{}, err
	}
	if k.nonce, err = part("nonce"); err != nil {
		return keys{}, err
	}
	k.mark, err = part("mark")
	return k, err
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// padTo hides how long an address is.
const padTo = 48

// token seals a topic and an address. The nonce is drawn from them, so that it never serves twice
// for two texts.
func (k keys) token(t Topic, addr string) string {
	text := string(t) + "\n" + addr
	text += strings.Repeat(" ", (padTo-len(text)%padTo)%padTo)
	nonce := sum(k.nonce, text)[:k.seal.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(k.seal.Seal(nonce, nonce, []byte(text), nil))
}

// read opens a token; errToken when it was not made here.
func (k keys) read(token string) (Topic, string, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < k.seal.NonceSize() {
		return "", "", errToken
	}
	text, err := k.seal.Open(nil, b[:k.seal.NonceSize()], b[k.seal.NonceSize():], nil)
	if err != nil {
		return "", "", errToken
	}
	topic, addr, _ := strings.Cut(strings.TrimRight(string(text), " "), "\n")
	if _, err := mail.ParseAddress(addr); err != nil {
		return "", "", errToken
	}
	return Topic(topic), addr, nil
}

// fingerprint stands for an address where it is not to be read.
func (k keys) fingerprint(addr string) string {
	return hex.EncodeToString(sum(k.mark, strings.ToLower(addr)))
}
