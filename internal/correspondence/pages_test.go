// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"context"
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"maillage/internal/platform/actor"
	"maillage/internal/platform/clock"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/web"
	"maillage/internal/platform/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t) }

// page asks for a page and checks its form.
func page(t *testing.T, site http.Handler, path string, want int) *webtest.Answer {
	t.Helper()
	a := webtest.Get(t, site, path)
	if a.Status != want {
		t.Fatalf("%s: %d, want %d: %.300s", path, a.Status, want, a.Body)
	}
	a.CheckPage(t)
	return a
}

func has(t *testing.T, a *webtest.Answer, words ...string) {
	t.Helper()
	text := a.Text(t, "main")
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("« %s » is not in:\n%s", w, text)
		}
	}
}

func (h *house) queue(m mail.Message, opt mail.Options) mail.Ticket {
	h.t.Helper()
	var ticket mail.Ticket
	h.tx(func(tx *sql.Tx) (err error) {
		ticket, err = h.Outbox.Queue(context.Background(), tx, m, opt)
		return err
	})
	return ticket
}

func TestEmptyStates(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	h.Demo, h.Sends = true, true
	site := h.site("moi")
	has(t, page(t, site, "/courriels", 200), "Aucun courriel n'attend")
	has(t, page(t, site, "/courriels?etat=refuses", 200), "Aucun courriel n'a été refusé")
	has(t, page(t, site, "/courriels/rappels", 200), "Aucun engagement n'attend de rappel")
	has(t, page(t, site, "/moi/rappels", 200), "Aucun engagement n'attend de rappel")
	has(t, page(t, site, "/demonstration/courriels", 200), "Aucun courriel n'a encore été écrit")
	page(t, site, "/courriels/rappels/inconnu", 404)
	page(t, site, "/demonstration/courriels?lire=inconnu", 404)
}

func TestTheListTellsWhyMailsWait(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-10-31 15:00") // a Saturday before All Saints'
	h.Sends = true
	to := mail.Address{Name: "Zoé", Addr: "zoe@ville.example"}
	h.queue(mail.Message{To: to, Subject: "Rappel : le bilan", Kind: mail.Reminder, Text: "t"}, mail.Options{})
	h.queue(mail.Message{To: to, Subject: "Votre code : 123456", Kind: mail.Access, Text: "Le code 123456"}, mail.Options{})
	m := GroupMail{Key: "c/1", Subject: "Convocation", HTML: "<p>Bonjour.</p>", Persons: []string{h.person("Zoé", "zoe@ville.example")}}
	h.tx(func(tx *sql.Tx) error { _, err := h.Send(t.Context(), tx, m); return err })
	a := page(t, h.site("moi"), "/courriels", 200)
	has(t, a, "Rappel : le bilan", "Partira lundi 2 novembre 2026 à 7 h : rien ne part le samedi ni le dimanche", "Code ou lien de connexion", "Convocation", "encore 10 minutes")
	if strings.Contains(a.Body, "123456") {
		t.Error("the code of an access mail is shown")
	}
	if got := a.Attr(t, `form[action="/courriels/groupes/annuler"] input[name=groupe]`, "value"); got != "c/1" {
		t.Errorf("the button undoes %q", got)
	}
	h.goTo("2026-10-31 15:09")
	has(t, page(t, h.site("moi"), "/courriels", 200), "encore 1 minute")
	h.goTo("2026-10-31 15:10")
	if page(t, h.site("moi"), "/courriels", 200).Count(t, `form[action="/courriels/groupes/annuler"]`) != 0 {
		t.Error("it is too late, and the button is still there")
	}
	h.goTo("2026-07-13 22:00")
	e := mail.Entry{State: mail.Queued, Kind: mail.Notice, Created: h.Now(), Due: h.Now()}
	if text, why := when(e, h.Now()); text != "partira mercredi 15 juillet 2026 à 7\u00a0h" || why != "rien ne part entre 21 h et 7 h" {
		t.Errorf("%q, %q", text, why)
	}
}

func TestGesturesOnTheOutbox(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	site := h.site("moi")
	m := GroupMail{Key: "c/1", Subject: "Convocation", HTML: "<p>Bonjour.</p>", Persons: []string{h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example")}}
	h.tx(func(tx *sql.Tx) error { _, err := h.Send(t.Context(), tx, m); return err })
	got := webtest.Post(t, site, "/courriels/groupes/annuler", "groupe=c%2F1")
	if got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Body)
	}
	has(t, page(t, site, got.Header.Get("Location"), 200), "2 courriels ne partiront pas", "Aucun serveur de courrier")
	if got := webtest.Post(t, site, "/courriels/groupes/annuler", "groupe=c%2F1"); got.Status != http.StatusNotFound {
		t.Errorf("undone twice: %d", got.Status)
	}
	m.Key = "c/2"
	h.tx(func(tx *sql.Tx) error { _, err := h.Send(t.Context(), tx, m); return err })
	h.goTo("2026-03-03 10:10")
	if got := webtest.Post(t, site, "/courriels/groupes/annuler", "groupe=c%2F2"); got.Status != http.StatusConflict || len(h.waiting()) != 2 {
		t.Errorf("too late: %d", got.Status)
	}
	one := h.queue(mail.Message{To: mail.Address{Addr: "a@ville.example"}, Subject: "Seul", Kind: mail.Answer, Text: "t"}, mail.Options{})
	if got := webtest.Post(t, site, "/courriels/annuler", "id="+one.ID); got.Status != http.StatusSeeOther || len(h.waiting()) != 2 {
		t.Errorf("one mail: %d", got.Status)
	}
	h.tx(func(tx *sql.Tx) error {
		_, err := tx.ExecContext(t.Context(), `update mail_outbox set state = 'failed', finished_at = created_at, reason = 'le serveur refuse : boîte inconnue' where id = $1`, one.ID)
		return err
	})
	has(t, page(t, site, "/courriels?etat=refuses", 200), "Seul", "le serveur refuse : boîte inconnue")
	if got := webtest.Post(t, site, "/courriels/reessayer", "id="+one.ID); got.Status != http.StatusSeeOther || len(h.waiting()) != 3 {
		t.Errorf("again: %d", got.Status)
	}
	if got := webtest.Post(t, site, "/courriels/reessayer", "id=inconnu"); got.Status != http.StatusNotFound {
		t.Errorf("unknown: %d", got.Status)
	}
	page(t, site, "/courriels?groupe=c%2F2", 200)
}

func TestLateMailsAreTold(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	h.Sends = true
	h.queue(mail.Message{To: mail.Address{Addr: "a@ville.example"}, Subject: "s", Kind: mail.Receipt, Text: "t"}, mail.Options{})
	h.goTo("2026-03-03 11:00")
	has(t, page(t, h.site("moi"), "/courriels", 200), "Des courriels sont en retard", "aujourd'hui à 10 h")
}

func TestPagesOfReminders(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-02-16 09:00")
	zoe, yves := h.person("Zoé", "zoe@ville.example"), h.person("Yves", "yves@ville.example")
	rec := h.promiseOf(zoe)
	h.sweep(1)
	h.away(zoe, "2026-02-25", "2026-03-02", yves)
	all := h.site("secretaire")
	has(t, page(t, all, "/courriels/rappels", 200), "Rendre compte de l'action 5.1.2", "Zoé Essai", "3 mars 2026", "lundi 2 mars 2026 à 8 h 30", "à Yves Essai, en suppléance de Zoé Essai, en absence jusqu'au 2 mars 2026")
	has(t, page(t, all, "/courriels/rappels/"+rec.ID, 200), "en attente", "à Zoé Essai", "3 jours avant l'échéance", "Le lendemain de l'échéance", "Mettre en pause")

	own := h.site(zoe)
	has(t, page(t, own, "/moi/rappels", 200), "Rendre compte")
	bad := webtest.Post(t, own, "/moi/rappels/"+rec.ID+"/pause", "jusqu_au=2026-02-01&raison=vacances")
	if bad.Status != http.StatusUnprocessableEntity || bad.Attr(t, "#raison", "value") != "vacances" {
		t.Errorf("%d, what was typed: %q", bad.Status, bad.Attr(t, "#raison", "value"))
	}
	has(t, bad, "La pause finit avant aujourd'hui.")
	if got := webtest.Post(t, own, "/moi/rappels/"+rec.ID+"/pause", "jusqu_au=2026-03-15&raison=vacances"); got.Status != http.StatusSeeOther {
		t.Fatalf("%d: %s", got.Status, got.Body)
	}
	late := h.register(Promise{Key: "tard", Subject: "Rendre l'avis", Path: "/avis", Person: zoe, Made: clock.MustDate("2026-01-05"), Due: clock.MustDate("2026-02-14")})
	has(t, page(t, own, "/moi/rappels/"+late.ID, 200), "dès que possible", "Un rappel plus récent le remplace.")
	h.tx(func(tx *sql.Tx) error { return h.Pause(as(zoe), tx, late.ID, clock.MustDate("2026-02-20"), "absente") })
	has(t, page(t, own, "/moi/rappels/"+late.ID, 200), "après la pause, à partir du 21 février 2026")
	has(t, page(t, own, "/moi/rappels/"+rec.ID, 200), "En pause jusqu'au 15 mars 2026 : vacances", "Reprendre les rappels", "déplacé : en pause")
	has(t, page(t, all, "/courriels/rappels", 200), "en pause jusqu'au 15 mars 2026")

	other := h.site(yves) // who stands in may read, and not pause
	has(t, page(t, other, "/moi/rappels/"+rec.ID, 200), "En pause")
	if page(t, other, "/moi/rappels/"+rec.ID, 200).Count(t, "main form") != 0 {
		t.Error("the deputy is offered a gesture")
	}
	for path, form := range map[string]string{"/pause": "jusqu_au=2026-03-15&raison=r", "/reprise": ""} {
		if got := webtest.Post(t, other, "/moi/rappels/"+rec.ID+path, form); got.Status != http.StatusNotFound {
			t.Errorf("%s by the deputy: %d", path, got.Status)
		}
	}
	page(t, h.site("passant"), "/moi/rappels/"+rec.ID, 404)
	if got := webtest.Post(t, own, "/moi/rappels/"+rec.ID+"/reprise", ""); got.Status != http.StatusSeeOther {
		t.Errorf("resume: %d", got.Status)
	}
	h.tx(func(tx *sql.Tx) error { return h.Keep(t.Context(), tx, rec.Key, clock.MustDate("2026-02-17")) })
	has(t, page(t, all, "/courriels/rappels", 200), "Tenus depuis trente jours", "17 février 2026")
	has(t, page(t, all, "/courriels/rappels/"+rec.ID, 200), "tenu le 17 février 2026", "c'est fait depuis")
}

// groups is an audience of two.
type groups map[string][]string

func (g groups) Groups(context.Context) ([]AudienceGroup, error) {
	return []AudienceGroup{{ID: "agents", Label: "Agents", Count: len(g["agents"])}, {ID: "elus", Label: "Élus", Count: len(g["elus"])}}, nil
}

func (g groups) Members(_ context.Context, group string) ([]string, error) { return g[group], nil }

func TestWritingToAGroup(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	me := h.person("Secrétaire", "sec@caf.example")
	zoe, mute := h.person("Zoé", "zoe@ville.example"), h.person("Muet", "")
	h.Audience = groups{"agents": {zoe, mute}, "elus": {zoe}}
	site := h.site(me)
	page(t, site, "/courriels/nouveau", 200)
	form := url.Values{"cle": {"01890000-0000-7000-8000-000000000001"}, "groupe": {"agents", "elus"}, "objet": {"Séance du 12"}, "texte": {"Bonjour,\r\n\r\nOrdre du jour joint."}, "geste": {"voir"}}
	bad := webtest.Post(t, site, "/courriels/nouveau", url.Values{"texte": {"gardé"}, "geste": {"envoyer"}}.Encode())
	if bad.Status != http.StatusUnprocessableEntity || bad.Text(t, "#texte") != "gardé" {
		t.Errorf("%d: %q", bad.Status, bad.Text(t, "#texte"))
	}
	has(t, bad, "Choisissez au moins un groupe.", "Donnez un objet")
	seen := webtest.Post(t, site, "/courriels/nouveau", form.Encode())
	seen.CheckPage(t)
	has(t, seen, "1 destinataire, 1 personne écartée", "Muet Essai n'a pas d'adresse de courriel", "partira aujourd'hui à 10 h 10", "Envoyer à 1 personne", "Ordre du jour joint.", "Secrétariat du comité, Caf")
	if len(h.mails()) != 0 {
		t.Error("seeing the list sends")
	}
	form.Set("vu", seen.Attr(t, "input[name=vu]", "value"))
	form.Set("geste", "essai")
	has(t, webtest.Post(t, site, "/courriels/nouveau", form.Encode()), "L'essai est parti, à vous seul")
	if list := h.mails(); len(list) != 1 || list[0].To.Addr != "sec@caf.example" {
		t.Errorf("%+v", list)
	}
	yves := h.person("Yves", "yves@ville.example")
	h.Audience = groups{"agents": {zoe, mute, yves}, "elus": {zoe}}
	form.Set("geste", "envoyer")
	changed := webtest.Post(t, site, "/courriels/nouveau", form.Encode()) // the same site: its Audience is read anew
	if changed.Status != http.StatusConflict {
		t.Fatalf("the list has changed: %d", changed.Status)
	}
	form.Set("vu", changed.Attr(t, "input[name=vu]", "value"))
	for range 2 {
		if got := webtest.Post(t, site, "/courriels/nouveau", form.Encode()); got.Status != http.StatusSeeOther {
			t.Fatalf("%d: %s", got.Status, got.Body)
		}
	}
	if n := len(h.mails()); n != 3 {
		t.Errorf("%d mails: a trial and two, sent twice by mistake", n)
	}
}

func TestADemonstrationShowsTheTexts(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	h.Demo = true
	ticket := h.queue(mail.Message{To: mail.Address{Name: "Agent", Addr: "agent@demonstration.example"}, Subject: "Votre code", Kind: mail.Access,
		HTML: mail.Letter{Title: "Votre code <3", Code: "123 456", Action: mail.Link{Label: "Entrer", URL: "https://maillage.example/connexion/lien?a=b&c=d"}}.HTML()}, mail.Options{})
	site := h.site("")
	list := page(t, site, "/demonstration/courriels", 200)
	path := list.Attr(t, ".ms-list a", "href")
	one := page(t, site, path, 200)
	has(t, one, "123 456")
	if got := one.Attr(t, ".ms-text a", "href"); got != "https://maillage.example/connexion/lien?a=b&c=d" {
		t.Errorf("link %q", got)
	}
	if got := webtest.Get(t, site, path+"&forme=html"); got.Status != 200 || !strings.Contains(got.Body, "<h1>Votre code &lt;3</h1>") {
		t.Errorf("%d: %s", got.Status, got.Body)
	}
	h.tx(func(tx *sql.Tx) error { _, err := h.Outbox.Withdraw(t.Context(), tx, ticket.ID); return err })
	has(t, page(t, site, path, 200), "Le texte de ce courriel est effacé")

	h.Demo = false
	if got := webtest.Get(t, h.site("moi"), "/demonstration/courriels"); got.Status != http.StatusNotFound {
		t.Errorf("outside a demonstration: %d", got.Status)
	}
}

func TestUnsubscribingByOneClick(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	var set []mail.Every
	h.SetRhythm = func(_ context.Context, addr string, r mail.Rhythm) error {
		if addr == "zoe@ville.example" {
			set = append(set, r.Every)
		}
		return nil
	}
	h.tx(func(tx *sql.Tx) error {
		return h.Outbox.Note(t.Context(), tx, mail.Address{Addr: "zoe@ville.example"}, "k", mail.DigestItem{Topic: "Plan", Label: "Du nouveau"}, mail.DefaultRhythm)
	})
	link := h.Outbox.Unsubscribe("zoe@ville.example")
	u, err := url.Parse(link)
	if err != nil || strings.Contains(link, "zoe") || u.Host != "maillage.example" || (mail.Message{To: mail.Address{Addr: "a@b.example"}, Subject: "s", Kind: mail.Digest, Text: "t", Unsubscribe: link}).Check() != nil {
		t.Fatalf("%s, %v", link, err)
	}
	site := h.site("")
	has(t, page(t, site, u.RequestURI(), 200), "z…@ville.example reçoit le résumé des nouvelles. Rien n'est encore changé.")
	page(t, site, "/desabonnement", 200)
	page(t, site, "/desabonnement?jeton=AAAA", 404)
	if len(set) != 0 {
		t.Fatal("a GET unsubscribes")
	}
	post := func(header map[string]string) *webtest.Answer {
		r := httptest.NewRequest(http.MethodPost, "http://localhost"+u.RequestURI(), strings.NewReader("List-Unsubscribe=One-Click"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for k, v := range header {
			r.Header.Set(k, v)
		}
		return webtest.Do(t, site, r)
	}
	for _, cross := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://ailleurs.example"}} {
		if got := post(cross); got.Status != http.StatusForbidden {
			t.Errorf("from the page of another site: %d", got.Status)
		}
	}
	got := post(nil) // a mailbox: neither cookie, nor Origin, nor Sec-Fetch-Site
	if got.Status != http.StatusOK || got.Header.Get("Set-Cookie") != "" || !slices.Equal(set, []mail.Every{mail.Never}) {
		t.Fatalf("%d, %v", got.Status, set)
	}
	if got := post(nil); got.Status != http.StatusOK { // as often as it is asked
		t.Errorf("again: %d", got.Status)
	}
	if n, err := h.Outbox.Gather(t.Context()); n != 0 || err != nil {
		t.Errorf("%d digests, %v", n, err)
	}
	h.set(h.Now().Add(30 * 24 * time.Hour))
	if n, err := h.Outbox.Gather(t.Context()); n != 0 || err != nil {
		t.Errorf("%d digests a month later, %v", n, err)
	}
	has(t, webtest.Post(t, site, u.RequestURI(), "choix=reprendre"), "recevra de nouveau le résumé", "le mardi matin")
	if set[len(set)-1] != mail.Weekly {
		t.Errorf("%v", set)
	}
	out, err := hasOptedOut(t.Context(), h.DB.Read(), h.keys.fingerprint("zoe@ville.example"), Digests)
	if out || err != nil {
		t.Errorf("still out: %v, %v", out, err)
	}
	multipart := "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"
	r := httptest.NewRequest(http.MethodPost, "http://localhost"+u.RequestURI(), strings.NewReader(multipart))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	if got := webtest.Do(t, site, r); got.Status != http.StatusOK {
		t.Errorf("multipart: %d", got.Status)
	}
}

func TestNoUnsubscriptionWithoutHTTPS(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	h.Base = "http://localhost:8080"
	if got := h.Outbox.Unsubscribe("zoe@ville.example"); got != "" {
		t.Error(got)
	}
}

// The scope of a write on a promise is whose it is.
func TestScopeOfAPromise(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	zoe := h.person("Zoé", "zoe@ville.example")
	rec := h.promiseOf(zoe)
	r := httptest.NewRequest(http.MethodPost, "/", nil).WithContext(actor.With(t.Context(), actor.Actor{Person: zoe}))
	r.SetPathValue("id", rec.ID)
	if s, err := h.onHolder(r); err != nil || s != (web.Scope{Person: zoe}) {
		t.Errorf("%+v, %v", s, err)
	}
	r.SetPathValue("id", "inconnu")
	if _, err := h.onHolder(r); err == nil {
		t.Error("an unknown promise has a scope")
	}
}

// TestAGroupTooLargeIsSaid: nobody is left out without a word.
func TestAGroupTooLargeIsSaid(t *testing.T) {
	t.Parallel()
	h := onSQLite(t, "2026-03-03 10:00")
	crowd := make([]string, mostMembers+1)
	for i := range crowd {
		crowd[i] = "p" + strconv.Itoa(i)
	}
	h.Audience = groups{"agents": crowd}
	form := url.Values{"groupe": {"agents"}, "objet": {"Séance"}, "texte": {"Bonjour."}, "geste": {"voir"}}
	got := webtest.Post(t, h.site(h.person("Secrétaire", "sec@caf.example")), "/courriels/nouveau", form.Encode())
	if got.Status != http.StatusUnprocessableEntity || !strings.Contains(got.Body, "groupes plus petits") || !strings.Contains(got.Body, "Bonjour.") {
		t.Errorf("%d\n%s", got.Status, got.Body)
	}
}
