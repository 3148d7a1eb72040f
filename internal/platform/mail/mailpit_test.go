// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"maillage/internal/platform/db"
	"maillage/internal/platform/db/dbtest"
	"maillage/internal/platform/mail"
	"maillage/internal/platform/mail/mailtest"
)

// A mail goes through a real server whole: both texts, the headers that end a subscription, the
// accents, and nothing that is loaded when it is opened.
func TestARealServerTakesIt(t *testing.T) {
	t.Parallel()
	server := mailtest.Start(t)
	d := dbtest.New(t, db.SQLite, rooms...)
	o, err := mail.New(d, identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := mail.Message{To: mail.Address{Name: "Zoé L'Épée", Addr: "zoe@ville.example"}, Subject: "Séance du 3 décembre : ordre du jour", Kind: mail.Notice,
		HTML: mail.Letter{Title: "Séance du 3 décembre", Before: []string{"Bonjour,", "Où se réunit-on ? À Bondy."},
			Action: mail.Link{Label: "Lire l'ordre du jour", URL: "https://maillage.example/seances/3"}}.HTML(),
		Why: "vous siégez au comité", Unsubscribe: "https://maillage.example/desabonnement?jeton=abc"}
	err = d.Tx(t.Context(), func(tx *sql.Tx) error {
		_, err := o.Queue(t.Context(), tx, m, mail.Options{Urgent: true})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	smtp, err := mail.ParseURL(server.SMTP)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := o.Flush(context.Background(), smtp, mail.Pace{}); n != 1 || err != nil {
		t.Fatalf("%d attempted, %v", n, err)
	}
	got := server.Await("zoe@ville.example", 1)[0]
	if got.Subject != m.Subject || got.To[0].Name != m.To.Name {
		t.Errorf("%q to %q", got.Subject, got.To[0].Name)
	}
	for _, part := range []string{got.HTML, got.Text} {
		if !strings.Contains(part, "À Bondy.") || !strings.Contains(part, "https://maillage.example/seances/3") {
			t.Errorf("part:\n%s", part)
		}
	}
	for _, remote := range []string{"<img", "<link", "<script", "<style", "src=", "url("} {
		if strings.Contains(got.HTML, remote) {
			t.Errorf("the message holds %q", remote)
		}
	}
	h := server.Headers(got.ID)
	if !slices.Equal(h["List-Unsubscribe"], []string{"<" + m.Unsubscribe + ">"}) || !slices.Equal(h["List-Unsubscribe-Post"], []string{"List-Unsubscribe=One-Click"}) {
		t.Errorf("headers: %q, %q", h["List-Unsubscribe"], h["List-Unsubscribe-Post"])
	}
	var check struct {
		Total struct{ Supported float64 }
	}
	server.Get("/api/v1/message/"+got.ID+"/html-check", &check)
	if check.Total.Supported < 90 { // the rest is landmarks, that old mailboxes show as plain blocks
		t.Errorf("%.0f %% of the HTML is shown by mailboxes", check.Total.Supported)
	}
}
