// Package tables tells gomacro, the interpreter inside gophernotes, of the
// packages that a notebook may import beside the standard library. Whoever links
// it can import them in interpreted code without a plugin, in the versions of
// this module's go.mod.
//
// The tables themselves are generated and not in the repository: they follow the
// code. To let notebooks import a further package, add it below.
package tables

import (
	"go/build"

	// gomacro's own tables of these are those of Go 1.13.
	_ "io/fs"
	_ "os"
	_ "os/signal"

	_ "gonum.org/v1/gonum/floats"
	_ "gonum.org/v1/gonum/mat"
	_ "gonum.org/v1/gonum/stat"
	_ "gorgonia.org/gorgonia"
	_ "gorgonia.org/tensor"

	_ "spnode/data"
	_ "spnode/data/ks"
	_ "spnode/data/measure"
	_ "spnode/data/npz"
	_ "spnode/data/ode"
	_ "spnode/data/problem"
	_ "spnode/experiments/figure"
	_ "spnode/integrator"
	_ "spnode/model"
	_ "spnode/model/dynamics"
	_ "spnode/model/latent"
	_ "spnode/model/objective"
	_ "spnode/model/optim"
	_ "spnode/model/param"
	_ "spnode/model/stability"
	_ "spnode/model/train"
	_ "spnode/ops"
	_ "spnode/ops/expm"
	_ "spnode/ops/graph"
	_ "spnode/ops/step"
)

// Docs are the declarations of the packages' names with their comments, by path and name.
var Docs = map[string]string{}

//go:generate go run ../gen

// gomacro panics on what Go 1.26 says of its own library (aliases, type
// parameters); where it cannot find it, it uses reflection.
func init() { build.Default.GOROOT = "/nonexistent" }
