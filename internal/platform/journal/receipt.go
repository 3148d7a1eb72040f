// SPDX-License-Identifier: EUPL-1.2

package journal

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
)

// Receipt shows, without any network, that a leaf is in a tree that was signed.
type Receipt struct {
	Leaf       *Leaf
	Text       []byte // the leaf's canonical JSON: what was hashed
	Index      int64
	Proof      tlog.RecordProof
	Checkpoint string    // the signed note
	Key        PublicKey // whose signature it is said to bear

	signed *Checkpoint // set once verified
}

const (
	receiptFormat = "maillage-recu/1"
	// maxReceipt bounds a receipt, in bytes: a leaf, sixty hashes, a note.
	maxReceipt = maxLeaf + 16<<10
)

// ErrReceipt: a receipt cannot be read, or proves nothing.
var ErrReceipt = errors.New("reçu refusé")

// Receipt is the receipt of a committed act under the newest checkpoint.
func (j *Journal) Receipt(ctx context.Context, id string) (*Receipt, error) {
	e, err := j.Act(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &Receipt{Leaf: e.Leaf, Text: []byte(e.Text), Index: e.Index}
	err = j.db.View(ctx, func(tx *sql.Tx) error {
		c, err := j.last(ctx, tx)
		if err != nil {
			return err
		}
		if c == nil || c.Size <= e.Index {
			return ErrUnsigned
		}
		for _, k := range j.keys() {
			if k.ID() == c.Key {
				r.Key = k
			}
		}
		r.Checkpoint = c.Note
		r.Proof, err = tlog.ProveRecord(c.Size, e.Index, stored(ctx, tx))
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := VerifyReceipt(r, r.Key); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrAltered, err)
	}
	return r, nil
}

// Marshal writes the receipt: canonical JSON and a line feed.
func (r *Receipt) Marshal() ([]byte, error) {
	leaf, err := ParseCanonical(r.Text)
	if err != nil {
		return nil, err
	}
	proof := make([]string, len(r.Proof))
	for i, h := range r.Proof {
		proof[i] = h.String()
	}
	data, err := Canonical(map[string]any{
		"format":            receiptFormat,
		"feuille":           leaf,
		"numéro":            r.Index,
		"preuve":            proof,
		"point de contrôle": r.Checkpoint,
		"clé":               string(r.Key),
	})
	return append(data, '\n'), err
}

// ParseReceipt reads a receipt, strictly: one spelling only. It checks no proof: see
// [VerifyReceipt].
func ParseReceipt(data []byte) (*Receipt, error) {
	if len(data) > maxReceipt {
		return nil, fmt.Errorf("%w : ce fichier est trop gros pour un reçu", ErrReceipt)
	}
	v, err := ParseCanonical(bytes.TrimSuffix(data, []byte("\n")))
	if err != nil {
		return nil, fmt.Errorf("%w : ce n'est pas un reçu, ou il a été modifié ; il faut le fichier tel qu'il a été téléchargé, sans y changer même un espace", ErrReceipt)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w : ce n'est pas un reçu", ErrReceipt)
	}
	r, err := receiptOf(object)
	if err != nil {
		return nil, fmt.Errorf("%w : %w", ErrReceipt, err)
	}
	return r, nil
}

func receiptOf(object map[string]any) (*Receipt, error) {
	m := reader{object: object, known: 6}
	if format := m.text("format"); m.err == nil && format != receiptFormat {
		return nil, fmt.Errorf("il est au format %q et ce programme connaît %s", format, receiptFormat)
	}
	r := &Receipt{Index: m.integer("numéro"), Checkpoint: m.text("point de contrôle")}
	for _, p := range m.list("preuve") {
		h, ok := strictHash(p)
		if !ok {
			m.fail("preuve")
		}
		r.Proof = append(r.Proof, h)
	}
	key, leaf := m.text("clé"), m.members("feuille")
	err := m.end()
	if err != nil {
		return nil, err
	}
	if r.Key, err = ParsePublicKey(key); err != nil {
		return nil, err
	}
	if string(r.Key) != key {
		return nil, errors.New("sa clé est entourée de blancs")
	}
	if r.Leaf, err = leafOf(leaf); err != nil {
		return nil, err
	}
	r.Text, err = Canonical(leaf)
	return r, err
}

// strictHash reads base64 whose unused bits are zero, so that one hash has one spelling.
func strictHash(v any) (h tlog.Hash, ok bool) {
	s, isText := v.(string)
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if !isText || err != nil || len(raw) != tlog.HashSize || base64.StdEncoding.EncodeToString(raw) != s {
		return h, false
	}
	return tlog.Hash(raw), true
}

// VerifyReceipt checks that the receipt proves its leaf under the signature of key, which
// must come from elsewhere than the receipt: the site's page, the data folder. Its error
// says in French what fails.
func VerifyReceipt(r *Receipt, key PublicKey) error {
	if r.Key != key {
		return fmt.Errorf("%w : il est signé par la clé %q et vous faites confiance à la clé %q", ErrReceipt, r.Key.ID(), key.ID())
	}
	c, err := ParseCheckpoint(r.Checkpoint, key)
	if err != nil {
		return fmt.Errorf("%w : %w", ErrReceipt, err)
	}
	if r.Index < 0 || r.Index >= c.Size {
		return fmt.Errorf("%w : la feuille n° %d n'existe pas dans un arbre de %d feuilles", ErrReceipt, Ordinal(r.Index), c.Size)
	}
	if tlog.CheckRecord(r.Proof, c.Size, c.Root, r.Index, tlog.RecordHash(r.Text)) != nil {
		return fmt.Errorf("%w : l'acte, son numéro ou sa preuve ont été modifiés ; ils ne mènent pas à la racine signée", ErrReceipt)
	}
	r.signed = c
	return nil
}

// Signed is the checkpoint of a receipt that [VerifyReceipt] accepted, nil before.
func (r *Receipt) Signed() *Checkpoint { return r.signed }

// Explain says in French what a receipt that [VerifyReceipt] accepted proves, and what it
// does not, in the words of the act's kind; its zero value when the kind is not known.
func (r *Receipt) Explain(k Kind) string {
	c, l := r.signed, r.Leaf
	if c == nil {
		return "Ce reçu n'a pas été vérifié : il ne prouve rien.\n"
	}
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			fmt.Fprintf(&b, "  %-12s %s\n", name, value)
		}
	}
	b.WriteString("Reçu authentique.\n\n")
	line("Acte", cmp.Or(k.Label, l.Kind))
	line("Identifiant", l.ID)
	line("Date", instant(l.At))
	line("Territoire", l.Holder)
	line("Au titre de", l.Hat)
	line("Objet", k.SubjectText(l.Subject))
	for _, d := range l.Documents {
		line("Document", "SHA-256 "+d)
	}
	line("Journal", c.Name+", acte n° "+french.Int(int(Ordinal(r.Index))))
	fmt.Fprintf(&b, "\nCe qu'il prouve : cet acte, tel qu'il est écrit dans ce reçu, figure au journal « %s ».\n", c.Name)
	fmt.Fprintf(&b, "La clé %s a signé le %s un état du journal (point de contrôle n° %d, %s) qui le contient.\n",
		c.Key, instant(c.At), Ordinal(c.Seq), french.Plural(int(c.Size), "acte", "actes"))
	b.WriteString("Changer l'acte, sa place ou un acte antérieur donnerait une autre racine, que cette signature ne couvre pas.\n")
	if n := len(l.Commitments()); n > 0 {
		fmt.Fprintf(&b, "%s par un scellé : le reçu ne les dit pas, et reste valable si elles sont effacées.\n",
			french.Plural(n, "donnée personnelle y est remplacée", "données personnelles y sont remplacées"))
	}
	b.WriteString("\nCe qu'il ne prouve pas : que le contenu de l'acte est exact, ni que l'heure du serveur était juste.\n")
	return b.String()
}

func instant(t time.Time) string {
	return clock.On(t).French() + t.In(clock.Paris).Format(" à 15 h 04 min 05 s")
}
