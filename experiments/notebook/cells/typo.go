package cells

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/cosmos72/gomacro/base"
	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/pkg/errors"
)

// What gomacro says of names that are not there.
var (
	notThere   = regexp.MustCompile(`not a type: (\w+)\.(\w+) <\*ast\.\w+>`)
	undeclared = regexp.MustCompile(`undefined "(\w+)" in .*$|undefined identifier: (\w+)`)
	noField    = regexp.MustCompile(`(?:type (\S+) has no field(?: or method)? "(\w+)": .*|unknown field '(\w+)' in struct literal of type (\S+))$`)
	place      = regexp.MustCompile(`repl\.go:(\d+):(\d+)`)
)

// Explain says what a cell's error means to who wrote it: where a name is not there,
// which ones are like it.
func Explain(ir *fast.Interp, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if text == base.SigInterrupt.String() {
		return errors.New("interrupted")
	}
	switch {
	case notThere.MatchString(text):
		m := notThere.FindStringSubmatch(text)
		var names []string
		if sym := ir.Comp.TryResolve(m[1]); sym != nil {
			if p, ok := sym.Value.(*fast.Import); ok {
				for name := range p.Binds {
					names = append(names, name)
				}
				for name := range p.Types {
					names = append(names, name)
				}
			}
		}
		text = notThere.ReplaceAllLiteralString(text, m[1]+" has no "+m[2]+like(m[2], names))
	case undeclared.MatchString(text):
		m := undeclared.FindStringSubmatch(text)
		name := m[1] + m[2]
		var names []string
		for c := ir.Comp; c != nil; c = c.Outer {
			for known := range c.Binds {
				names = append(names, known)
			}
		}
		text = undeclared.ReplaceAllLiteralString(text, name+" is not declared"+like(name, names)+" (what a cell with an error declares is not there)")
	case noField.MatchString(text):
		m := noField.FindStringSubmatch(text)
		kind, name := m[1]+m[4], m[2]+m[3]
		text = noField.ReplaceAllLiteralString(text, kind[strings.LastIndex(kind, "/")+1:]+" has no "+name+like(name, members(kind)))
	}
	if text = place.ReplaceAllString(text, "line $1, column $2"); text == err.Error() {
		return err
	}
	return errors.New(text)
}

// members are the fields and methods of a type of a package, by its path and name.
func members(kind string) (names []string) {
	i := strings.LastIndex(kind, ".")
	if i < 0 {
		return nil
	}
	t := imports.Packages[strings.TrimPrefix(kind[:i], "*")].Types[kind[i+1:]]
	if t == nil {
		return nil
	}
	if t.Kind() == reflect.Struct {
		for _, f := range reflect.VisibleFields(t) {
			if f.IsExported() {
				names = append(names, f.Name)
			}
		}
	}
	for p, i := reflect.PointerTo(t), 0; i < p.NumMethod(); i++ {
		names = append(names, p.Method(i).Name)
	}
	return names
}

// like are the names nearest to one, about half of its letters away at most.
func like(name string, names []string) string {
	var near []string
	least := min(3, (len(name)+1)/2)
	if len(name) == 1 { // is like any other
		return ""
	}
	for _, n := range names {
		switch d := distance(strings.ToLower(n), strings.ToLower(name)); {
		case n == name || d > least:
		case d < least:
			near, least = []string{n}, d
		default:
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		return ""
	}
	slices.Sort(near)
	return "; is it " + strings.Join(slices.Compact(near), " or ") + "?"
}

// distance is that of Levenshtein, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
