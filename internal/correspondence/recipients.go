// SPDX-License-Identifier: EUPL-1.2

package correspondence

import (
	"crypto/sha256"
	"encoding/hex"
	"html/template"
	"strings"

	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

var recipientsTemplate = template.Must(template.New("recipients.html").Funcs(template.FuncMap{"nb": web.Unbreakable, "plural": french.Plural}).
	ParseFS(pageFiles, "pages/recipients.html"))

// HTML shows who gets a group mail, how many, and who does not and why: a part of the page from
// which it is sent, in any room.
func (l Recipients) HTML() template.HTML {
	var b strings.Builder
	if err := recipientsTemplate.Execute(&b, l); err != nil {
		panic(err) // cannot happen: the template is embedded, tested, and writes to memory
	}
	return template.HTML(b.String()) // #nosec G203 -- our own template
}

// Mark stands for the list: a form bears it, so that what is sent is what was shown.
func (l Recipients) Mark() string {
	h := sha256.New()
	for _, to := range l.To {
		h.Write([]byte(to.Person + "\x00" + to.To.Addr + "\x00" + to.Instead + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
