// SPDX-License-Identifier: EUPL-1.2

package history

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"maillage/internal/platform/db"
)

// Diff is what changed between two values of one struct type, or pointers to it; nil is the
// value that does not exist yet, or no longer. Only fields with a tag are looked at:
//
//	Phone string `history:"telephone,Téléphone,personal"`
//
// its name, what people call it, and "personal" when the value is about the person whose ID
// is given. Text is kept as it is, a time as db.Instant writes it, what knows how to write
// itself as text (a date) does so, a yes or no is "oui" or "", a list one line each.
func Diff(before, after any, person string) []Field {
	old, new := reflect.ValueOf(before), reflect.ValueOf(after)
	t := structType(old, new)
	if t == nil {
		return nil
	}
	var fields []Field
	for i := range t.NumField() {
		tag, ok := t.Field(i).Tag.Lookup("history")
		if !ok {
			continue
		}
		name, rest, _ := strings.Cut(tag, ",")
		label, personal, _ := strings.Cut(rest, ",")
		f := Field{Name: name, Label: label, Before: fieldText(old, i), After: fieldText(new, i)}
		if personal == "personal" {
			f.Personal = person
		}
		if f.Before != f.After {
			fields = append(fields, f)
		}
	}
	return fields
}

// structType is the struct both are; a mistake in the source panics.
func structType(values ...reflect.Value) reflect.Type {
	var t reflect.Type
	for _, v := range values {
		if !v.IsValid() {
			continue
		}
		u := v.Type()
		if u.Kind() == reflect.Pointer {
			u = u.Elem()
		}
		if u.Kind() != reflect.Struct || t != nil && t != u {
			panic(fmt.Sprintf("history: Diff of %v, want two of one struct", u))
		}
		t = u
	}
	return t
}

func fieldText(v reflect.Value, i int) string {
	if v.IsValid() && v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if !v.IsValid() {
		return ""
	}
	return text(v.Field(i))
}

func text(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case string:
		return x
	case time.Time:
		return db.OptionalInstant(x)
	case encoding.TextMarshaler:
		if b, err := x.MarshalText(); err == nil {
			return string(b)
		}
	case fmt.Stringer:
		return x.String()
	}
	switch v.Kind() {
	case reflect.Bool:
		if v.Bool() {
			return "oui"
		}
		return ""
	case reflect.Slice, reflect.Array:
		lines := make([]string, v.Len())
		for i := range lines {
			lines[i] = text(v.Index(i))
		}
		return strings.Join(lines, "\n")
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return text(v.Elem())
	}
	return fmt.Sprint(v.Interface())
}

// Named is a field of a map: its name, what people call it, whether its values are personal.
type Named struct {
	Name, Label string
	Personal    bool
}

// DiffMaps is Diff for values kept by name, in the order of names; a nil map has none.
func DiffMaps(names []Named, before, after map[string]string, person string) []Field {
	var fields []Field
	for _, n := range names {
		f := Field{Name: n.Name, Label: n.Label, Before: before[n.Name], After: after[n.Name]}
		if n.Personal {
			f.Personal = person
		}
		fields = append(fields, f)
	}
	return slices.DeleteFunc(fields, func(f Field) bool { return f.Before == f.After })
}
