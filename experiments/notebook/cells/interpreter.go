package cells

import (
	"io"
	"os"

	"github.com/cosmos72/gomacro/base"
	"github.com/cosmos72/gomacro/fast"
	"github.com/cosmos72/gomacro/imports"
	"github.com/pkg/errors"
)

// Interpreter runs cells one after the other; what one declares the next ones
// see. It stands for the kernel, which does the same to a cell.
type Interpreter struct{ ir *fast.Interp }

// NewInterpreter returns an interpreter in which nothing is declared. The error
// is that of the tables that have not been generated.
func NewInterpreter() (*Interpreter, error) {
	if _, ok := imports.Packages["spnode/model"]; !ok {
		return nil, errors.New("cells: NewInterpreter: got no tables of the packages, want them generated: run go generate ./tables in experiments/notebook")
	}
	ir := fast.New()
	ir.Comp.Stdout, ir.Comp.Stderr = io.Discard, io.Discard // gomacro's warnings
	ir.Comp.Options &^= base.OptShowPrompt | base.OptTrapPanic
	return &Interpreter{ir}, nil
}

// Output is what a cell shows: what it printed, and the values of the expression
// at its end.
type Output struct {
	Printed string
	Values  []any
}

// Eval runs a cell. The error is that of its compilation or what it panicked
// with; what it printed before is there also then. It takes os.Stdout meanwhile,
// so that only one cell runs at a time.
func (i *Interpreter) Eval(source string) (out Output, err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return out, errors.Wrap(err, "cells: Eval")
	}
	printed := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		printed <- string(b)
	}()
	stdout := os.Stdout
	os.Stdout = w
	defer func() {
		os.Stdout = stdout
		w.Close()
		out.Printed = <-printed
		r.Close()
	}()
	out.Values, err = i.eval(source)
	return out, err
}

func (i *Interpreter) eval(source string) (values []any, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = Explain(i.ir, p)
		default:
			err = Explain(i.ir, errors.Errorf("%v", p))
		}
	}()
	Begin()
	results, _ := i.ir.Eval(source)
	for _, v := range results {
		if v.IsValid() && v.CanInterface() {
			values = append(values, v.Interface())
		} else {
			values = append(values, nil)
		}
	}
	return values, nil
}
