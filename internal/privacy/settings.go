// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"database/sql"
	"strconv"

	"maillage/internal/platform/db"
	"maillage/internal/platform/history"
)

// Settings are what the administrator says. Nothing of it can be known beforehand.
type Settings struct{ values map[string]string }

// setting is one line of the form of the controller.
type setting struct {
	name, label, hint, kind, autocomplete string
}

// controllerSettings are the controller's details (GDPR articles 13 and 30).
var controllerSettings = []setting{
	{"responsable", "Responsable du traitement", "La collectivité ou l'organisme qui décide de ce service, et qui répond de lui.", "text", "organization"},
	{"responsable-adresse", "Adresse postale du responsable", "", "textarea", ""},
	{"responsable-contact", "Adresse électronique pour exercer ses droits", "Celle que la page publique donne.", "email", "email"},
	{"dpo", "Délégué à la protection des données", "Une fonction ou un service suffit ; son nom n'est pas nécessaire.", "text", ""},
	{"dpo-contact", "Adresse électronique du délégué", "", "email", ""},
	{"hebergeur", "Hébergeur", "Qui tient les machines, et dans quel pays.", "text", ""},
	{"mesures", "Mesures de sécurité propres à votre installation", "Sauvegardes, réseau, locaux. Celles du service lui-même sont déjà écrites.", "textarea", ""},
	{"sauvegardes", "Durée de garde des sauvegardes, en jours", "Une sauvegarde plus ancienne qu'un effacement contient encore la personne jusqu'à sa propre fin.", "number", ""},
}

// Text is a setting, "" when it was never filled in.
func (s Settings) Text(name string) string { return s.values[name] }

// Missing are the labels of the controller's details that are still to be filled in.
func (s Settings) Missing() []string {
	var list []string
	for _, c := range controllerSettings {
		if s.values[c.name] == "" {
			list = append(list, c.label)
		}
	}
	return list
}

// Lifetime is how long a category is kept on this service.
type Lifetime struct {
	Days   int
	On     bool // the daily job applies it
	Chosen bool // by the administrator; else it is the proposal
}

// Life is the length of a category, the proposal when none was chosen.
func (s Settings) Life(c Category) Lifetime {
	l := Lifetime{Days: c.Days, On: s.values["conservation/"+c.Name+"/active"] == "oui"}
	if n, err := strconv.Atoi(s.values["conservation/"+c.Name+"/jours"]); err == nil && c.accepts(n) {
		l.Days, l.Chosen = n, true
	}
	l.On = l.On && l.Days > 0
	return l
}

// accepts says that a length may be chosen for the category.
func (c Category) accepts(days int) bool {
	return c.Days > 0 && days >= max(1, c.Least) && days <= c.most()
}

// most is the longest length that may be chosen: a hundred years, or what the rooms allow.
func (c Category) most() int {
	if c.Own > 0 {
		return c.Own
	}
	return 36500
}

// Settings reads them.
func (r *Room) Settings(ctx context.Context) (Settings, error) {
	s := Settings{values: map[string]string{}}
	_, err := db.Query(ctx, r.DB.Read(), func(scan func(...any) error) (struct{}, error) {
		var name, value string
		err := scan(&name, &value)
		s.values[name] = value
		return struct{}{}, err
	}, `select name, value from privacy_setting order by name limit 1000`)
	return s, err
}

// changed is a setting to write.
type changed struct{ name, label, value string }

// set writes settings and what they were before in the history.
func (r *Room) set(ctx context.Context, list []changed) error {
	before, err := r.Settings(ctx)
	if err != nil {
		return err
	}
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		e := history.Entry{Subject: "privacy/reglages/service", Label: "Réglages sur les données personnelles", Verb: history.Update}
		for _, c := range list {
			_, err := tx.ExecContext(ctx, `insert into privacy_setting (name, value, set_at) values ($1, $2, $3)
				on conflict (name) do update set value = excluded.value, set_at = excluded.set_at`, c.name, c.value, db.Instant(r.Now()))
			if err != nil {
				return err
			}
			e.Fields = append(e.Fields, history.Field{Name: c.name, Label: c.label, Before: before.Text(c.name), After: c.value})
		}
		if err := db.Bump(ctx, tx, ChangeName); err != nil {
			return err
		}
		if r.History == nil {
			return nil
		}
		return r.History.Record(ctx, tx, e)
	})
}

// ChangeName is bumped (db.Bump) when the settings change: the public page shows them.
const ChangeName = "privacy"
