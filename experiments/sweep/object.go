package sweep

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// object is a JSON object in its order.
type object []member

type member struct {
	key   string
	value json.RawMessage
}

// UnmarshalJSON implements json.Unmarshaler.
func (o *object) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Errorf("got %.40s, want an object", text)
	}
	*o = object{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return errors.WithStack(err)
		}
		m := member{key: t.(string)} // as the key of an object is
		if slices.ContainsFunc(*o, func(other member) bool { return other.key == m.key }) {
			return errors.Errorf("got %q twice, want it once", m.key)
		}
		if err := d.Decode(&m.value); err != nil {
			return errors.WithStack(err)
		}
		*o = append(*o, m)
	}
	return nil
}

// list are the values of a JSON list that is not empty, compact.
func list(text json.RawMessage) ([]json.RawMessage, error) {
	var values []json.RawMessage
	if err := json.Unmarshal(text, &values); err != nil || len(values) == 0 {
		return nil, errors.Errorf("got %s, want a list of values", text)
	}
	for i, v := range values {
		var b bytes.Buffer
		if err := json.Compact(&b, v); err != nil {
			return nil, errors.WithStack(err)
		}
		values[i] = b.Bytes()
	}
	return values, nil
}

// points are all combinations of the values of an object of lists, the last one
// varying fastest, of which there may be so many.
func (o object) points(most int) ([][]Setting, error) {
	points := [][]Setting{nil}
	for _, m := range o {
		values, err := list(m.value)
		if err != nil {
			return nil, errors.WithMessagef(err, "grid: %q", m.key)
		}
		if len(points)*len(values) > most {
			return nil, errors.Errorf("grid: got more than %d tasks in all, want at most these", MaxTasks)
		}
		var next [][]Setting
		for _, p := range points {
			for _, v := range values {
				next = append(next, append(p[:len(p):len(p)], Setting{m.key, v}))
			}
		}
		points = next
	}
	return points, nil
}

// Apply returns a configuration with the settings of the task for which want
// reports true. What a path leads through must be there, but for the last name: a
// configuration leaves out what is zero.
func (t Task) Apply(config []byte, want func(path string) bool) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(config))
	d.UseNumber() // as they are written
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, errors.Wrap(err, "sweep: Apply")
	}
	for _, s := range t.Settings {
		if !want(s.Path) {
			continue
		}
		if err := set(tree, strings.Split(s.Path, "."), s.Value); err != nil {
			return nil, errors.WithMessagef(err, "setting %q", s.Path)
		}
	}
	text, err := json.Marshal(tree)
	return text, errors.Wrap(err, "sweep: Apply")
}

func set(tree any, path []string, value json.RawMessage) error {
	name := path[0]
	switch at := tree.(type) {
	case map[string]any:
		for k := range at { // as encoding/json matches names
			if strings.EqualFold(k, name) {
				name = k
			}
		}
		if len(path) == 1 {
			at[name] = value
			return nil
		}
		if at[name] == nil {
			at[name] = map[string]any{}
		}
		return set(at[name], path[1:], value)
	case []any:
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || i >= len(at) {
			return errors.Errorf("got %q, want the number of one of the list's %d elements, from 0", name, len(at))
		}
		if len(path) == 1 {
			at[i] = value
			return nil
		}
		return set(at[i], path[1:], value)
	}
	return errors.Errorf("got %q below a value that has no parts", name)
}
