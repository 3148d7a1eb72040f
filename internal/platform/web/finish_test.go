// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"strings"
	"testing"
)

func TestFinish(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<p>L'Île d&#39;Yeu</p>`:                       `<p>L’Île d’Yeu</p>`,
		`<p>l'<strong>avis</strong> &amp; 'cité'</p>`:  `<p>l’<strong>avis</strong> &amp; 'cité'</p>`,
		`<a href="/x" title="l'avis">d'ici</a>`:        `<a href="/x" title="l'avis">d’ici</a>`,
		`<textarea>l'avis</textarea><code>a'b</code>`:  `<textarea>l'avis</textarea><code>a'b</code>`,
		`<main><p>Sans sigle</p></main>`:               `<main><p>Sans sigle</p></main>`,
		`<p>EAJE</p><main><p>SEAJE EAJEs</p></main>`:   `<p>EAJE</p><main><p>SEAJE EAJEs</p></main>`,
		`<p>coupé l'a <b`:                              `<p>coupé l’a <b`,
		`<p>seul</p> l'`:                               `<p>seul</p> l'`,
		`<title>L'avis</title><option>l'avis</option>`: `<title>L’avis</title><option>l’avis</option>`,
	} {
		if got := string(finish([]byte(page))); got != want {
			t.Errorf("%s\n got %s\nwant %s", page, got, want)
		}
	}
}

func TestAcronymsAreExplainedOnce(t *testing.T) {
	t.Parallel()
	got := string(finish([]byte(`<main><p>Les EAJE, la Caf et la PSU des EAJE. <svg><text>RPE</text></svg></p></main><p>EPT</p>`)))
	for word, times := range map[string]int{"<b>EAJE</b>": 1, "<b>Caf</b>": 1, "<b>PSU</b>": 1, "<b>RPE</b>": 1, "<b>EPT</b>": 0, "</p>\n</main>": 1} {
		if n := strings.Count(got, word); n != times {
			t.Errorf("%s: %d times in %s", word, n, got)
		}
	}
	if strings.Index(got, "<b>Caf</b>") > strings.Index(got, "<b>EAJE</b>") {
		t.Errorf("not in alphabetical order: %s", got)
	}
}

func BenchmarkFinish(b *testing.B) {
	page := []byte("<main>" + strings.Repeat(`<tr><th scope="row"><a href="/territoires/93066">L'Île-Saint-Denis</a></th><td class="num">30,3</td><td>places en EAJE</td></tr>`, 400) + "</main>")
	b.SetBytes(int64(len(page)))
	for b.Loop() {
		finish(page)
	}
}
