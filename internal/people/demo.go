// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"context"
	"database/sql"
	"time"

	"maillage/internal/people/policy"
	"maillage/internal/platform/clock"
	"maillage/internal/territory"
)

// demoAccount is an account of the demonstration: named after what it does, nobody's.
type demoAccount struct {
	name, mail string
	org        Organisation
	hats       []policy.Hat
	title      string
}

// demoAccounts are one account for each hat. The organisations exist; the accounts are invented.
func demoAccounts(reg *territory.Registry) []demoAccount {
	caf := Organisation{Kind: Caf, Name: "Caf de la Seine-Saint-Denis", Territory: "93"}
	dep := Organisation{Kind: Departement, Name: "Département de la Seine-Saint-Denis", Territory: "93"}
	town := func(id territory.ID) Organisation {
		o := Organisation{Kind: Commune, Territory: id}
		if t, ok := reg.Get(id); ok {
			o.Name, o.SIREN = "Commune de "+t.Name, t.SIREN
		}
		return o
	}
	return []demoAccount{
		{"Administration", "administration", dep, []policy.Hat{policy.Administrator}, ""},
		{"Secrétariat", "secretariat", caf, []policy.Hat{policy.Secretariat}, ""},
		{"Coordination de Bondy", "agent.bondy", town("93010"), []policy.Hat{policy.Agent, policy.Lead}, ""},
		{"Coordination de Saint-Denis", "agent.saint-denis", town("93066"), []policy.Hat{policy.Agent}, ""},
		{"Signataire de Bondy", "signataire.bondy", town("93010"), []policy.Hat{policy.Signatory}, ""},
		{"Élu de Bondy", "elu.bondy", town("93010"), []policy.Hat{policy.Elected}, ""},
		{"Observatoire", "observatoire", dep, []policy.Hat{policy.Analyst}, ""},
		{"Référent de groupe", "referent", caf, []policy.Hat{policy.Lead}, ""},
		{"Membre du comité", "membre", Organisation{Kind: Prefecture, Name: "Préfecture de la Seine-Saint-Denis", Territory: "93"}, []policy.Hat{policy.Member}, ""},
		{"Recherche", "recherche", Organisation{Kind: University, Name: "Université Sorbonne Paris Nord"}, []policy.Hat{policy.Researcher}, ""},
	}
}

// SeedDemo writes the accounts of the demonstration, once.
func (r *Room) SeedDemo(ctx context.Context) error {
	now := r.Now()
	return r.DB.Tx(ctx, func(tx *sql.Tx) error {
		var n int
		if err := tx.QueryRowContext(ctx, `select count(*) from people_person where demo = 1`).Scan(&n); err != nil || n > 0 {
			return err
		}
		orgs := map[string]string{} // by name
		for _, a := range demoAccounts(r.Places.Registry) {
			if err := r.seedAccount(ctx, tx, a, orgs, now); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Room) seedAccount(ctx context.Context, tx *sql.Tx, a demoAccount, orgs map[string]string, now time.Time) (err error) {
	if orgs[a.org.Name] == "" {
		if orgs[a.org.Name], err = r.AddOrganisation(ctx, tx, a.org, now); err != nil {
			return err
		}
	}
	// The domain can never be somebody's (RFC 2606).
	person, err := r.AddPerson(ctx, tx, Person{FamilyName: a.name, Mail: a.mail + "@demonstration.example", Demo: true}, now)
	if err != nil {
		return err
	}
	since := Period{From: clock.On(now)}
	tie, err := r.AddAffiliation(ctx, tx, Affiliation{Person: person, Organisation: orgs[a.org.Name], Title: a.title, Period: since}, now)
	if err != nil {
		return err
	}
	for _, h := range a.hats {
		if _, err := r.AddHat(ctx, tx, tie, h, "", since, now); err != nil {
			return err
		}
	}
	return nil
}

// DemoAccount is an account of the demonstration, with its hats.
type DemoAccount struct {
	Person Person
	Hats   []Hat
}

// DemoAccounts are the accounts one may step into, none outside a demonstration.
func (r *Room) DemoAccounts(ctx context.Context) ([]DemoAccount, error) {
	list, err := r.demoPersons(ctx)
	if err != nil {
		return nil, err
	}
	accounts := make([]DemoAccount, len(list))
	for i, p := range list {
		hats, err := r.HatsOn(ctx, p.ID, r.Today())
		if err != nil {
			return nil, err
		}
		accounts[i] = DemoAccount{p, hats}
	}
	return accounts, nil
}
