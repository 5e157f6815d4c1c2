package settings

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/pkg/errors"
)

// Copy returns a copy of a configuration that shares nothing with it.
func Copy[C any, P interface{ *C }](cfg P) (P, error) {
	text, err := Marshal(cfg)
	c := P(new(C))
	if err == nil {
		err = errors.Wrap(json.Unmarshal(text, c), "settings: configuration")
	}
	return c, err
}

// Overlay sets what is not zero in from.
func Overlay[C any](to *C, from C) { overlay(reflect.ValueOf(to).Elem(), reflect.ValueOf(from)) }

func overlay(to, from reflect.Value) {
	if from.Kind() == reflect.Struct {
		for i := range from.NumField() {
			overlay(to.Field(i), from.Field(i))
		}
	} else if !from.IsZero() {
		to.Set(from)
	}
}

// Marshal is the configuration as JSON.
func Marshal(cfg any) ([]byte, error) {
	text, err := json.Marshal(cfg)
	return text, errors.Wrap(err, "settings: configuration")
}

// Difference says which setting of two configurations differs first, "" if none.
func Difference(was, is any) string {
	trees := [2]any{}
	for i, cfg := range []any{was, is} {
		text, err := json.Marshal(cfg)
		if err == nil {
			d := json.NewDecoder(bytes.NewReader(text))
			d.UseNumber()
			err = d.Decode(&trees[i])
		}
		if err != nil {
			return err.Error()
		}
	}
	return differs(trees[0], trees[1], "")
}

func differs(was, is any, path string) string {
	switch a := was.(type) {
	case map[string]any:
		b, ok := is.(map[string]any)
		if !ok {
			break
		}
		names := maps.Clone(a)
		maps.Copy(names, b)
		for _, k := range slices.Sorted(maps.Keys(names)) {
			if d := differs(a[k], b[k], join(path, k)); d != "" {
				return d
			}
		}
		return ""
	case []any:
		b, ok := is.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			if d := differs(a[i], b[i], join(path, fmt.Sprint(i))); d != "" {
				return d
			}
		}
		return ""
	}
	if reflect.DeepEqual(was, is) {
		return ""
	}
	return fmt.Sprintf("%s was %s and is %s", path, short(was), short(is))
}

// short is a value as JSON, cut to what a line holds.
func short(v any) string {
	text, err := json.Marshal(v)
	if err != nil || len(text) > 60 {
		return fmt.Sprintf("%.60s…", text)
	}
	return string(text)
}
