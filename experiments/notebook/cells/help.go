package cells

import (
	"go/token"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	xr "github.com/cosmos72/gomacro/xreflect"

	"spnode/experiments/notebook/tables"
)

// Complete is what may stand at a place in a cell: the words, and where the one that they
// complete begins. Names that a cell cannot use are not among them.
func Complete(ir *fast.Interp, source string, at int) (words []string, begin int) {
	head, all, _ := ir.CompleteWords(source, at)
	begin = len(head) - len(fast.TailIdentifier(head))
	selector := strings.HasSuffix(strings.TrimRight(head[:begin], " \t"), ".")
	for _, w := range all {
		if !selector || token.IsExported(w) || own(ir, source, begin) {
			words = append(words, w)
		}
	}
	return words, begin
}

// own reports whether the value before a selector is of a type that cells declared, whose
// names they may all use.
func own(ir *fast.Interp, source string, begin int) bool {
	found := resolve(ir, chain(source, strings.LastIndex(source[:begin], ".")))
	if found.kind == nil {
		return false
	}
	_, compiled := imports.Packages[strings.TrimSuffix(named(found.kind), "."+found.kind.Name())]
	return !compiled && found.kind.Name() != ""
}

// Inspect is what is known of the name at a place in a cell, or of the function whose
// arguments stand there: its declaration and its comment; empty if there is none.
func Inspect(ir *fast.Interp, source string, at int) string {
	found := resolve(ir, chain(source, at))
	if found.names == nil { // the function of the arguments
		depth := 0
		for i := min(at, len(source)) - 1; i >= 0 && found.names == nil; i-- {
			switch source[i] {
			case ')':
				depth++
			case '(':
				if depth--; depth < 0 {
					found, depth = resolve(ir, chain(source, i)), 0
				}
			}
		}
	}
	if found.names == nil {
		return ""
	}
	text := tables.Docs[found.path]
	if text == "" || found.value {
		head := strings.Join(found.names, ".")
		if found.kind != nil {
			head += " " + found.kind.String()
		}
		if text == "" {
			text = tables.Docs[named(found.kind)]
		}
		text = strings.TrimSpace(head + "\n\n" + text)
	}
	return text
}

// found is what a chain of names stands for.
type found struct {
	names []string
	path  string  // in tables.Docs
	kind  xr.Type // nil of a package
	value bool    // a variable, of which path is the type
}

// chain is the identifiers joined by dots that end with the one at a place.
func chain(source string, at int) []string {
	at = max(0, min(at, len(source)))
	in := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
	for at < len(source) {
		r, n := utf8.DecodeRuneInString(source[at:])
		if !in(r) {
			break
		}
		at += n
	}
	begin := strings.LastIndexFunc(source[:at], func(r rune) bool { return r != '.' && !in(r) }) + 1
	if begin > 0 && begin < at { // after a rune of several bytes
		_, n := utf8.DecodeRuneInString(source[begin-1:])
		begin += n - 1
	}
	names := strings.Split(source[begin:at], ".")
	if slices.Contains(names, "") {
		return nil
	}
	return names
}

func resolve(ir *fast.Interp, names []string) (f found) {
	if len(names) == 0 {
		return f
	}
	sym := ir.Comp.TryResolve(names[0])
	if sym == nil {
		if t := ir.Comp.TryResolveType(names[0]); t != nil && len(names) == 1 {
			return found{names: names, path: named(t), kind: t}
		}
		return f
	}
	f = found{names: names, kind: sym.Type, path: named(sym.Type), value: true}
	rest := names[1:]
	if p, ok := sym.Value.(*fast.Import); ok {
		f.kind, f.path, f.value = nil, p.Path, false
		if len(rest) == 0 {
			return f
		}
		f.path += "." + rest[0]
		if b := p.Binds[rest[0]]; b != nil {
			f.kind = b.Type
		} else if f.kind = p.Types[rest[0]]; f.kind == nil {
			return found{}
		}
		rest = rest[1:]
	}
	for _, name := range rest {
		if f.kind.Kind() == reflect.Ptr {
			f.kind = f.kind.Elem()
		}
		field, isField, method, isMethod, err := ir.Comp.TryLookupFieldOrMethod(f.kind, name)
		f.path, f.value = named(f.kind)+"."+name, false
		switch {
		case err == nil && isField:
			f.kind = field.Type
		case err == nil && isMethod:
			f.kind = method.Type
		default:
			return found{}
		}
	}
	return f
}

// named is the path and name of a type, or of what it points to.
func named(t xr.Type) string {
	if t == nil {
		return ""
	}
	if t.Kind() == reflect.Ptr {
		t = t.Elem()
	}
	return t.PkgPath() + "." + t.Name()
}
