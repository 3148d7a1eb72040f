// SPDX-License-Identifier: EUPL-1.2

package acts

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"maillage/internal/platform/db"
	"maillage/internal/platform/french"
	"maillage/internal/platform/journal"
	"maillage/internal/platform/web"
)

// actPage is one act, to read and to print.
type actPage struct {
	web.Page
	Facts     []web.Fact
	Subject   string // local address of the object, "" when there is none
	Body      []web.Fact
	Documents []string
	Proof     []web.Fact // empty until a checkpoint covers the act
	Receipt   string     // its address, "" while there is none
	Leaf      string
}

var actTemplate = web.NewTemplate[actPage](pageFiles, "pages/act.html")

// receiptName is the file of a receipt, under the act's address.
const receiptName = "recu.json"

func (r *Room) act(w http.ResponseWriter, req *http.Request) error {
	e, err := r.Journal.Act(req.Context(), req.PathValue("id"))
	if err != nil {
		return told(err)
	}
	l := e.Leaf
	p := actPage{Facts: r.facts(l), Body: r.bodyFacts(l), Documents: l.Documents, Leaf: e.Text,
		Page: web.Page{Title: r.label(l.Kind), Nav: section, Robots: "noindex", Lead: "Acte n° " + ordinal(e.Index) + " du journal, " + instant(l.At),
			Crumbs: []web.Crumb{{Label: "Accueil", Href: "/"}, {Label: "Journal des actes officiels", Href: "/actes"}, {Label: "Actes inscrits au journal", Href: listPath}}}}
	if k := r.kinds[l.Kind]; k.Href != nil {
		p.Subject = web.SafeLocal(k.Href(l.Subject), "")
	}
	author, err := r.author(req, l)
	if err != nil {
		return err
	}
	p.Facts = append(p.Facts, author)
	receipt, err := r.Journal.Receipt(req.Context(), l.ID)
	switch {
	case errors.Is(err, journal.ErrUnsigned):
	case err != nil:
		return told(err)
	default:
		p.Receipt, p.Proof = Path(l.ID)+"/"+receiptName, proofFacts(receipt)
	}
	w.Header().Set("Cache-Control", "no-store")
	return actTemplate.Render(w, req, http.StatusOK, p)
}

// author says who did the act, to those who may know, as long as it is known.
func (r *Room) author(req *http.Request, l *journal.Leaf) (web.Fact, error) {
	f := web.Fact{Label: "Auteur", Value: "le service lui-même"}
	if l.Actor == "" {
		return f, nil
	}
	if !web.May(req, names, web.Scope{}) {
		f.Value = "non affiché : votre fonction ne lit pas l'annuaire"
		return f, nil
	}
	name, err := r.reveal(req.Context(), l.Actor)
	f.Value = name
	return f, err
}

func (r *Room) reveal(ctx context.Context, commitment string) (string, error) {
	name, err := r.Journal.Reveal(ctx, commitment)
	switch {
	case errors.Is(err, journal.ErrErased):
		return "effacé à la demande de la personne ou au terme de la conservation ; l'acte reste valable", nil
	case errors.Is(err, journal.ErrUnknown), errors.Is(err, journal.ErrAltered):
		return "illisible : ce nom a été modifié hors du service. Lancez la vérification du journal", nil
	case err == nil && name == "":
		return "sans nom enregistré", nil
	}
	return name, err
}

func proofFacts(r *journal.Receipt) []web.Fact {
	c := r.Signed()
	return []web.Fact{{Label: "Place au journal", Value: "acte n° " + ordinal(r.Index)},
		{Label: "Point de contrôle", Value: "n° " + ordinal(c.Seq) + ", " + french.Plural(int(c.Size), "acte", "actes"), Href: "/actes/points/" + pointName(c)},
		{Label: "Signé le", Value: instant(c.At)}, {Label: "Racine", Value: c.Root.String(), Note: "le résumé de tout le journal, que la signature couvre"}, {Label: "Clé publique", Value: string(r.Key)}}
}

// bodyFacts shows what else an act says, member by member, without personal data, in the
// words of its kind.
func (r *Room) bodyFacts(l *journal.Leaf) []web.Fact {
	var list []web.Fact
	for _, key := range slices.Sorted(maps.Keys(l.Body)) {
		label, text := "", ""
		if show := r.kinds[l.Kind].Show; show != nil {
			label, text = show(key, l.Body[key])
		}
		list = append(list, web.Fact{Label: cmp.Or(label, capital(key)), Value: cmp.Or(text, shown(l.Body[key]))})
	}
	return list
}

func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "néant"
	case bool:
		if v {
			return "oui"
		}
		return "non"
	case int64:
		return french.Int(int(v))
	case string:
		if t, err := db.ParseInstant(v); err == nil {
			return instant(t)
		}
		return v
	case []any:
		text := ""
		for i, x := range v {
			if i > 0 {
				text += " ; "
			}
			text += shown(x)
		}
		return text
	case map[string]any:
		if journal.IsCommitment(v) {
			return "donnée personnelle scellée, non affichée"
		}
		text := ""
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				text += " ; "
			}
			text += key + " : " + shown(v[key])
		}
		return text
	}
	return ""
}

func (r *Room) receipt(w http.ResponseWriter, req *http.Request) error {
	if req.PathValue("file") != receiptName {
		return web.ErrForeign()
	}
	receipt, err := r.Journal.Receipt(req.Context(), req.PathValue("id"))
	if errors.Is(err, journal.ErrUnsigned) {
		return web.Unavailable("Le reçu de cet acte sera prêt dans quelques secondes : rechargez la page.", signedWithin)
	}
	if err != nil {
		return told(err)
	}
	data, err := receipt.Marshal()
	if err != nil {
		return err
	}
	web.Attachment(w, "recu-"+receipt.Leaf.Kind+"-"+receipt.Leaf.ID+".json", jsonType)
	w.Header().Set("Cache-Control", "no-store")
	return web.Bytes(w, req, http.StatusOK, jsonType, data)
}
