// Command gen writes, for each package that tables.go in the working folder
// imports, a file with the table by which gomacro finds its exported names, so
// that a notebook can import it without a plugin.
//
// Generic functions and types have no place in such a table and are left out.
package main

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/cosmos72/gomacro/base/untyped"
	"golang.org/x/tools/go/packages"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("gen: ")
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	paths, err := imports("tables.go")
	if err != nil {
		return err
	}
	old, err := filepath.Glob("x_*.go")
	if err != nil {
		return err
	}
	for _, name := range old { // of packages that are imported no more
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	all, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedTypes | packages.NeedImports}, paths...)
	if err != nil {
		return err
	}
	if packages.PrintErrors(all) > 0 {
		return fmt.Errorf("the packages above do not compile")
	}
	for _, p := range all {
		t := newTable(p.Types)
		if err := t.document(p.GoFiles); err != nil {
			return fmt.Errorf("%s: %w", p.PkgPath, err)
		}
		source, err := format.Source(t.source())
		if err != nil {
			return fmt.Errorf("%s: %w", p.PkgPath, err)
		}
		name := "x_" + strings.NewReplacer("/", "_", ".", "_", "-", "_").Replace(p.PkgPath) + ".go"
		if err := os.WriteFile(name, source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// imports returns the blank imports of a file.
func imports(file string) (paths []string, err error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	for _, i := range f.Imports {
		if i.Name == nil || i.Name.Name != "_" {
			continue
		}
		path, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// table is the file of one package: the entries of gomacro's imports.Package,
// and the proxies that they name.
type table struct {
	p       *types.Package
	imports map[string]string // path: the name it has in the file

	binds, types, constants, proxies, declarations, docs bytes.Buffer
}

func newTable(p *types.Package) *table {
	t := &table{p: p, imports: map[string]string{p.Path(): "p"}}
	for _, name := range p.Scope().Names() {
		if o := p.Scope().Lookup(name); o.Exported() {
			t.add(name, o)
		}
	}
	return t
}

func (t *table) add(name string, o types.Object) {
	switch o := o.(type) {
	case *types.Const:
		t.constant(name, o)
	case *types.Var:
		fmt.Fprintf(&t.binds, "%q: r.ValueOf(&p.%s).Elem(),\n", name, name)
	case *types.Func:
		if o.Signature().TypeParams().Len() == 0 {
			fmt.Fprintf(&t.binds, "%q: r.ValueOf(p.%s),\n", name, name)
		}
	case *types.TypeName:
		if n, ok := o.Type().(interface{ TypeParams() *types.TypeParamList }); ok && n.TypeParams().Len() > 0 {
			return
		}
		i, isInterface := o.Type().Underlying().(*types.Interface)
		if isInterface && !i.IsMethodSet() {
			return // a constraint
		}
		fmt.Fprintf(&t.types, "%q: r.TypeOf((*p.%s)(nil)).Elem(),\n", name, name)
		if isInterface && i.NumMethods() > 0 {
			t.proxy(name, i)
		}
	}
}

// constant adds a constant, one without a type with its exact value too.
func (t *table) constant(name string, c *types.Const) {
	value := "p." + name
	if b, ok := c.Type().(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		if s := untyped.Marshal(untyped.GoUntypedToKind(b.Kind()), c.Val()); s != "" {
			fmt.Fprintf(&t.constants, "%q: %q,\n", name, s)
		}
		if c.Val().Kind() == constant.Int {
			if _, exact := constant.Int64Val(c.Val()); !exact {
				value = "uint64(" + value + ")"
			}
		}
	}
	fmt.Fprintf(&t.binds, "%q: r.ValueOf(%s),\n", name, value)
}

// proxy adds the struct that stands for a notebook's type where the interface is
// asked for: a field for each method, which the interpreter fills. An interface
// with hidden methods has none.
func (t *table) proxy(name string, i *types.Interface) {
	for m := range i.Methods() {
		if !m.Exported() {
			return
		}
	}
	proxy := fmt.Sprintf("proxy_%s_%s", t.p.Name(), name)
	fmt.Fprintf(&t.proxies, "%q: r.TypeOf((*%s)(nil)).Elem(),\n", name, proxy)

	var fields, methods bytes.Buffer
	for m := range i.Methods() {
		s := m.Signature()
		kinds, params, args := []string{"any"}, []string{}, []string{"p.Object"}
		for k := range s.Params().Len() {
			kind, dots := t.name(s.Params().At(k).Type()), ""
			if s.Variadic() && k == s.Params().Len()-1 {
				kind, dots = "..."+strings.TrimPrefix(kind, "[]"), "..."
			}
			kinds = append(kinds, kind)
			params = append(params, fmt.Sprintf("a%d %s", k, kind))
			args = append(args, fmt.Sprintf("a%d%s", k, dots))
		}
		var results []string
		for v := range s.Results().Variables() {
			results = append(results, t.name(v.Type()))
		}
		result, give := "("+strings.Join(results, ", ")+")", ""
		if len(results) > 0 {
			give = "return "
		}
		fmt.Fprintf(&fields, "%s_ func(%s) %s\n", m.Name(), strings.Join(kinds, ", "), result)
		fmt.Fprintf(&methods, "func (p *%s) %s(%s) %s { %sp.%s_(%s) }\n",
			proxy, m.Name(), strings.Join(params, ", "), result, give, m.Name(), strings.Join(args, ", "))
	}
	fmt.Fprintf(&t.declarations, "type %s struct {\nObject any\n%s}\n\n%s\n", proxy, &fields, &methods)
}

// name is how the file writes a type.
func (t *table) name(typ types.Type) string {
	return types.TypeString(typ, func(q *types.Package) string {
		if _, ok := t.imports[q.Path()]; !ok {
			t.imports[q.Path()] = fmt.Sprintf("p%d", len(t.imports))
		}
		return t.imports[q.Path()]
	})
}

func (t *table) source() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "// Code generated by gen from %s. DO NOT EDIT.\n\npackage tables\n\n", t.p.Path())
	b.WriteString("import (\n\tr \"reflect\"\n\n\t\"github.com/cosmos72/gomacro/imports\"\n")
	for _, path := range slices.Sorted(maps.Keys(t.imports)) {
		fmt.Fprintf(&b, "\t%s %q\n", t.imports[path], path)
	}
	fmt.Fprintf(&b, ")\n\nfunc init() {\nimports.Packages[%q] = imports.Package{\nName: %q,\n", t.p.Path(), t.p.Name())
	fmt.Fprintf(&b, "Binds: map[string]r.Value{\n%s},\nTypes: map[string]r.Type{\n%s},\n", &t.binds, &t.types)
	fmt.Fprintf(&b, "Proxies: map[string]r.Type{\n%s},\nUntypeds: map[string]string{\n%s},\n}\n%s}\n\n%s", &t.proxies, &t.constants, &t.docs, &t.declarations)
	return b.Bytes()
}
