// SPDX-License-Identifier: EUPL-1.2

package drafts

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/web"
)

//go:embed pages
var pageFiles embed.FS

var _ = web.AddStyle("brouillons.css", mustRead("pages/drafts.css"))

func mustRead(name string) []byte {
	b, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err) // cannot happen: the file is embedded
	}
	return b
}

// own is what the policy table says of one's own account, drafts included.
const own web.Access = "moi"

const (
	maxBody   = 512 << 10
	maxFields = 300
	maxValue  = 64 << 10 // bytes, as web.FormSpec
	maxBase   = 200
)

// Routes are the addresses of this room; web/islands/autosave.js calls them.
func (r *Room) Routes() []web.Route {
	mine := func(req *http.Request) (web.Scope, error) {
		return web.Scope{Person: actor.From(req.Context()).Person}, nil
	}
	return []web.Route{
		{Pattern: "GET /brouillons/{cle...}", Access: own, Scope: mine, Handler: r.show},
		{Pattern: "POST /brouillons", Access: own, Scope: mine, MaxBody: maxBody, Handler: r.post},
		{Pattern: "POST /brouillons/supprimer", Access: own, Scope: mine, MaxBody: 4 << 10, Handler: r.remove},
	}
}

// answer is a draft as the browser gets it.
type answer struct {
	Account  string              `json:"account,omitempty"`
	Version  int64               `json:"version"`
	Saved    string              `json:"saved,omitempty"`
	Accepted string              `json:"accepted,omitempty"`
	Base     string              `json:"base,omitempty"`
	Values   map[string][]string `json:"values,omitempty"`
}

func tell(d Draft) answer {
	a := answer{Version: d.Version, Base: d.Base, Values: d.Values}
	if !d.Saved.IsZero() {
		a.Saved = d.Saved.UTC().Format(time.RFC3339)
	}
	if !d.Accepted.IsZero() {
		a.Accepted = d.Accepted.UTC().Format(time.RFC3339)
	}
	return a
}

func (r *Room) show(w http.ResponseWriter, req *http.Request) error {
	person, key, err := whose(req, req.PathValue("cle"))
	if err != nil {
		return err
	}
	d, err := r.Get(req.Context(), person, key)
	if err != nil {
		return fmt.Errorf("draft %s: %w", key, err)
	}
	a := tell(d)
	a.Account = r.account(person)
	w.Header().Set("Cache-Control", "no-store")
	return web.JSON(w, req, a)
}

// whose is the person who asks and the key, checked.
func whose(req *http.Request, key string) (person, checked string, err error) {
	person = actor.From(req.Context()).Person
	switch {
	case person == "":
		return "", "", web.ErrForeign()
	case !keyShape.MatchString(key):
		return "", "", web.BadRequest("La clé de ce brouillon est mal formée : rouvrez la page du formulaire.")
	}
	return person, key, nil
}

// sender is whose, for a write: a page opened by one account must not write in the drafts of
// the one that signed in since, in another tab.
func (r *Room) sender(req *http.Request, account, key string) (person, checked string, err error) {
	person, checked, err = whose(req, key)
	if err == nil && account != r.account(person) {
		err = &web.Problem{Status: http.StatusPreconditionFailed, Title: "Autre compte",
			Detail: "Cette page a été ouverte par un autre compte : rouvrez-la pour continuer."}
	}
	return person, checked, err
}

func (r *Room) post(w http.ResponseWriter, req *http.Request) error {
	var in struct {
		Account string              `json:"account"`
		Key     string              `json:"key"`
		Version int64               `json:"version"`
		Base    string              `json:"base"`
		Values  map[string][]string `json:"values"`
	}
	if err := web.ReadJSON(req, &in); err != nil {
		return err
	}
	person, key, err := r.sender(req, in.Account, in.Key)
	if err == nil {
		err = check(in.Base, in.Values)
	}
	if err != nil {
		return err
	}
	d, err := r.save(req.Context(), person, key, in.Version, in.Base, in.Values)
	switch {
	case errors.Is(err, errStale):
		return conflict(w, d)
	case errors.Is(err, errMany):
		return web.TooLarge(fmt.Sprintf("Vous avez déjà %d brouillons : envoyez-en ou jetez-en avant d'en commencer un autre.", maxDrafts))
	case err != nil:
		return fmt.Errorf("draft %s: %w", key, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.JSON(w, req, answer{Version: d.Version, Saved: d.Saved.UTC().Format(time.RFC3339)})
}

// secret are names of fields that no draft keeps, whatever the page says: the browser leaves
// them out by their type, this is the second lock.
var secret = []string{"password", "mot-de-passe", "motdepasse", "mot_de_passe"}

func check(base string, values map[string][]string) error {
	if len(base) > maxBase || values == nil {
		return web.BadRequest("Ce brouillon est incomplet : rouvrez la page du formulaire.")
	}
	n := 0
	for name, list := range values {
		for _, s := range secret {
			if strings.EqualFold(name, s) {
				return web.BadRequest("Un mot de passe ne se garde pas dans un brouillon.")
			}
		}
		if n += 1 + len(list); n > maxFields {
			return web.TooLarge(fmt.Sprintf("Ce formulaire a plus de %d valeurs : il ne peut pas être gardé en brouillon.", maxFields))
		}
		if len(name) > 200 {
			return web.TooLarge("Un champ de ce formulaire a un nom trop long pour être gardé en brouillon.")
		}
		for _, v := range list {
			if len(v) > maxValue {
				return web.TooLarge(fmt.Sprintf("Le champ « %s » dépasse 64 Kio : il ne peut pas être gardé en brouillon.", name))
			}
		}
	}
	return nil
}

// conflict answers with what is there, so that the browser can show both.
func conflict(w http.ResponseWriter, d Draft) error {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(tell(d)); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusConflict)
	_, err := w.Write(b.Bytes()) // #nosec G705 -- JSON, which nosniff keeps from being HTML
	return err
}

func (r *Room) remove(w http.ResponseWriter, req *http.Request) error {
	var in struct {
		Account string `json:"account"`
		Key     string `json:"key"`
	}
	if err := web.ReadJSON(req, &in); err != nil {
		return err
	}
	person, key, err := r.sender(req, in.Account, in.Key)
	if err != nil {
		return err
	}
	version, err := r.drop(req.Context(), person, key)
	if err != nil {
		return fmt.Errorf("draft %s: %w", key, err)
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.JSON(w, req, answer{Version: version})
}
