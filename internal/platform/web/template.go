// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
)

//go:embed templates
var ownTemplates embed.FS

// Template is a page: the layout, the components and a room's files, for one struct T
// that embeds Page.
type Template[T any] struct {
	name string
	tmpl *template.Template
}

// Pair is a template with the zero value of its struct, for webtest.CheckTemplates.
type Pair struct {
	Name     string
	Template *template.Template
	Data     any
}

var registry struct {
	sync.Mutex
	pairs []Pair
}

// Templates are all pairs made by NewTemplate in the program.
func Templates() []Pair {
	registry.Lock()
	defer registry.Unlock()
	return slices.Clone(registry.pairs)
}

// NewTemplate parses the layout, the components and the room's files. It is for package
// variables: a template that does not parse, or a T that does not embed Page, is a
// mistake in the source and panics at start.
func NewTemplate[T any](fsys fs.FS, files ...string) *Template[T] {
	var zero T
	name := strings.Join(files, "+")
	if _, ok := any(&zero).(interface{ page() *Page }); !ok {
		panic(fmt.Sprintf("web: %T, the struct of %s, does not embed web.Page", zero, name))
	}
	t := template.New("layout.html").Funcs(funcs)
	t = template.Must(t.ParseFS(ownTemplates, "templates/layout.html", "templates/components.html", "templates/forms.html"))
	t = template.Must(t.ParseFS(fsys, files...))
	registry.Lock()
	registry.pairs = append(registry.pairs, Pair{name, t, zero})
	registry.Unlock()
	return &Template[T]{name, t}
}

// Render writes the page, whole or not at all, with its ETag (see Bytes).
func (t *Template[T]) Render(w http.ResponseWriter, r *http.Request, status int, data T) error {
	if status == http.StatusUnprocessableEntity {
		any(&data).(interface{ page() *Page }).page().toCorrect()
	}
	body, err := t.execute(r, data)
	if err != nil {
		return err
	}
	return Bytes(w, r, status, htmlType, body)
}

func (t *Template[T]) execute(r *http.Request, data T) ([]byte, error) {
	p := any(&data).(interface{ page() *Page }).page()
	p.Path, p.request = r.URL.Path, r
	p.Shell = &Shell{Nav: defaultNav, SearchPath: "/territoires", Suggest: "/api/v1/territoires"}
	if v := visitOf(r.Context()); v != nil {
		p.Shell, p.Account = v.server.shell, v.who
	}
	var b bytes.Buffer
	b.Grow(16 << 10)
	if err := t.tmpl.Execute(&b, data); err != nil {
		return nil, fmt.Errorf("page %s: %w", t.name, err)
	}
	return finish(b.Bytes()), nil
}
