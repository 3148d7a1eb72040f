// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/db"
)

// Checkpoint states the size and the root of the tree at an instant. Its signed text has
// the form of a tlog-checkpoint (name, size, root) with two lines more: its number, from
// 0 without a hole, and its instant.
type Checkpoint struct {
	Name string // of the journal
	Size int64  // leaves
	Root tlog.Hash
	Seq  int64
	At   time.Time
	Key  string // name+hash of the key that signed
	Note string // the signed note, to publish as it is
}

// ErrCheckpoint: a checkpoint cannot be read, or its signature is not that of the key.
var ErrCheckpoint = errors.New("point de contrôle refusé")

// ErrStranger: a checkpoint is signed by a key that was not given.
var ErrStranger = errors.New("une clé que vous n'avez pas donnée")

func (c *Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\nnuméro %d\ndate %s\n", c.Name, c.Size, c.Root, c.Seq, db.Instant(c.At))
}

// sign fills Name, Key and Note.
func (c *Checkpoint) sign(k *Key) error {
	c.Name, c.Key = k.public.Name(), k.public.ID()
	signed, err := note.Sign(&note.Note{Text: c.text()}, k.signer)
	c.Note = string(signed)
	return err
}

// ParseCheckpoint reads a signed note and checks that one of the keys signed it. It reads
// one spelling only: one signature, and each byte as [Journal.Checkpoint] writes it.
func ParseCheckpoint(text string, keys ...PublicKey) (*Checkpoint, error) {
	body, key, err := splitNote(text)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		if k.ID() != key {
			continue
		}
		v, err := k.verifier()
		if err != nil {
			return nil, err
		}
		if _, err := note.Open([]byte(text), note.VerifierList(v)); err != nil {
			return nil, fmt.Errorf("%w : sa signature n'est pas celle de la clé %s ; il a été modifié ou n'a pas été signé par elle", ErrCheckpoint, key)
		}
		c, err := parseBody(body)
		if err != nil {
			return nil, err
		}
		if c.Name != k.Name() {
			return nil, fmt.Errorf("%w : il parle du journal %q et la clé est celle de %q", ErrCheckpoint, c.Name, k.Name())
		}
		c.Key, c.Note = key, text
		return c, nil
	}
	return nil, fmt.Errorf("%w : il est signé par %w, %q", ErrCheckpoint, ErrStranger, key)
}

// splitNote finds the signed text and the name+hash of its only signature. base64 leaves
// two bits unused at the end of a signature of 68 bytes: only zeros are taken, so that
// no byte of a note can change without being noticed.
func splitNote(text string) (body, key string, err error) {
	bad := fmt.Errorf("%w : ce n'est pas une note signée", ErrCheckpoint)
	body, signature, ok := strings.Cut(text, "\n\n")
	if !ok {
		return "", "", bad
	}
	rest, dash := strings.CutPrefix(signature, "— ")
	rest, newline := strings.CutSuffix(rest, "\n")
	name, code, space := strings.Cut(rest, " ")
	raw, err := base64.StdEncoding.Strict().DecodeString(code)
	if !dash || !newline || !space || strings.ContainsAny(code, "\r\n") || err != nil || len(raw) < 4 {
		return "", "", bad
	}
	return body + "\n", fmt.Sprintf("%s+%08x", name, binary.BigEndian.Uint32(raw)), nil
}

func parseBody(body string) (*Checkpoint, error) {
	bad := fmt.Errorf("%w : son texte n'a pas la forme attendue", ErrCheckpoint)
	lines := strings.Split(body, "\n")
	if len(lines) != 6 {
		return nil, bad
	}
	c := &Checkpoint{Name: lines[0]}
	var err1, err2, err3, err4 error
	c.Size, err1 = strconv.ParseInt(lines[1], 10, 64)
	c.Root, err2 = tlog.ParseHash(lines[2])
	c.Seq, err3 = strconv.ParseInt(strings.TrimPrefix(lines[3], "numéro "), 10, 64)
	c.At, err4 = db.ParseInstant(strings.TrimPrefix(lines[4], "date "))
	if errors.Join(err1, err2, err3, err4) != nil || c.Size < 1 || c.Seq < 0 || c.text() != body {
		return nil, bad
	}
	return c, nil
}

// ErrForked: two histories of the same journal, which cannot both be the continuation of
// one another. One of them replaced acts that had been signed.
var ErrForked = errors.New("le journal a deux histoires")

// Consistent checks with a proof from [Journal.Consistency] that newer continues older:
// the same leaves, then others. Both must come from [ParseCheckpoint].
func Consistent(older, newer *Checkpoint, proof tlog.TreeProof) error {
	forked := fmt.Errorf("%w : le point de contrôle n° %d (%d feuilles) ne continue pas le n° %d (%d feuilles)", ErrForked, Ordinal(newer.Seq), newer.Size, Ordinal(older.Seq), older.Size)
	if older.Name != newer.Name {
		return fmt.Errorf("%w : ces points de contrôle sont de deux journaux, « %s » et « %s »", ErrCheckpoint, older.Name, newer.Name)
	}
	if older.Size > newer.Size {
		return fmt.Errorf("%w : le plus ancien est le plus grand (%d et %d feuilles) ; échangez-les", ErrCheckpoint, older.Size, newer.Size)
	}
	if tlog.CheckTree(proof, newer.Size, newer.Root, older.Size, older.Root) != nil {
		return forked
	}
	return nil
}
