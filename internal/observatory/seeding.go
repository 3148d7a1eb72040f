// SPDX-License-Identifier: EUPL-1.2

package observatory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"maillage/internal/platform/clock"
)

// seedGeography: the shipped files still list Pierrefitte-sur-Seine apart from Saint-Denis.
var seedGeography = clock.NewDate(2024, time.January, 1)

const seedTitle = "Chiffres de la Seine-Saint-Denis livrés avec Maillage"

// SeedOnce puts the shipped figures into an observatory that does not have them, as an import
// like any other: an older edition of them is withdrawn, and one that a person withdrew stays out.
func (s *Store) SeedOnce(ctx context.Context, now time.Time) error {
	values, err := Seed()
	if err != nil {
		return err
	}
	hash := sha256.New()
	enc := json.NewEncoder(hash)
	seen := map[string]bool{}
	for _, v := range values {
		seen[v.Indicator] = true
		if err := enc.Encode(v); err != nil {
			return err
		}
	}
	sum := hex.EncodeToString(hash.Sum(nil))
	batches, err := s.Batches(ctx)
	if err != nil {
		return err
	}
	var older []Batch
	for _, b := range batches {
		switch {
		case b.Title == seedTitle && b.Hash == sum:
			return nil
		case b.Title == seedTitle && b.Active():
			older = append(older, b)
		}
	}
	b := &Batch{Source: "maillage", Title: seedTitle, File: "figures-93", Hash: sum, Geography: seedGeography,
		Plan: json.RawMessage(`{}`), Created: now, Report: Report{Rows: len(values)}}
	err = s.SaveBatch(ctx, b, nil, sortedCodes(seen), func(yield func(Value, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}, nil)
	for _, o := range older {
		if err == nil {
			err = s.SetWithdrawn(ctx, o.ID, now)
		}
	}
	if err != nil {
		return fmt.Errorf("figures shipped with the product: %w", err)
	}
	return nil
}
