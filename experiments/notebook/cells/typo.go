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
	wrongType  = regexp.MustCompile(`cannot convert untyped constant \{(\w+) (.*)\} to <(.*)>`)
	noPackage  = regexp.MustCompile(`(?s)error importing packages map\[([^\s:]+):.*`)
	place      = regexp.MustCompile(`repl\.go:(\d+):(\d+)`)
)

// Explain says what a cell's error means to who wrote it: where a name is not there,
// which ones are like it.
func Explain(ir *fast.Interp, err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	switch {
	case text == base.SigInterrupt.String():
		text = "interrupted"
	case text == "reflect: call of reflect.Value.Method on zero Value":
		text = "a method of a variable that was never set: the cell that sets it has failed, run that again"
	case wrongType.MatchString(text):
		text = wrongType.ReplaceAllString(text, "cannot use $2 (untyped $1 constant) as $3 value")
	case noPackage.MatchString(text):
		name := noPackage.FindStringSubmatch(text)[1]
		var names []string
		for path := range imports.Packages {
			names = append(names, path)
		}
		text = noPackage.ReplaceAllLiteralString(text, "there is no package "+name+" here"+like(name, names))
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

// like are the names nearest to one, half of its letters away at most.
func like(name string, names []string) string {
	var near []string
	least := min(3, len(name)/2)
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

// distance is that of Levenshtein, in bytes, where two that have changed places are one.
func distance(a, b string) int {
	var before, last []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
