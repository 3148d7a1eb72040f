// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// sealer keeps the secrets of authenticators unreadable to who has the database or a backup
// alone. Without a key, which is a setting, they are kept as they are: the service says so.
type sealer struct{ key []byte }

// newSealer takes a key of any form, at least 32 characters; "" for none.
func newSealer(key string) sealer {
	if key == "" {
		return sealer{}
	}
	sum := sha256.Sum256([]byte("maillage, secrets de connexion\x00" + key))
	return sealer{sum[:]}
}

var errSealed = errors.New("secret illisible : la clé du service (MAILLAGE_CLE) manque ou a changé")

func (s sealer) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal writes a secret for a person: another's row does not open with it.
func (s sealer) seal(person, secret string) (string, error) {
	if s.key == nil {
		return "clair:" + secret, nil
	}
	a, err := s.aead()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, a.NonceSize())
	_, _ = rand.Read(nonce) // never fails, see crypto/rand
	return "aes:" + base64.RawStdEncoding.EncodeToString(a.Seal(nonce, nonce, []byte(secret), []byte(person))), nil
}

// open reads what seal wrote, with or without a key.
func (s sealer) open(person, sealed string) (string, error) {
	if plain, ok := strings.CutPrefix(sealed, "clair:"); ok {
		return plain, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, "aes:"))
	if err != nil || s.key == nil {
		return "", errSealed
	}
	a, err := s.aead()
	if err != nil {
		return "", err
	}
	if len(raw) < a.NonceSize() {
		return "", errSealed
	}
	plain, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(person))
	if err != nil {
		return "", errSealed
	}
	return string(plain), nil
}
