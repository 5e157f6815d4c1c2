package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"strings"
)

// document adds the declarations of the package's names, with their comments.
func (t *table) document(files []string) error {
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range files {
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		parsed = append(parsed, f)
	}
	p, err := doc.NewFromFiles(set, parsed, t.p.Path())
	if err != nil {
		return err
	}
	add := func(name, comment string, node any) {
		var b strings.Builder
		if printer.Fprint(&b, set, node) == nil {
			fmt.Fprintf(&t.docs, "Docs[%q] = %q\n", strings.TrimSuffix(t.p.Path()+"."+name, "."), strings.TrimSpace(b.String()+"\n\n"+comment))
		}
	}
	functions := func(prefix string, all []*doc.Func) {
		for _, f := range all {
			f.Decl.Body, f.Decl.Doc = nil, nil
			add(prefix+f.Name, f.Doc, f.Decl)
		}
	}
	values := func(all []*doc.Value) {
		for _, v := range all {
			v.Decl.Doc = nil
			for _, name := range v.Names {
				add(name, v.Doc, v.Decl)
			}
		}
	}
	add("", p.Doc, ast.NewIdent("package "+p.Name))
	functions("", p.Funcs)
	values(p.Consts)
	values(p.Vars)
	for _, k := range p.Types {
		k.Decl.Doc = nil
		add(k.Name, k.Doc, k.Decl)
		functions("", k.Funcs)
		functions(k.Name+".", k.Methods)
		values(k.Consts)
		values(k.Vars)
		s, ok := k.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range s.Fields.List {
			var kind strings.Builder // the printer takes no *ast.Field
			if err := printer.Fprint(&kind, set, f.Type); err != nil {
				return err
			}
			for _, name := range f.Names {
				comment := f.Doc.Text()
				if comment == "" {
					comment = f.Comment.Text()
				}
				add(k.Name+"."+name.Name, comment, ast.NewIdent(name.Name+" "+kind.String()))
			}
		}
	}
	return nil
}
