// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

func pluralPersons(n int) string { return french.Plural(n, "personne", "personnes") }

// downloads are the list on screen as files.
func downloads(path string, form *web.Form) []web.Link {
	v := kept(form)
	return []web.Link{
		{Label: "Tableau (CSV)", Href: withQuery(path+".csv", v), Note: "pour un tableur, réimportable"},
		{Label: "Classeur (XLSX)", Href: withQuery(path+".xlsx", v)},
		{Label: "Classeur (ODS)", Href: withQuery(path+".ods", v)},
	}
}
