// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"html/template"

	"maillage/internal/platform/web"
)

type storyPage struct {
	web.Page
	Badges          []web.Badge
	Messages        []web.Notice
	Stats           []web.Stat
	Tabs            web.Tabs
	Facts           []web.Fact
	Steps           []web.Step
	Stacked, Wide   web.Table
	Pager           web.Pager
	Figure          web.Figure
	Cards           []web.Link
	Empty           web.Empty
	Filters, Fields []web.Field
	Sources         []web.Source
}

func story() storyPage {
	return storyPage{
		Page: web.Page{Title: "Sainte-Exemple-sur-Seine", Nav: "territoires",
			Lead: "Commune de 42 318 habitants, qui organise elle-même l'accueil du jeune enfant. " +
				"Deux obligations sont à remplir en 2026.",
			Crumbs: []web.Crumb{{Label: "Territoires", Href: "/territoires"}, {Label: "Seine-Saint-Denis", Href: "/territoires/93"}},
			Downloads: []web.Link{{Label: "Tableau (CSV)", Href: "/x.csv"}, {Label: "Classeur (XLSX)", Href: "/x.xlsx"},
				{Label: "Données (JSON)", Href: "/x.json", Note: "pour les développeurs"}}},
		Badges: []web.Badge{{Kind: web.Pending, Text: "À venir"}, {Kind: web.Warning, Text: "À faire"}, {Kind: web.Success, Text: "Fait"},
			{Kind: web.Info, Text: "Couvert par la CTG"}, {Kind: web.Neutral, Text: "Transféré à Plaine Commune"}, {Kind: web.Danger, Text: "Refusé"}},
		Messages: []web.Notice{
			{Kind: web.Info, Title: "Géographie au 1er janvier 2025", Text: "Les séries anciennes de Pierrefitte-sur-Seine sont ajoutées à celles de Saint-Denis."},
			{Kind: web.Success, Text: "5 022 lignes importées, visibles partout dès maintenant.", Link: web.Link{Label: "Annuler cet import", Href: "#"}},
			{Kind: web.Warning, Title: "3 anomalies à regarder", Items: []string{"Vaujours : 62 % de moins que l'an dernier.", "Coubron : absente du fichier.", "93099 : code inconnu."}},
			{Kind: web.Danger, Title: "Le fichier n'a pas été lu", Text: "accueil-2023.csv, ligne 212 : guillemet ouvert et jamais refermé. Fermez-le dans votre tableur, puis recommencez."},
		},
		Stats: []web.Stat{
			{Label: "Places d'accueil pour 100 enfants de moins de 3 ans", Value: "36,4", When: "2023", Source: "Cnaf", Note: "Département : 33,9. France : 60,3."},
			{Label: "Naissances domiciliées", Value: "712", Unit: "naissances", When: "2024", Source: "Insee", Href: "#", Note: "– 3,1 % en un an"},
			{Label: "Enfants de moins de 3 ans sous le seuil de pauvreté", Value: "secret statistique", When: "2022", Source: "Cnaf", Void: true, Note: "Moins de 5 familles allocataires."},
			{Label: "Assistantes maternelles en activité", Value: "1 034", When: "1er trimestre 2024", Source: "Urssaf"},
		},
		Tabs: web.Tabs{Label: "Vues de l'observatoire", Items: []web.Tab{{Label: "Carte", Href: "#carte"},
			{Label: "Tableau", Href: "/", Current: true}, {Label: "Séries", Href: "#series"}, {Label: "Sources et limites", Href: "#sources"}}},
		Facts: []web.Fact{
			{Label: "Code Insee", Value: "93000", Note: "Siren 219 300 001"},
			{Label: "Population totale", Value: "42 318 habitants", Note: "au 1er janvier 2023, en vigueur le 1er janvier 2026"},
			{Label: "Intercommunalité", Value: "T6 Plaine Commune", Href: "#"},
			{Label: "Planifier le développement des modes d'accueil", Value: "exercée par la commune", Badge: web.Badge{Kind: web.Warning, Text: "À faire"}},
		},
		Steps: []web.Step{
			{Date: "1er janvier 2025", ISO: "2025-01-01", Title: "Autorité organisatrice", Badge: web.Badge{Kind: web.Success, Text: "Fait"}, Text: "La commune exerce les quatre compétences."},
			{Date: "1er janvier 2026", ISO: "2026-01-01", Title: "Relais petite enfance", Current: true, Badge: web.Badge{Kind: web.Warning, Text: "À faire"}, Text: "Obligatoire au-dessus de 10 000 habitants."},
			{Date: "31 janvier 2027", ISO: "2027-01-31", Title: "Rapport annuel au préfet", Badge: web.Badge{Kind: web.Pending, Text: "À venir"}},
		},
		Stacked: stacked(), Wide: wide(), Figure: figure(),
		Pager: web.Pager{Page: 3, Pages: 12, Total: "1 268 communes", Previous: "#p2", Next: "#p4", First: "#p1", Last: "#p12"},
		Cards: []web.Link{{Label: "Territoires", Href: "#t", Note: "Chercher une commune et lire sa fiche."},
			{Label: "Observatoire", Href: "#o", Note: "Cartes, tableaux et séries, avec leurs sources."},
			{Label: "Obligations", Href: "#ob", Note: "Ce que la loi demande, à qui, pour quand et pourquoi."}},
		Empty: web.Empty{Title: "Aucun import pour l'instant", Text: "Déposez un fichier CSV, XLSX ou ODS : vous verrez ce qu'il contient avant que rien ne soit enregistré.",
			Actions: []web.Link{{Label: "Importer un fichier", Href: "#i"}, {Label: "Voir un exemple", Href: "#e"}}},
		Filters: []web.Field{
			{Name: "indicateur", Label: "Indicateur", Type: "select", Required: true, Options: []web.Option{{Value: "couverture", Label: "Taux de couverture"}, {Value: "naissances", Label: "Naissances"}}},
			{Name: "annee", Label: "Année", Type: "select", Required: true, Options: []web.Option{{Value: "2023", Label: "2023", Selected: true}, {Value: "2022", Label: "2022"}}}},
		Fields: fields(),
		Sources: []web.Source{{Name: "Taux de couverture global", Producer: "Cnaf, Observatoire national de la petite enfance", Href: "https://data.caf.fr/",
			Vintage: "données 2023", Licence: "Licence Ouverte 2.0", Note: "Les places se comptent au lieu d'implantation, les enfants au domicile."}},
	}
}

func fields() []web.Field {
	return []web.Field{
		{Name: "titre", Label: "Titre de l'import", Required: true, Hint: "Il sera affiché à côté de chaque chiffre.", Value: "Accueil 2023"},
		{Name: "fichier", Label: "Fichier", Type: "file", Required: true, Accept: ".csv,.xlsx,.ods", Hint: "CSV, XLSX ou ODS, 200 Mio au plus.", Error: "Choisissez un fichier."},
		{Name: "date", Label: "Date d'effet", Type: "date"},
		{Name: "competence", Label: "Qui exerce cette compétence ?", Type: "radio", Required: true, Error: "Choisissez une des réponses proposées.",
			Options: []web.Option{{Value: "commune", Label: "La commune"}, {Value: "epci", Label: "L'intercommunalité", Hint: "Avec la délibération de transfert."}}},
		{Name: "remarque", Label: "Remarque", Type: "textarea"},
		{Name: "accord", Label: "J'ai vérifié les trois anomalies", Type: "checkbox", Required: true},
	}
}

func stacked() web.Table {
	return web.Table{ID: "obligations", Caption: "Obligations au 1er janvier 2026", Stack: true,
		Columns: []web.Column{{Label: "Commune", Sort: "ascending", Href: "#tri"}, {Label: "Population", Unit: "habitants", Numeric: true}, {Label: "Échéance"}, {Label: "État"}},
		Rows: []web.Row{
			{Cells: []web.Cell{{Text: "Aubervilliers", Href: "#a"}, {Text: "90 048"}, {Text: "1er janvier 2026"}, {Badge: web.Badge{Kind: web.Warning, Text: "À faire"}}}},
			{Current: true, Cells: []web.Cell{{Text: "Coubron", Href: "#c"}, {Text: "5 012"}, {Text: "1er janvier 2025"}, {Badge: web.Badge{Kind: web.Success, Text: "Fait"}}}},
			{Cells: []web.Cell{{Text: "L'Île-Saint-Denis", Href: "#i"}, {Text: "8 702"}, {Text: "sans échéance", Void: true}, {Badge: web.Badge{Kind: web.Info, Text: "Couvert par la CTG"}, Note: "CTG 2023-2027"}}},
		}}
}

func wide() web.Table {
	years := []string{"2016", "2017", "2018", "2019", "2020", "2021", "2022", "2023"}
	t := web.Table{ID: "series", Caption: "Places pour 100 enfants de moins de 3 ans, par mode d'accueil", Wide: true,
		Columns: []web.Column{{Label: "Mode d'accueil"}}}
	for _, y := range years {
		t.Columns = append(t.Columns, web.Column{Label: y, Numeric: true})
	}
	add := func(name string, total bool, values ...string) {
		row := web.Row{Total: total, Cells: []web.Cell{{Text: name}}}
		for _, v := range values {
			row.Cells = append(row.Cells, web.Cell{Text: v, Void: v == "secret"})
		}
		t.Rows = append(t.Rows, row)
	}
	add("Accueil collectif (EAJE)", false, "14,2", "14,9", "15,3", "15,8", "16,1", "16,9", "17,4", "18,0")
	add("Assistantes maternelles", false, "17,0", "16,6", "16,2", "15,8", "15,3", "14,9", "14,1", "13,6")
	add("Garde à domicile", false, "1,6", "1,7", "secret", "1,8", "1,9", "1,9", "2,0", "2,1")
	add("École avant 3 ans", false, "3,1", "3,0", "2,9", "2,8", "2,2", "2,4", "2,6", "2,7")
	add("Ensemble", true, "35,9", "36,2", "36,1", "36,2", "35,5", "36,1", "36,1", "36,4")
	return t
}

func figure() web.Figure {
	data := stacked()
	data.ID, data.Stack, data.Caption = "donnees-figure", false, "Données de la figure"
	return web.Figure{ID: "fig-couverture", Title: "Taux de couverture par mode d'accueil, 2023",
		Sentence:  "L'accueil collectif a dépassé les assistantes maternelles en 2020.",
		SVG:       template.HTML(`<svg viewBox="0 0 600 120" role="img" aria-label="Barres horizontales : accueil collectif 18,0 ; assistantes maternelles 13,6."><g fill="currentColor" font-size="14"><text x="0" y="30">Accueil collectif</text><text x="0" y="80">Assistantes maternelles</text><rect x="180" y="14" width="360" height="24" opacity=".75"/><rect x="180" y="64" width="272" height="24" opacity=".45"/><text x="548" y="31">18,0</text><text x="460" y="81">13,6</text></g></svg>`),
		Source:    "Source : Cnaf, Observatoire national de la petite enfance, 2023.",
		Limits:    "Les places se comptent au lieu d'implantation, les enfants au domicile.",
		Table:     &data,
		Downloads: []web.Link{{Label: "Image SVG", Href: "#svg"}, {Label: "Image PNG", Href: "#png"}, {Label: "Données CSV", Href: "#csv"}}}
}
