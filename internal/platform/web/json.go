// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxJSONDepth is how deep arrays and objects may lie in each other.
const maxJSONDepth = 16

// ReadJSON reads the body of r, bounded by the route's MaxBody, into v, a pointer to what is
// expected. It is strict where encoding/json is not: a key is accepted only as it is written
// in the tag, case included, and once; null stands only where there may be nothing; nothing
// follows the value; the content type is application/json. An error is a Problem.
func ReadJSON(r *http.Request, v any) error {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if set := params["charset"]; err != nil || kind != "application/json" || set != "" && !strings.EqualFold(set, "utf-8") {
		return &Problem{Status: http.StatusUnsupportedMediaType, Title: "Format d'envoi inconnu",
			Detail: "Cette adresse reçoit du JSON en UTF-8 (application/json)."}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return readError(err)
	}
	return DecodeJSON(body, v)
}

// DecodeJSON is ReadJSON for a text already in memory.
func DecodeJSON(body []byte, v any) error {
	if !utf8.Valid(body) {
		return BadRequest("Le JSON reçu n'est pas de l'UTF-8 : enregistrez-le dans cet encodage, puis renvoyez-le.")
	}
	c := jsonChecker{dec: json.NewDecoder(bytes.NewReader(body))}
	c.dec.UseNumber()
	err := c.value(reflect.TypeOf(v).Elem(), "", 0)
	if err == nil {
		if _, more := c.dec.Token(); !errors.Is(more, io.EOF) {
			err = BadRequest("Le JSON reçu est suivi d'autre chose : n'envoyez qu'une valeur.")
		}
	}
	if err == nil {
		err = json.Unmarshal(body, v)
	}
	return jsonProblem(err)
}

// jsonProblem says in French what encoding/json found wrong.
func jsonProblem(err error) error {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if bad, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return BadRequest(fmt.Sprintf("Le champ « %s » n'a pas la forme attendue (reçu : %s).", clip(bad.Field), bad.Value)).Because(err)
	}
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return BadRequest(fmt.Sprintf("Le JSON reçu est mal formé, à l'octet %d.", bad.Offset)).Because(err)
	}
	return BadRequest("Le JSON reçu est mal formé ou incomplet.").Because(err)
}

// jsonChecker walks a text beside the type it is for.
type jsonChecker struct{ dec *json.Decoder }

// value checks one value meant for t; nil means anything.
func (c *jsonChecker) value(t reflect.Type, path string, depth int) error {
	token, err := c.dec.Token()
	if err != nil {
		return err
	}
	return c.after(token, t, path, depth)
}

func (c *jsonChecker) after(token json.Token, t reflect.Type, path string, depth int) error {
	if token == nil && t != nil && !nullable(t) {
		return BadRequest(fmt.Sprintf("Le champ « %s » ne peut pas être « null ».", clip(path)))
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxJSONDepth {
		return BadRequest(fmt.Sprintf("Le JSON reçu a plus de %d niveaux.", maxJSONDepth))
	}
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t != nil && ownJSON(t) {
		t = nil
	}
	if delim == '[' {
		return c.array(t, path, depth)
	}
	return c.object(t, path, depth)
}

func (c *jsonChecker) array(t reflect.Type, path string, depth int) error {
	var elem reflect.Type
	if t != nil && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array) {
		elem = t.Elem()
	}
	for n := 0; c.dec.More(); n++ {
		if t != nil && t.Kind() == reflect.Array && n >= t.Len() { // encoding/json drops what is too many
			return BadRequest(fmt.Sprintf("Le champ « %s » a plus de %d éléments.", clip(path), t.Len()))
		}
		if err := c.value(elem, path, depth+1); err != nil {
			return err
		}
	}
	_, err := c.dec.Token()
	return err
}

func (c *jsonChecker) object(t reflect.Type, path string, depth int) error {
	var fields map[string]reflect.Type
	var elem reflect.Type
	if t != nil && t.Kind() == reflect.Struct {
		fields = map[string]reflect.Type{}
		jsonFields(t, fields)
	} else if t != nil && t.Kind() == reflect.Map {
		elem = t.Elem()
	}
	seen := map[string]bool{}
	for c.dec.More() {
		token, err := c.dec.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return errors.New("json: a key that is no string") // cannot happen: Token checks it
		}
		name := strings.TrimPrefix(path+"."+key, ".")
		if seen[key] {
			return BadRequest(fmt.Sprintf("Le champ « %s » est écrit deux fois.", clip(name)))
		}
		seen[key] = true
		if fields != nil {
			if elem, ok = fields[key]; !ok {
				return BadRequest(fmt.Sprintf("Le champ « %s » n'est pas attendu ici.", clip(name)))
			}
		}
		if err := c.value(elem, name, depth+1); err != nil {
			return err
		}
	}
	_, err := c.dec.Token()
	return err
}

// nullable says that null has a meaning of its own for t.
func nullable(t reflect.Type) bool {
	return slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface}, t.Kind()) || ownJSON(t)
}

// ownJSON says that t reads itself.
func ownJSON(t reflect.Type) bool {
	p := reflect.PointerTo(t)
	return p.Implements(reflect.TypeFor[json.Unmarshaler]()) || p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// jsonFields are the keys of a struct, those of embedded structs included.
func jsonFields(t reflect.Type, into map[string]reflect.Type) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("json") == "-":
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			jsonFields(f.Type, into)
		case f.IsExported() && name != "":
			into[name] = f.Type
		case f.IsExported():
			into[f.Name] = f.Type
		}
	}
}
