// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

// maxSent bounds what the form takes, in bytes: a receipt is far smaller, and one that is
// somewhat too large gets an answer in the form.
const maxSent = 1 << 20

// verifyPage is the form, and what it answered.
type verifyPage struct {
	web.Page
	Fields  []web.Field
	Verdict *verdict
	Key     journal.PublicKey
}

// verdict is what a receipt proves.
type verdict struct {
	Facts     []web.Fact
	Documents []string
	Proves    []string
	Limits    []string
}

var verifyTemplate = web.NewTemplate[verifyPage](pageFiles, "pages/verify.html")

func (r *Room) verifyForm(w http.ResponseWriter, req *http.Request) error {
	return r.showVerify(w, req, http.StatusOK, nil, nil, web.Notice{})
}

func (r *Room) showVerify(w http.ResponseWriter, req *http.Request, status int, form *web.Form, v *verdict, n web.Notice) error {
	p := verifyPage{Verdict: v, Key: r.Journal.Key(), Page: web.Page{Title: "Vérifier un reçu", Nav: section,
		Lead:        "Déposez le reçu d'un acte officiel : cette page dit s'il est authentique, et ce qu'il prouve.",
		Description: "Vérifier le reçu d'un acte officiel inscrit au journal de ce service.",
		Crumbs:      []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Journal des actes officiels", Href: "/actes"}}}}
	if n.Title != "" {
		p.Notices = []web.Notice{n}
	}
	file := web.Field{Name: "recu", Label: "Fichier du reçu", Type: "file", Accept: ".json,application/json", Hint: "Le fichier recu.json, tel qu'il a été téléchargé."}
	text := web.Field{Name: "texte", Label: "Ou son contenu, collé ici", Type: "textarea"}
	if v == nil {
		file, text = form.Field(file), form.Field(text)
	}
	p.Fields = []web.Field{file, text}
	w.Header().Set("Cache-Control", "no-store") // nothing of what was sent is kept
	return verifyTemplate.Render(w, req, status, p)
}

func (r *Room) verify(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"texte"}, Files: []string{"recu"}, MaxText: maxSent, MaxParts: 4})
	if err != nil {
		return err
	}
	defer form.Close()
	data, err := sent(form)
	if err != nil {
		return err
	}
	if !form.Valid() {
		return r.showVerify(w, req, http.StatusUnprocessableEntity, form, nil, web.Notice{Kind: web.Danger, Title: "Il manque le reçu", Text: "Rien n'a été vérifié."})
	}
	receipt, err := journal.VerifyText(data, r.Journal.Keys()...)
	if err != nil {
		n, err := r.refusal(req.Context(), receipt, err)
		if err != nil {
			return err
		}
		return r.showVerify(w, req, http.StatusUnprocessableEntity, form, nil, n)
	}
	v := r.verdict(receipt)
	n, err := r.acceptance(req.Context(), receipt)
	if err != nil {
		return err
	}
	return r.showVerify(w, req, http.StatusOK, form, &v, n)
}

// sent is the receipt of the form, from one of its two fields.
func sent(form *web.Form) ([]byte, error) {
	up, text := form.Files["recu"], form.Text("texte")
	switch {
	case up != nil && text != "":
		form.Fail("texte", "Un fichier est joint aussi : gardez l'un ou l'autre.")
	case up != nil && up.Size > journal.MaxReceipt, len(text) > journal.MaxReceipt:
		return make([]byte, journal.MaxReceipt+1), nil // refused as too large, in the same words
	case up != nil:
		return os.ReadFile(filepath.Clean(up.Path)) // #nosec G703 -- the server's own temporary name
	case text == "":
		form.Fail("recu", "Choisissez le fichier du reçu, ou collez son contenu ci-dessous.")
	}
	return []byte(text), nil
}

// refusal says why a receipt proves nothing, and what in it differs from the act of the
// same number in this journal.
func (r *Room) refusal(ctx context.Context, receipt *journal.Receipt, why error) (web.Notice, error) {
	n := web.Notice{Kind: web.Danger, Title: "Ce reçu ne prouve rien", Text: sentence(why)}
	if receipt == nil {
		return n, nil
	}
	if name := receipt.Key.Name(); name != r.Journal.Key().Name() {
		n.Text = "Il vient d'un autre journal, « " + name + " ». Vérifiez-le sur le site qui l'a remis, ou par la commande maillage verify avec la clé que ce site publie."
		return n, nil
	}
	list, err := r.Journal.Differences(ctx, receipt)
	switch {
	case errors.Is(err, journal.ErrUnknown):
		n.Items = []string{"Aucun acte de ce journal ne porte l'identifiant que ce reçu donne."}
	case err != nil:
		return n, told(err)
	case len(list) > 0:
		n.Items = []string{"Comparé à l'acte de même identifiant, ce qui diffère : " + strings.Join(list, ", ") + "."}
	}
	return n, nil
}

// acceptance says that a receipt is good, and whether this journal still holds what it says.
func (r *Room) acceptance(ctx context.Context, receipt *journal.Receipt) (web.Notice, error) {
	changed := false
	err := r.Journal.Compare(ctx, receipt.Checkpoint)
	if err == nil {
		var list []string
		list, err = r.Journal.Differences(ctx, receipt)
		changed = len(list) > 0
	}
	for _, known := range []error{journal.ErrForked, journal.ErrAltered, journal.ErrUnknown, journal.ErrCheckpoint} {
		if errors.Is(err, known) {
			changed, err = true, nil
		}
	}
	if changed {
		return web.Notice{Kind: web.Warning, Title: "Ce reçu est authentique, mais le journal a changé depuis",
			Text: "Ce que le service a signé alors n'est plus ce que le journal contient. Gardez ce reçu : il fait foi. Prévenez l'administrateur du service."}, nil
	}
	return web.Notice{Kind: web.Success, Title: "Ce reçu est authentique", Text: "L'acte ci-dessous figure au journal de ce service, tel qu'il est écrit dans le reçu."}, err
}

func (r *Room) verdict(receipt *journal.Receipt) verdict {
	l, c := receipt.Leaf, receipt.Signed()
	v := verdict{Facts: append(r.facts(l), web.Fact{Label: "Place au journal", Value: "acte n° " + ordinal(receipt.Index)}), Documents: l.Documents,
		Proves: []string{"Cet acte, tel qu'il est écrit dans le reçu, figure au journal « " + c.Name + " ».",
			"Le service l'a signé le " + instant(c.At) + ", avec les " + french.Int(int(c.Size)) + " premiers actes du journal (point de contrôle n° " + ordinal(c.Seq) + ")."},
		Limits: []string{"Que le contenu de l'acte est exact.", "Que l'heure du serveur était juste."}}
	if c.Size == 1 {
		v.Proves[1] = "Le service l'a signé le " + instant(c.At) + ", comme premier acte du journal (point de contrôle n° " + ordinal(c.Seq) + ")."
	}
	if n := len(l.Commitments()); n > 0 {
		v.Proves = append(v.Proves, french.Plural(n, "donnée personnelle y est remplacée par un scellé", "données personnelles y sont remplacées par un scellé")+
			" : le reçu ne les dit pas, et reste valable si elles sont effacées.")
	}
	return v
}

// facts are what an act says of itself, without its body nor its author.
func (r *Room) facts(l *journal.Leaf) []web.Fact {
	list := []web.Fact{{Label: "Acte", Value: r.label(l.Kind)}, {Label: "Fait le", Value: instant(l.At)}}
	add := func(label, value string) {
		if value != "" {
			list = append(list, web.Fact{Label: label, Value: value})
		}
	}
	add("Territoire", r.holder(l.Holder))
	add("Au titre de", l.Hat)
	add("Objet", r.subject(l))
	add("Identifiant", l.ID)
	return list
}
