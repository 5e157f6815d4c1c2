package report

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Marshal writes any value as indented JSON by the rules of encoding/json, with
// these differences: a number that is not finite is null, with the reason beside
// it, under the key with "_reason" appended,
//
//	"kappa": null,
//	"kappa_reason": "+Inf"
//
// and for one inside a list by its place, "x_reason": {"[3]": "NaN"}; a complex
// number is the list of its two parts; a list of plain values stays on its line.
func Marshal(v any) ([]byte, error) {
	t, err := toTree(reflect.ValueOf(v))
	if err != nil {
		return nil, errors.WithMessage(err, "report: Marshal")
	}
	var b bytes.Buffer
	writeTree(&b, t, "")
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// A tree is JSON before it is text: object, list, nonFinite, or json.RawMessage
// for all else.
type (
	tree   any
	object []member
	member struct {
		key   string
		value tree
	}
	list      []tree
	nonFinite string // "NaN", "+Inf", "-Inf"
)

var (
	jsonMarshaler = reflect.TypeFor[json.Marshaler]()
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
)

func toTree(v reflect.Value) (tree, error) {
	if !v.IsValid() {
		return json.RawMessage("null"), nil
	}
	if k := v.Kind(); (k == reflect.Pointer || k == reflect.Interface || k == reflect.Map || k == reflect.Slice) && v.IsNil() {
		return json.RawMessage("null"), nil
	}
	if v.Type().Implements(jsonMarshaler) || v.Type().Implements(textMarshaler) {
		return encoded(v)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return toTree(v.Elem())
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return nonFinite(strconv.FormatFloat(f, 'g', -1, 64)), nil
		}
		return encoded(v)
	case reflect.Complex64, reflect.Complex128:
		return toTree(reflect.ValueOf([2]float64{real(v.Complex()), imag(v.Complex())}))
	case reflect.Struct:
		o := object{}
		for _, f := range JSONFields(v.Type()) {
			at, err := v.FieldByIndexErr(f.index)
			if err != nil || f.omit(at) {
				continue // inside an embedded nil pointer there are no fields
			}
			t, err := toTree(at)
			if err != nil {
				return nil, errors.WithMessage(err, f.Name)
			}
			o = append(o, member{f.Name, t})
		}
		return o, nil
	case reflect.Map:
		if v.Type().Key().Kind() != reflect.String {
			return encoded(v)
		}
		o := object{}
		for _, k := range v.MapKeys() {
			t, err := toTree(v.MapIndex(k))
			if err != nil {
				return nil, errors.WithMessage(err, k.String())
			}
			o = append(o, member{k.String(), t})
		}
		slices.SortFunc(o, func(a, b member) int { return strings.Compare(a.key, b.key) })
		return o, nil
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
			return encoded(v)
		}
		l := list{}
		for i := range v.Len() {
			t, err := toTree(v.Index(i))
			if err != nil {
				return nil, errors.WithMessagef(err, "[%d]", i)
			}
			l = append(l, t)
		}
		return l, nil
	}
	return encoded(v)
}

func encoded(v reflect.Value) (tree, error) {
	b, err := json.Marshal(v.Interface())
	return json.RawMessage(b), errors.WithStack(err)
}

// reasons collects what is not finite in a list, by its place.
func reasons(t tree, place string) object {
	switch t := t.(type) {
	case nonFinite:
		return object{{place, quoted(string(t))}}
	case list:
		var all object
		for i, e := range t {
			all = append(all, reasons(e, fmt.Sprintf("%s[%d]", place, i))...)
		}
		return all
	}
	return nil // an object's own members have their reasons beside them
}

func writeTree(b *bytes.Buffer, t tree, indent string) {
	deeper := indent + "  "
	switch t := t.(type) {
	case json.RawMessage:
		b.Write(t)
	case nonFinite:
		b.WriteString("null")
	case object:
		if len(t) == 0 {
			b.WriteString("{}")
			return
		}
		for i, m := range withReasons(t) {
			b.WriteString(pick(i == 0, "{\n", ",\n") + deeper)
			b.Write(quoted(m.key))
			b.WriteString(": ")
			writeTree(b, m.value, deeper)
		}
		b.WriteString("\n" + indent + "}")
	case list:
		flat := !slices.ContainsFunc(t, func(e tree) bool {
			_, isObject := e.(object)
			_, isList := e.(list)
			return isObject || isList
		})
		b.WriteByte('[')
		for i, e := range t {
			if flat {
				b.WriteString(pick(i == 0, "", ", "))
			} else {
				b.WriteString(pick(i == 0, "\n", ",\n") + deeper)
			}
			writeTree(b, e, deeper)
		}
		b.WriteString(pick(flat, "]", "\n"+indent+"]"))
	}
}

func withReasons(o object) object {
	var all object
	for _, m := range o {
		all = append(all, m)
		if r := reasons(m.value, ""); len(r) == 1 && r[0].key == "" {
			all = append(all, member{m.key + "_reason", r[0].value})
		} else if len(r) > 0 {
			all = append(all, member{m.key + "_reason", r})
		}
	}
	return all
}

func quoted(s string) json.RawMessage {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has its JSON
	}
	return b
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

// isZero asks the value, as encoding/json does, if it has an opinion.
func isZero(v reflect.Value) bool {
	if z, ok := v.Interface().(interface{ IsZero() bool }); ok && !(v.Kind() == reflect.Pointer && v.IsNil()) {
		return z.IsZero()
	}
	return v.IsZero()
}

// JSONField is a struct's field as encoding/json sees it.
type JSONField struct {
	Name string
	Type reflect.Type

	index []int
	empty bool // omitempty
	zero  bool // omitzero
}

func (f JSONField) omit(v reflect.Value) bool {
	if f.zero && isZero(v) {
		return true
	}
	if !f.empty {
		return false
	}
	switch v.Kind() {
	case reflect.Slice, reflect.Map, reflect.String:
		return v.Len() == 0
	case reflect.Struct, reflect.Array:
		return false
	}
	return v.IsZero()
}

// JSONFields lists the exported fields, those of embedded structs in their place.
func JSONFields(t reflect.Type) []JSONField {
	var fields []JSONField
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" && options == "" {
			continue
		}
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if f.Anonymous && name == "" && inner.Kind() == reflect.Struct {
			for _, e := range JSONFields(inner) {
				e.index = append([]int{i}, e.index...)
				fields = append(fields, e)
			}
			continue
		}
		if !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		fields = append(fields, JSONField{name, f.Type, []int{i}, hasOption(options, "omitempty"), hasOption(options, "omitzero")})
	}
	return fields
}

func hasOption(options, want string) bool {
	return slices.Contains(strings.Split(options, ","), want)
}
