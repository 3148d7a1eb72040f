// SPDX-License-Identifier: EUPL-1.2

package signin

import (
	"context"
	"database/sql"
	"errors"

	"maillage/internal/people"
)

// Readdressed follows a change of address made in the directory, in its transaction: person is the record
// that has another address now, former the one it had, "" for none. Codes under way and stops of former
// changes lose their worth, every session of the person ends, and both mailboxes are told: whoever can
// change an address can otherwise open the account without its owner knowing. The former mailbox is not
// told the new address, since it may be a stranger's: addresses are also changed because they were wrong.
// What this room changes itself (people.Room.Readdress) does not come here.
func (r *Room) Readdressed(ctx context.Context, tx *sql.Tx, person, former string) error {
	now := r.Now()
	if err := r.close(ctx, tx, person, "adresse changée dans l'annuaire", now); err != nil {
		return err
	}
	if former == "" { // an account gets its first address: nobody to warn
		return nil
	}
	p, err := r.People.Person(ctx, tx, person)
	if err != nil && !errors.Is(err, people.ErrUnknown) { // unknown: deleted in the same deed
		return err
	}
	present, err := r.recordMail(ctx, tx, person)
	if err != nil {
		return err
	}
	told := p
	told.Mail = former
	if err := r.tell(ctx, tx, told, "Votre adresse dans Maillage a changé",
		"Le "+moment(now)+", l'adresse du compte qui s'ouvrait avec celle-ci a été changée dans l'annuaire. Les codes de connexion ne viennent plus ici et les sessions du compte sont fermées.",
		"Si vous n'en saviez rien, prévenez aussitôt le secrétariat du comité et l'administrateur du service."); err != nil || present == former {
		return err
	}
	told.Mail = present
	return r.tell(ctx, tx, told, "Votre adresse dans Maillage a changé",
		"Le "+moment(now)+", l'adresse de votre compte a été changée dans l'annuaire pour celle-ci. Les sessions du compte sont fermées : connectez-vous avec cette adresse.",
		"Si ce compte n'est pas le vôtre, ne vous connectez pas et prévenez le secrétariat du comité.")
}

// recordMail is the address of a record itself, a duplicate not followed; "" for none.
func (r *Room) recordMail(ctx context.Context, tx *sql.Tx, person string) (string, error) {
	list, err := r.People.Same(ctx, tx, person)
	for _, record := range list {
		if record.ID == person {
			return record.Mail, err
		}
	}
	return "", err
}
