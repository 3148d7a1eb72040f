// SPDX-License-Identifier: EUPL-1.2

package territory

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"maillage/internal/drafts"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var transferTemplate = web.NewTemplate[transferPage](pageFiles, "pages/transferts.html", "pages/parts.html")

type transferPage struct {
	web.Page
	ID          ID
	Grouping    bool // the page is that of the body that receives
	Syndicat    bool
	Action      string
	Draft       drafts.Form
	Done        *undoable
	Competences checks
	Communes    *checks
	Holder      *suggested
	Choices     *web.Field
	From, To    web.Field
	Proof       web.Field
	Present     *checks // transfers that can be ended or withdrawn
	End         web.Field
	Acts        []undoable
}

// undoable is what somebody did, with where to take it back.
type undoable struct {
	Act     string
	Title   string
	When    string // « le 3 avril 2025 à 14 h 02 »
	Action  string
	Doubts  []string
	Warning bool
}

// checks is a group of boxes to tick: {{template "checks" .}}.
type checks struct {
	Name, Legend, Hint, Error string
	Required                  bool
	Many                      bool // in columns
	Boxes                     []box
}

type box struct {
	Value, Label, Note string
	Checked            bool
}

// suggested is a text field with a list of usual answers: {{template "suggested" .}}.
type suggested struct {
	web.Field
	Among []string
}

// bodyOf is the commune or the grouping of an address.
func (p *pages) bodyOf(req *http.Request) (*Territory, error) {
	t, err := p.known(ID(req.PathValue("id")))
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]Kind{Commune, EPCI, EPT, Syndicat}, t.Kind) {
		return nil, web.NotFound("Un transfert s'enregistre depuis la page d'une commune, d'un EPCI, d'un EPT ou d'un syndicat.")
	}
	return t, nil
}

func (p *pages) transfers(w http.ResponseWriter, req *http.Request) error {
	body, err := p.bodyOf(req)
	if err != nil {
		return err
	}
	page, err := p.newTransferPage(req, body, nil, nil)
	if err != nil {
		return err
	}
	if page.Done, err = p.doneOf(req.Context(), body, req.URL.Query()); err != nil {
		return err
	}
	return transferTemplate.Render(w, req, http.StatusOK, page)
}

// doneOf tells what was just done, with the button that takes it back.
func (p *pages) doneOf(ctx context.Context, body *Territory, v url.Values) (*undoable, error) {
	id := v.Get("fait")
	if id == "" {
		return nil, nil
	}
	a, err := p.room.Store.Act(ctx, id)
	if err != nil {
		return nil, web.NotFound("L'enregistrement que cette adresse désigne n'existe pas.").Because(err)
	}
	done := p.undoable(body.ID, a)
	for _, h := range p.room.State().Holdings {
		if h.Act == id {
			done.Doubts = append(done.Doubts, Doubts(p.room.Registry, []Holding{h})...)
		}
	}
	slices.Sort(done.Doubts)
	if done.Doubts = slices.Compact(done.Doubts); len(done.Doubts) > 6 {
		done.Doubts = append(done.Doubts[:6], "Et d'autres.")
	}
	return &done, nil
}

func (p *pages) undoable(id ID, a Act) undoable {
	day := clock.On(a.Made)
	return undoable{Act: a.ID, Title: a.Title, When: "le " + day.French() + " à " + hourOf(a.Made),
		Action: "/territoires/" + string(id) + "/competences/annulation"}
}

func (p *pages) recordTransfers(w http.ResponseWriter, req *http.Request) error {
	body, err := p.bodyOf(req)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(req, transferSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	list, choices := p.transfersOf(body, f, p.site.Now())
	if !f.Valid() {
		return p.transfersAgain(w, req, body, f, choices, nil)
	}
	act := NewAct(p.titleOf(list), p.site.Now())
	act.Draft, act.About = transferDraft(body.ID), body.ID
	err = p.room.Store.Do(req.Context(), act, Change{Holdings: list}, func(after Recorded) error { return after.Check(p.room.Registry, list) })
	return p.after(w, req, body, f, act, err)
}

// after leads on when an act was accepted, and shows the form again when it was refused.
func (p *pages) after(w http.ResponseWriter, req *http.Request, body *Territory, f *web.Form, act Act, err error) error {
	if err != nil {
		told, err := blame(f, err)
		if err != nil {
			return err
		}
		return p.transfersAgain(w, req, body, f, nil, told)
	}
	if err := p.room.Refresh(req.Context()); err != nil {
		return err
	}
	return web.Redirect(w, req, "/territoires/"+string(body.ID)+"/competences/gestion?fait="+act.ID)
}

func (p *pages) transfersAgain(w http.ResponseWriter, req *http.Request, body *Territory, f *web.Form, choices []*Territory, told []string) error {
	if err := p.room.Refresh(req.Context()); err != nil { // what was refused may be what another process wrote
		return err
	}
	page, err := p.newTransferPage(req, body, f, choices)
	if err != nil {
		return err
	}
	notice := web.Notice{Kind: web.Danger, Title: "Rien n'a été enregistré", Text: "Corrigez ce qui est signalé, puis recommencez.", Items: told}
	page.Notices = append(page.Notices, notice)
	return transferTemplate.Render(w, req, http.StatusUnprocessableEntity, page)
}

var endSpec = web.FormSpec{Fields: []string{"transfert", "fin", "geste"}, MaxParts: 1500}

// endTransfers ends the transfers chosen on a day, or withdraws them as if they had not been.
func (p *pages) endTransfers(w http.ResponseWriter, req *http.Request) error {
	body, err := p.bodyOf(req)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(req, endSpec)
	if err != nil {
		return err
	}
	defer f.Close()
	chosen := p.chosen(body, f)
	act, change := p.ending(f, chosen)
	act.About = body.ID
	if !f.Valid() {
		return p.transfersAgain(w, req, body, f, nil, nil)
	}
	err = p.room.Store.Do(req.Context(), act, change, func(after Recorded) error { return after.Check(p.room.Registry, change.Holdings) })
	return p.after(w, req, body, f, act, err)
}

// chosen are the transfers ticked, among those of the page.
func (p *pages) chosen(body *Territory, f *web.Form) []Holding {
	var list []Holding
	for _, h := range p.transfersAbout(body) {
		if slices.Contains(f.Values["transfert"], h.ID) {
			list = append(list, h)
		}
	}
	switch n := countOf(list, func(h Holding) string { return h.ID }); {
	case len(f.Values["transfert"]) == 0:
		f.Fail("transfert", "Choisissez au moins un transfert.")
	case n != len(slices.Compact(slices.Sorted(slices.Values(f.Values["transfert"])))):
		f.Fail("transfert", "Un des transferts choisis a changé entre-temps : relisez la liste, puis recommencez.")
	}
	return list
}

func (p *pages) ending(f *web.Form, chosen []Holding) (Act, Change) {
	now := p.site.Now()
	many := french.Plural(len(chosen), "transfert", "transferts")
	if f.Text("geste") == "retirer" {
		var c Change
		for _, h := range chosen {
			c.Withdraw = append(c.Withdraw, h.ID)
		}
		return NewAct(many+agree(len(chosen), " retiré", " retirés"), now), c
	}
	f.Choice("geste", "terminer", "retirer")
	last := f.Date("fin")
	if last.IsZero() {
		f.Fail("fin", "Donnez le dernier jour du transfert.")
	}
	if !f.Valid() {
		return Act{}, Change{}
	}
	c, err := ended(chosen, last, now)
	for _, e := range unjoin(err) {
		if e != nil {
			f.Fail("fin", e.Error())
		}
	}
	return NewAct(many+agree(len(chosen), " terminé", " terminés")+" au "+last.French(), now), c
}

func agree(n int, one, many string) string {
	if n > 1 {
		return many
	}
	return one
}

// transfersAbout are those a commune made, or those a grouping received.
func (p *pages) transfersAbout(body *Territory) []Holding {
	if body.Kind == Commune {
		return p.room.State().GivenBy(body.ID)
	}
	return p.room.State().ReceivedBy(body.ID)
}

var undoSpec = web.FormSpec{Fields: []string{"acte"}}

func (p *pages) undoAct(w http.ResponseWriter, req *http.Request) error {
	body, err := p.bodyOf(req)
	if err != nil {
		return err
	}
	act, err := p.undo(req, body.ID)
	if err != nil {
		return err
	}
	back := "/territoires/" + string(body.ID) + "/competences/gestion?fait=" + act.ID
	if _, err := p.known(body.ID); err != nil { // the syndicat itself was taken back
		back = "/territoires/syndicats?fait=" + act.ID
	}
	return web.Redirect(w, req, back)
}

// undo takes back the act named in the form; when about is given, only one that is about it:
// another answers as if it did not exist, whoever asks.
func (p *pages) undo(req *http.Request, about ID) (Act, error) {
	f, err := web.ReadForm(req, undoSpec)
	if err != nil {
		return Act{}, err
	}
	defer f.Close()
	done, err := p.room.Store.Act(req.Context(), f.Text("acte"))
	if err != nil {
		return Act{}, web.NotFound("L'enregistrement à annuler n'existe pas.").Because(err)
	}
	if about != "" {
		within, err := p.room.Store.ActWithin(req.Context(), done.ID, about)
		if err != nil {
			return Act{}, err
		}
		if !within && !web.May(req, "territoire.syndicats", web.Scope{}) { // the département's secretariat undoes what spans several
			return Act{}, web.NotFound("L'enregistrement à annuler n'existe pas.")
		}
	}
	act := NewAct(undoTitle(done.Title), p.site.Now())
	act.About = about
	err = p.room.Store.Undo(req.Context(), done.ID, act, func(after Recorded) error {
		if err := after.CheckHolders(p.room.Registry); err != nil {
			return err
		}
		back := slices.DeleteFunc(slices.Clone(after.Holdings), func(h Holding) bool { return h.Act != act.ID })
		return after.Check(p.room.Registry, back)
	})
	if err != nil {
		told, other := blame(&web.Form{Errors: map[string]string{}}, err)
		if other != nil {
			return Act{}, other
		}
		detail := "Ce qui a été enregistré a changé depuis, l'annulation n'est plus possible. Rien n'a été modifié."
		if len(told) > 0 {
			detail = told[0] + " Rien n'a été modifié."
		}
		return Act{}, web.Conflict(detail).Because(err)
	}
	return act, p.room.Refresh(req.Context())
}
