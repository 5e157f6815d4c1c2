// Package settings reads configurations from JSON, strictly, and tells what differs
// between two.
package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"spnode/experiments/driver/command"
	"spnode/experiments/report"
)

// Show writes the configuration as -print-config wants it, JSON that -config
// takes.
func Show(cfg any, stdout io.Writer) error {
	text, err := report.Marshal(cfg)
	if err == nil {
		_, err = stdout.Write(text)
	}
	return err
}

// Load reads a JSON file into a struct that already holds the defaults;
// what the file leaves out stays as it was. Any mistake is a command.UsageError that
// names the file and the field: an unknown field (with those allowed), a value
// of the wrong type, bad syntax (with the line), something after the end.
func Load(path string, into any) error {
	text, err := Read(path)
	if err != nil {
		return err
	}
	return Parse(path, text, into)
}

// Read returns the text of a configuration's file.
func Read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	return text, command.AsUsage(errors.Wrap(err, "configuration"))
}

// Parse is Load of a text that comes from the file of that path.
func Parse(path string, text []byte, into any) error {
	if err := Decode(text, into); err != nil {
		return command.Usagef("configuration %s: %v", path, err)
	}
	return nil
}

// Decode is Load of a text without a file.
func Decode(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == io.EOF:
		return errors.New("got an empty file, want a JSON object")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.Errorf("line %d: got the end of the file inside a value", lineAt(data, int64(len(data))))
	case errors.As(err, &syntax):
		return errors.Errorf("line %d: %v", lineAt(data, syntax.Offset), syntax)
	case errors.As(err, &kind):
		field := "the whole"
		if kind.Field != "" {
			// Embedded structs have a name in Go alone.
			field = fmt.Sprintf("field %q", strings.NewReplacer("Common.", "", "Recipe.", "").Replace(kind.Field))
		}
		return errors.Errorf("line %d: %s: got a %s, want %s", lineAt(data, kind.Offset), field, kind.Value, typeName(kind.Type))
	case err != nil && strings.Contains(err.Error(), "unknown field"):
		var got any
		if json.Unmarshal(data, &got) == nil {
			if better := unknownField(got, reflect.TypeOf(into), ""); better != nil {
				return better
			}
		}
		return err
	case err != nil:
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.Errorf("line %d: got more after the end of the configuration, want one JSON object", lineAt(data, d.InputOffset()))
	}
	return nil
}

func lineAt(data []byte, offset int64) int {
	return 1 + bytes.Count(data[:min(offset, int64(len(data)))], []byte("\n"))
}

// typeName says what a field takes, in the words of someone who writes JSON.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of at least 0"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return t.String()
}

// unknownField finds the first field, by its path, that the type lacks: the
// decoder of the standard library tells only its last name.
func unknownField(got any, t reflect.Type, path string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := got.(type) {
	case map[string]any:
		if t.Kind() == reflect.Map {
			for _, key := range slices.Sorted(maps.Keys(v)) {
				if err := unknownField(v[key], t.Elem(), join(path, key)); err != nil {
					return err
				}
			}
		}
		if t.Kind() != reflect.Struct {
			return nil
		}
		known := report.JSONFields(t)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			i := fieldNamed(known, key)
			if i < 0 {
				var names []string
				for _, f := range known {
					names = append(names, f.Name)
				}
				return errors.Errorf("unknown field %q, want one of %s", join(path, key), strings.Join(names, ", "))
			}
			if err := unknownField(v[key], known[i].Type, join(path, key)); err != nil {
				return err
			}
		}
	case []any:
		if t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
			for i, e := range v {
				if err := unknownField(e, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func fieldNamed(fields []report.JSONField, key string) int {
	for i, f := range fields {
		if strings.EqualFold(f.Name, key) { // as encoding/json matches
			return i
		}
	}
	return -1
}
