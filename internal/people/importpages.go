// SPDX-License-Identifier: EUPL-1.2

package people

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"maillage/internal/drafts"
	"maillage/internal/people/paste"
	"maillage/internal/platform/french"
	"maillage/internal/platform/web"
)

const (
	maxPasted = 512 << 10 // bytes: some thousands of lines
	maxImport = 2 << 20   // body, with the choices
)

// importPage is where a list is pasted, then looked at.
type importPage struct {
	web.Page
	Draft   drafts.Form
	Text    web.Field
	Lines   []lineView // the doubtful first; nil before the list is read
	Tally   []web.Badge
	Columns string
	Orgs    []string // organisations that would be created
	Skipped []paste.Skip
	Open    int // doubtful lines without a choice
	Submit  string
	Back    string // the text, kept for the second step
}

// lineView is a line as the page shows it.
type lineView struct {
	N           int
	Line        int
	Class, Raw  string
	Name        string
	Details     string
	Badge       web.Badge
	Why         []string
	Who         *web.Field // choice of the person
	Org         *web.Field // choice of the organisation
	Keep        bool       // has a box
	Kept        bool
	Href        string // of the person known
	Consequence string
	Mark        string // what the line is, to notice that the directory changed meanwhile
}

var importTemplate = web.NewTemplate[importPage](pageFiles, "pages/import.html", "pages/parts.html")

// importSpec lists the fields of the form: those of every line are numbered.
func importSpec() web.FormSpec {
	fields := []string{"texte", "geste", "reste"}
	for i := range paste.MaxEntries {
		n := strconv.Itoa(i)
		fields = append(fields, "garder-"+n, "vu-"+n, "qui-"+n, "org-"+n)
	}
	return web.FormSpec{Fields: fields, MaxText: maxPasted, MaxParts: 4*paste.MaxEntries + 3}
}

var importFields = importSpec()

func (r *Room) importForm(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, web.FormSpec{})
	if err != nil {
		return err
	}
	return r.showImport(w, req, http.StatusOK, form, nil)
}

func (r *Room) showImport(w http.ResponseWriter, req *http.Request, status int, form *web.Form, fill func(*importPage)) error {
	p := importPage{Page: web.Page{Title: "Coller une liste de personnes", Nav: section, Robots: "noindex", Crumbs: directoryCrumbs,
		Lead: "Copiez une liste depuis Outlook, un courriel ou un tableau, et collez-la ici. Rien n'est créé avant votre accord.", Notices: mistakes(form)},
		Text: form.Field(web.Field{Name: "texte", Label: "La liste", Type: "textarea", Required: true,
			Hint: "Par exemple « DUPRÉ Lina <lina.dupre@ville.example> », ou des colonnes avec leurs titres : Nom, Prénom, Courriel, Organisme, Fonction, Téléphone."})}
	p.Draft, p.Scripts = r.Drafts.Page(req, "/personnes/import", ""), []string{drafts.Script}
	if fill != nil {
		fill(&p)
	}
	private(w)
	return importTemplate.Render(w, req, status, p)
}

// importList reads what was pasted, shows what it would do, and does it once told so.
func (r *Room) importList(w http.ResponseWriter, req *http.Request) error {
	form, err := web.ReadForm(req, importFields)
	if err != nil {
		return err
	}
	list := paste.Parse(form.Values.Get("texte"))
	if len(list.Entries) == 0 {
		said := "Collez la liste ici."
		if form.Text("texte") != "" {
			said = "Aucune personne n'a été reconnue : il faut au moins un nom ou une adresse par ligne."
		}
		form.Fail("texte", said)
		return r.showImport(w, req, http.StatusUnprocessableEntity, form, nil)
	}
	lines, dir, err := r.plan(req.Context(), list)
	if err != nil {
		return err
	}
	if form.Text("geste") != "importer" {
		return r.showPlan(w, req, http.StatusOK, form, list, lines, dir, nil)
	}
	decided, open, notice := decide(form, lines, dir)
	if open > 0 || notice != nil {
		if notice == nil {
			notice = &web.Notice{Kind: web.Danger, Title: french.Plural(open, "ligne attend", "lignes attendent") + " votre choix",
				Text: "Rien n'est encore enregistré. Répondez aux questions en ambre, ou cochez la case du bas pour laisser ces lignes de côté."}
		}
		return r.showPlan(w, req, http.StatusUnprocessableEntity, form, list, lines, dir, notice)
	}
	id, err := r.takeIn(req.Context(), decided)
	if errors.Is(err, ErrTaken) {
		return r.showPlan(w, req, http.StatusUnprocessableEntity, form, list, lines, dir, &web.Notice{Kind: web.Danger, Title: "Une adresse ou un SIREN de cette liste est déjà pris",
			Text: "Quelqu'un vient peut-être de l'enregistrer. Rien n'a été créé : relisez les lignes ci-dessous, puis recommencez."})
	}
	if err != nil {
		return forbidden(err)
	}
	return web.Redirect(w, req, "/personnes/imports?fait=importe#import-"+id)
}

// decide turns the choices of the form into decisions. open counts the doubtful lines without one.
func decide(form *web.Form, lines []planLine, dir *directory) (list []decision, open int, notice *web.Notice) {
	for i, l := range lines {
		n := strconv.Itoa(i)
		if seen := form.Text("vu-" + n); seen != "" && seen != l.mark() {
			return nil, 0, &web.Notice{Kind: web.Warning, Title: "L'annuaire a changé pendant que vous lisiez",
				Text: "Rien n'est encore enregistré. Les lignes ci-dessous disent ce qui vaut maintenant : relisez-les, puis recommencez."}
		}
		d := decision{line: l, org: l.Org.ID, name: [2]string{l.Family, l.Given}}
		if l.Org.ID == "" {
			d.create = l.Org.New
		}
		switch l.State {
		case lineRepeat:
			continue
		case lineKnown:
			d.person = l.Known
			if form.Text("garder-"+n) == "" {
				continue
			}
		case lineNew:
			if form.Text("garder-"+n) == "" {
				continue
			}
		case lineDoubtful:
			taken, answered := d.answer(form, n, dir)
			if !answered {
				if form.Checked("reste") {
					continue
				}
				form.Fail("qui-"+n, "Choisissez.")
				open++
				continue
			}
			if !taken {
				continue
			}
		}
		list = append(list, d)
	}
	return list, open, nil
}

// mark is what a line was when it was shown: if it is something else at the time of OK, it is
// shown again rather than done.
func (l planLine) mark() string {
	return strings.TrimSpace(string(l.State) + " " + l.Known + strings.Join(l.Maybe, " "))
}

// answer reads the choices of a doubtful line: whether it is taken in, and whether it was answered.
func (d *decision) answer(form *web.Form, n string, dir *directory) (taken, answered bool) {
	who := form.Text("qui-" + n)
	switch {
	case who == "":
		return false, false
	case who == "non":
		return false, true
	case slices.Contains(d.line.Maybe, who):
		d.person = who
	case strings.HasPrefix(who, "lecture-"):
		i, err := strconv.Atoi(strings.TrimPrefix(who, "lecture-"))
		if err != nil || i < 0 || i >= len(d.line.Readings) {
			return false, false
		}
		d.name = [2]string{d.line.Readings[i].Family, d.line.Readings[i].Given}
	case who == "nouvelle" && d.line.Family != "":
	default:
		return false, false
	}
	if id := d.line.takenMail(dir); d.person == "" && id != "" {
		d.line.Mail = "" // the address stays whose it is
	}
	if len(d.line.Org.Maybe) == 0 {
		return true, true
	}
	switch org := form.Text("org-" + n); {
	case slices.Contains(d.line.Org.Maybe, org):
		d.org, d.create = org, Organisation{}
	case org == "creer":
	case org == "aucune":
		d.create = Organisation{}
	default:
		return false, false
	}
	return true, true
}

// takenMail is who bears the address of a line already, "" for nobody.
func (l planLine) takenMail(dir *directory) string {
	if l.Mail == "" {
		return ""
	}
	return dir.byMail[l.Mail]
}

func (r *Room) showPlan(w http.ResponseWriter, req *http.Request, status int, form *web.Form, list paste.List, lines []planLine, dir *directory, notice *web.Notice) error {
	first := form.Text("geste") != "importer"
	return r.showImport(w, req, status, form, func(p *importPage) {
		p.Title, p.Lead = "Relire la liste", "Rien n'est encore créé. Voici ce qui a été lu, et ce qui serait fait."
		p.Notices = nil
		if notice != nil {
			p.Notices = []web.Notice{*notice}
		}
		p.Back, p.Skipped = form.Values.Get("texte"), list.Skipped
		if len(list.Columns) > 0 {
			p.Columns = strings.Join(list.Columns, ", ")
		}
		count := map[lineState]int{}
		for i, l := range lines {
			count[l.State]++
			p.Lines = append(p.Lines, viewLine(form, i, l, dir, first))
			if o := l.Org; o.ID == "" && o.New.Name != "" && len(o.Maybe) == 0 && !slices.Contains(p.Orgs, o.New.Name) {
				p.Orgs = append(p.Orgs, o.New.Name)
			}
		}
		slices.SortStableFunc(p.Lines, func(a, b lineView) int { return bit(b.Class == "doubtful") - bit(a.Class == "doubtful") })
		p.Open = count[lineDoubtful]
		for _, c := range []struct {
			state           lineState
			kind, one, many string
		}{{lineDoubtful, web.Warning, "ligne à vérifier", "lignes à vérifier"}, {lineNew, web.Success, "personne nouvelle", "personnes nouvelles"},
			{lineKnown, web.Neutral, "déjà dans l'annuaire", "déjà dans l'annuaire"}, {lineRepeat, web.Neutral, "ligne en double", "lignes en double"}} {
			if n := count[c.state]; n > 0 {
				p.Tally = append(p.Tally, web.Badge{Kind: c.kind, Text: french.Plural(n, c.one, c.many)})
			}
		}
		p.Submit = "Importer les lignes cochées"
	})
}

func viewLine(form *web.Form, i int, l planLine, dir *directory, first bool) lineView {
	n := strconv.Itoa(i)
	v := lineView{N: i, Line: l.Line, Raw: l.Raw, Name: l.Name.String(), Why: l.Why, Mark: l.mark(), Keep: true, Kept: first || form.Text("garder-"+n) != ""}
	org := l.Organisation
	if o := l.Org; o.ID != "" {
		org = dir.orgName(o.ID)
	} else if o.New.Name != "" && len(o.Maybe) == 0 {
		org = o.New.Name + " (à créer)"
	}
	var details []string
	for _, s := range []string{l.Title, org, l.Mail, spacedPhone(l.Phone)} {
		if s != "" {
			details = append(details, s)
		}
	}
	v.Details = strings.Join(details, " · ")
	if v.Name == "" {
		v.Name = l.Mail
	}
	switch l.State {
	case lineNew:
		v.Class, v.Badge = "new", web.Badge{Kind: web.Success, Text: "Nouvelle"}
	case lineKnown:
		known := dir.persons[l.Known]
		v.Class, v.Badge, v.Name, v.Href = "known", web.Badge{Kind: web.Neutral, Text: "Déjà dans l'annuaire"}, known.Name(), "/personnes/"+l.Known
		v.Consequence = l.completes(known, dir)
		if v.Consequence == "" {
			v.Consequence, v.Keep = "Rien à ajouter.", false
		}
	case lineRepeat:
		v.Class, v.Badge, v.Keep = "known", web.Badge{Kind: web.Neutral, Text: fmt.Sprintf("En double avec la ligne %d", l.Repeats)}, false
	case lineDoubtful:
		v.Class, v.Badge, v.Keep = "doubtful", web.Badge{Kind: web.Warning, Text: "À vérifier"}, false
		v.questions(form, n, l, dir)
	}
	return v
}

// completes tells what a line would add to somebody who is known.
func (l planLine) completes(p Person, dir *directory) string {
	var adds []string
	if p.Mail == "" && l.Mail != "" {
		adds = append(adds, "le courriel")
	}
	if p.Phone == "" && l.Phone != "" {
		adds = append(adds, "le téléphone")
	}
	if (l.Org.ID != "" || l.Org.New.Name != "") && !slices.Contains(dir.in[p.ID], l.Org.ID) {
		adds = append(adds, "un poste")
	}
	if len(adds) == 0 {
		return ""
	}
	return "Ajoutera " + strings.Join(adds, ", ") + "."
}

func (d *directory) orgName(id string) string {
	for _, o := range d.orgs {
		if o.ID == id {
			return o.Name
		}
	}
	return ""
}

// personLabel is a person as a choice shows them.
func (d *directory) personLabel(id string) string {
	label := d.persons[id].Name()
	for _, org := range d.in[id] {
		return label + ", " + d.orgName(org)
	}
	return label
}

// questions are the choices to make on a doubtful line.
func (v *lineView) questions(form *web.Form, n string, l planLine, dir *directory) {
	who := web.Field{Name: "qui-" + n, Label: "Ligne " + strconv.Itoa(l.Line) + " : qui est-ce ?", Type: "radio", Required: true}
	for _, id := range l.Maybe {
		who.Options = append(who.Options, web.Option{Value: id, Label: "C'est " + dir.personLabel(id)})
	}
	hint := ""
	if l.takenMail(dir) != "" {
		hint = "Sans son adresse, qui reste à l'autre personne."
	}
	for i, x := range l.Readings {
		who.Options = append(who.Options, web.Option{Value: "lecture-" + strconv.Itoa(i), Label: "Créer : nom « " + x.Family + " », prénom « " + x.Given + " »", Hint: hint})
	}
	if len(l.Readings) == 0 && l.Family != "" {
		who.Options = append(who.Options, web.Option{Value: "nouvelle", Label: "Créer : " + l.Name.String(), Hint: hint})
	}
	who.Options = append(who.Options, web.Option{Value: "non", Label: "Laisser de côté"})
	said := form.Text("qui-" + n)
	if sure := len(l.Maybe) == 0 && len(l.Doubts) == 0; said == "" && (sure || len(who.Options) == 1) {
		said = who.Options[0].Value // the question is elsewhere, or there is but one answer
	}
	for i := range who.Options {
		who.Options[i].Selected = who.Options[i].Value == said
	}
	who.Error = form.Errors["qui-"+n]
	v.Who = &who
	if len(l.Org.Maybe) == 0 {
		return
	}
	org := web.Field{Name: "org-" + n, Label: "« " + clip(l.Organisation) + " », ligne " + strconv.Itoa(l.Line), Type: "select", Required: true, Value: form.Text("org-" + n)}
	for _, id := range l.Org.Maybe {
		org.Options = append(org.Options, web.Option{Value: id, Label: dir.orgName(id)})
	}
	org.Options = append(org.Options, web.Option{Value: "creer", Label: "Créer « " + clip(l.Org.New.Name) + " »"}, web.Option{Value: "aucune", Label: "Aucune organisation"})
	v.Org = &org
}
