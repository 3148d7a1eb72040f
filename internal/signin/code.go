// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"maillage/internal/people"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

// codePage asks for the code of the mail.
type codePage struct {
	web.Page
	Address string // that was written to, if somebody has it
	Back    string
	Code    web.Field
	Over    bool // no code can be typed any more: ask again
}

var codeTemplate = web.NewTemplate[codePage](pageFiles, "pages/code.html")

// inKinds are the asks that open a session.
var inKinds = []any{askIn, askLink}

func retryAfter(d time.Duration) string { return strconv.Itoa(max(1, int(d.Seconds())+1)) }

// codeForm shows where to type the code.
func (r *Room) codeForm(w http.ResponseWriter, req *http.Request) error {
	return r.showCode(w, req, http.StatusOK, nil)
}

func (r *Room) showCode(w http.ResponseWriter, req *http.Request, status int, form *web.Form, notices ...web.Notice) error {
	private(w)
	page := codePage{Back: "/", Page: web.Page{Title: "Taper le code", Heading: "Tapez le code reçu par courriel", Robots: "noindex", Notices: notices},
		Code: form.Field(web.Field{Name: "code", Label: "Code à six chiffres", Required: true, Autocomplete: "one-time-code", InputMode: "numeric"})}
	page.Code.Value = ""
	var list []ask
	if browser := r.browser(req); browser != "" {
		var err error
		if list, err = r.asks.of(req.Context(), r.sessions.db.Read(), browser, inKinds...); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		page.Over = true
		if len(notices) == 0 {
			page.Notices = []web.Notice{noCookie}
		}
		return codeTemplate.Render(w, req, max(status, http.StatusBadRequest), page)
	}
	page.Address, page.Back = list[0].Address, list[0].Back
	if state := list[0].state(r.Now()); state != nil {
		page.Over = true
		if len(notices) == 0 {
			page.Notices = []web.Notice{stateNotice(state)}
		}
	}
	return codeTemplate.Render(w, req, status, page)
}

var noCookie = web.Notice{Kind: web.Warning, Title: "Ce navigateur n'a pas de demande en cours",
	Text: "Ou bien elle date de plus d'un quart d'heure, ou bien le navigateur a refusé le cookie technique qui relie le code à cette fenêtre. " +
		"Demandez un nouveau courriel ; si rien n'y fait, autorisez les cookies pour ce site : celui-ci ne sert qu'à cela et disparaît aussitôt."}

// stateNotice says why an ask cannot serve.
func stateNotice(why error) web.Notice {
	switch {
	case errors.Is(why, errAskUsed):
		return web.Notice{Kind: web.Warning, Title: "Déjà utilisé", Text: "Ce code ou ce lien a déjà servi : chacun ne sert qu'une fois. Demandez un nouveau courriel."}
	case errors.Is(why, errAskExpired):
		return web.Notice{Kind: web.Warning, Title: "Expiré", Text: "Ce code ou ce lien a plus de dix minutes. Demandez un nouveau courriel."}
	case errors.Is(why, errAskWorn):
		return web.Notice{Kind: web.Danger, Title: "Trop de codes faux", Text: "Après cinq essais, ce code ne sert plus. Demandez un nouveau courriel."}
	}
	return web.Notice{Kind: web.Warning, Title: "Lien inconnu", Text: "Ce lien est incomplet ou trop ancien. Ouvrez-le depuis le courriel, ou demandez-en un nouveau."}
}

// tryCode takes the code typed in the browser that asked.
func (r *Room) tryCode(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{Fields: []string{"code"}, MaxText: 64})
	if err != nil {
		return err
	}
	browser := r.browser(req)
	if browser == "" {
		return r.showCode(w, req, http.StatusBadRequest, form)
	}
	code := onlyDigits(form.Text("code"))
	if len(code) != 6 {
		form.Fail("code", "Le code a six chiffres : recopiez-le du courriel.")
		return r.showCode(w, req, http.StatusUnprocessableEntity, form)
	}
	got, err := r.enterByCode(req, browser, code)
	switch {
	case err != nil:
		return err
	case !got.wait.IsZero():
		return r.showCode(w, req, http.StatusTooManyRequests, form, r.tooManyCodes(w, got.wait))
	case got.why != nil:
		return r.showCode(w, req, http.StatusUnprocessableEntity, form, stateNotice(got.why))
	case got.token == "" && got.left == 0:
		return r.showCode(w, req, http.StatusUnprocessableEntity, form, stateNotice(errAskWorn))
	case got.token == "":
		form.Fail("code", "Ce n'est pas le code du dernier courriel. Il vous reste "+french.Plural(got.left, "essai", "essais")+".")
		return r.showCode(w, req, http.StatusUnprocessableEntity, form)
	}
	return r.welcome(w, req, got.token, got.ask.Back)
}

// entry is what became of a code or of a link.
type entry struct {
	token string // of the session; "" when there is none
	ask   ask
	left  int // tries
	wait  time.Time
	why   error // why the ask cannot serve
}

func (r *Room) enterByCode(req *http.Request, browser, code string) (got entry, err error) {
	ctx, now := req.Context(), r.Now()
	err = r.sessions.db.Tx(ctx, func(tx *sql.Tx) error {
		got = entry{}
		list, err := r.asks.of(ctx, tx, browser, inKinds...)
		if err != nil {
			return err
		}
		accounts := guessed(list, now)
		for _, account := range accounts {
			if got.wait, err = r.tries.spent(ctx, tx, account, wrongOfAccount, now); err != nil || !got.wait.IsZero() {
				return err
			}
		}
		if got.wait, err = r.tries.spent(ctx, tx, r.source(req), wrongOfSource, now); err != nil || !got.wait.IsZero() {
			return err
		}
		got.ask, got.left, err = r.asks.try(ctx, tx, browser, code, now, inKinds...)
		if isAskState(err) {
			got.why = err
			return nil
		}
		if err != nil || got.ask.ID != "" {
			return errors.Join(err, r.enter(req, tx, &got, now))
		}
		for _, account := range accounts {
			if _, err := r.tries.hit(ctx, tx, account, wrongOfAccount, now); err != nil {
				return err
			}
		}
		_, err = r.tries.hit(ctx, tx, r.source(req), wrongOfSource, now)
		return err
	})
	return got, err
}

// guessed are the addresses that a code is tried against: those of all asks that are open, not the last one's
// alone, each once and in order (two requests then wait for each other and do not lock each other).
func guessed(list []ask, now time.Time) (accounts []string) {
	for _, a := range list {
		if a.state(now) == nil {
			accounts = append(accounts, a.Address)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

func isAskState(err error) bool {
	return errors.Is(err, errAskUnknown) || errors.Is(err, errAskUsed) || errors.Is(err, errAskExpired) || errors.Is(err, errAskWorn)
}

// enter opens the session that an ask gives right to.
func (r *Room) enter(req *http.Request, tx *sql.Tx, got *entry, now time.Time) error {
	if got.ask.ID == "" {
		return nil
	}
	p, err := r.People.Person(req.Context(), tx, got.ask.Person)
	if errors.Is(err, people.ErrUnknown) { // gone within ten minutes
		got.why = errAskExpired
		return nil
	}
	if err != nil {
		return err
	}
	method := "courriel"
	if got.ask.Kind == askLink {
		method = "oidc"
		if err := r.link(req.Context(), tx, got.ask.Issuer, got.ask.Subject, p.ID, now); err != nil {
			return err
		}
	}
	got.token, err = r.open(req, tx, p, opening{method: method}, now)
	return err
}

func (r *Room) tooManyCodes(w http.ResponseWriter, wait time.Time) web.Notice {
	w.Header().Set("Retry-After", retryAfter(wait.Sub(r.Now())))
	return web.Notice{Kind: web.Danger, Title: "Trop de codes faux",
		Text: "Par sécurité, aucun code n'est accepté avant le " + moment(wait.Add(time.Minute)) +
			". Le lien du courriel, ouvert dans ce navigateur, fonctionne toujours."}
}

func onlyDigits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		if c == ' ' || c == '\u00a0' || c == '\u202f' || c == '-' || c == '.' {
			return -1
		}
		return 'x' // a letter is not left out silently
	}, s)
}
