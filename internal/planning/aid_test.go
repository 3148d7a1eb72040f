// SPDX-License-Identifier: EUPL-1.2

package planning

import (
	"slices"
	"strings"
	"testing"
)

func matched(t *testing.T, p Plan, o Operation, on string) (fits []string, other map[string]string) {
	t.Helper()
	other = map[string]string{}
	for _, m := range p.Match(shipped(t), o, day(on)) {
		if m.Fits {
			fits = append(fits, m.Aid.Code)
		} else {
			other[m.Aid.Code] = strings.Join(m.Reasons, " ; ")
		}
	}
	return fits, other
}

func TestTheAidsOfAnOperation(t *testing.T) {
	t.Parallel()
	p := town()
	fits, other := matched(t, p, p.Operations[0], "2026-11-23")
	for _, code := range []string{"piaje", "caf93", "psu", "bonus-territoire", "bonus-trajectoire", "sppe"} {
		if !slices.Contains(fits, code) {
			t.Errorf("%s does not fit an extension: %s", code, other[code])
		}
	}
	for code, why := range map[string]string{
		"fme": "n'y ouvre pas droit", "piaje-mam": "crèche collective", "pala": "crèche collective",
	} {
		if !strings.Contains(other[code], why) {
			t.Errorf("%s: %q, want « %s »", code, other[code], why)
		}
	}
	p.Town.CTG, p.Town.Department, p.Town.Population = false, "41", 3500
	_, other = matched(t, p, p.Operations[0], "2028-01-01")
	for code, why := range map[string]string{
		"bonus-territoire": "convention territoriale globale", "caf93": "département 93", "sppe": "3 500",
		"bonus-trajectoire": "a pris fin le 31 décembre 2027", "fipe": "a pris fin",
	} {
		if !strings.Contains(other[code], why) {
			t.Errorf("%s: %q, want « %s »", code, other[code], why)
		}
	}
	fits, _ = matched(t, p, p.Operations[2], "2026-11-23")
	if !slices.Contains(fits, "piaje-mam") || !slices.Contains(fits, "mam-demarrage") {
		t.Errorf("a new MAM: %v", fits)
	}
}

func TestAnAidSaysWhatIsToFillIn(t *testing.T) {
	t.Parallel()
	p := town()
	for _, m := range p.Match(shipped(t), p.Operations[0], day("2026-11-23")) {
		got := codesOf(m.ToFill)
		if m.Aid.Code == "piaje" && !got["piaje-eaje-base"] || m.Aid.Code == "ctre" && len(got) > 0 {
			t.Errorf("%s: %v", m.Aid.Code, got)
		}
		if len(m.Reasons) == 0 && len(m.Aid.Operations)+len(m.Aid.Kinds)+len(m.Aid.Needs) > 0 {
			t.Errorf("%s gives no reason", m.Aid.Code)
		}
		if len(m.Aid.Sources) == 0 || m.Aid.Ask == "" {
			t.Errorf("%s has no source or nobody to ask", m.Aid.Code)
		}
	}
}
