// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var testKeys, _ = newKeys([]byte("un secret de trente-deux octets."))

// A token gives back its address and topic, always the same, and shows neither.
func TestTokens(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		addr := rapid.StringMatching(`[a-z][a-z0-9+-]{0,20}(\.[a-z0-9]{1,9})?@[a-z]{1,20}\.example`).Draw(rt, "addr")
		topic := rapid.SampledFrom([]Topic{Digests, Letters}).Draw(rt, "topic")
		token := testKeys.token(topic, addr)
		if got, a, err := testKeys.read(token); err != nil || got != topic || a != addr {
			rt.Fatalf("%s %s, %v", got, a, err)
		}
		if token != testKeys.token(topic, addr) {
			rt.Fatal("another token for the same address")
		}
		if raw, _ := base64.RawURLEncoding.DecodeString(token); strings.Contains(string(raw), addr) {
			rt.Fatal("the address can be read")
		}
		i := rapid.IntRange(0, len(token)-1).Draw(rt, "byte")
		other := rapid.SampledFrom([]byte("ABCabc019-_")).Filter(func(b byte) bool { return b != token[i] }).Draw(rt, "other")
		if _, _, err := testKeys.read(token[:i] + string(other) + token[i+1:]); err == nil {
			rt.Fatal("an altered token is taken")
		}
	})
}

func TestTokensOfAnotherService(t *testing.T) {
	t.Parallel()
	other, err := newKeys([]byte("un autre secret, d'un autre site"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.read(testKeys.token(Digests, "zoe@ville.example")); err == nil {
		t.Error("taken")
	}
	short, long := testKeys.token(Digests, "a@b.example"), testKeys.token(Digests, "prenom.nom@ville.example")
	if len(short) != len(long) {
		t.Error("the length of an address can be read")
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(testKeys.token(Digests, "zoe@ville.example"))
	f.Add("")
	f.Add("AAAA")
	f.Fuzz(func(t *testing.T, token string) {
		if topic, addr, err := testKeys.read(token); err == nil && testKeys.token(topic, addr) != token {
			t.Errorf("%q is a second token of %s %s", token, topic, addr)
		}
	})
}

// The secret of a service outlives a restart.
func TestTheSecretStays(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	again, err := Open(context.Background(), h.DB, h.Outbox, h.People, h.Base, h.Now)
	if err != nil || again.keys.token(Digests, "a@b.example") != h.keys.token(Digests, "a@b.example") {
		t.Errorf("another secret, %v", err)
	}
}
