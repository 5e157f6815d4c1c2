// Package notebook holds the notebooks, see README.md.
package notebook

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spnode/experiments/figure"
	"spnode/experiments/notebook/cells"
)

// TestNotebooks runs the cells of each notebook without Jupyter: none may fail,
// nor end with a result and an error that nobody looked at, and every notebook
// shows figures.
func TestNotebooks(t *testing.T) {
	paths, err := filepath.Glob("*.ipynb")
	if err != nil || len(paths) == 0 {
		t.Fatalf("got %d notebooks, %v, want some", len(paths), err)
	}
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			n, err := cells.Read(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := n.Metadata.Kernel.Name; got != "spnode" {
				t.Errorf("kernel: got %q, want spnode", got)
			}
			run(t, n, func(source string) string { return source })
		})
	}
}

// run runs the cells of a notebook, each changed.
func run(t *testing.T, n *cells.Notebook, change func(source string) string) {
	t.Helper()
	in, err := cells.NewInterpreter()
	if err != nil {
		t.Fatal(err)
	}
	figures := 0
	for i, c := range n.Cells {
		if len(c.Outputs) > 0 {
			t.Errorf("cell %d: got outputs, want none in the repository; clear them before you save", i)
		}
		if c.Kind != "code" {
			continue
		}
		source := change(string(c.Source))
		out, err := in.Eval(source)
		t.Logf("cell %d:\n%s\n%s", i, source, out.Printed)
		if err != nil {
			t.Fatalf("cell %d:\n%s\n%v", i, source, err)
		}
		for _, v := range out.Values {
			switch v := v.(type) {
			case error:
				t.Fatalf("cell %d:\n%s\n%v", i, source, v)
			case *figure.Figure:
				figures++
			}
		}
	}
	if figures == 0 {
		t.Error("got no figures, want some")
	}
}

// The notebook of one's own data runs on any: of eight components; of trajectories with
// times of their own, gaps and a parameter; of a single, short one.
func TestOwnData(t *testing.T) {
	n, err := cells.Read("own_data.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	own := "run,t,a,b,p\n"
	for s := range 6 {
		for k := range 12 + s {
			b := fmt.Sprint(1 / (1 + float64(k)))
			if k == 4 {
				b = ""
			}
			own += fmt.Sprintf("%d,%g,%g,%s,%d\n", s, 0.1*float64(k)*(1+0.1*float64(s)), math.Exp(-0.1*float64(k)), b, s)
		}
	}
	for name, text := range map[string]string{"own.csv": own, "one.csv": "t,x\n0,1\n1,0.5\n2,0.25\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"../fit/hires.csv", filepath.Join(dir, "own.csv"), filepath.Join(dir, "one.csv")} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			chosen := false
			run(t, n, func(source string) string {
				const mine = `// path = "../../mine.csv"`
				chosen = chosen || strings.Contains(source, mine)
				// Twenty iterations show as much of the notebook as six hundred.
				source = strings.Replace(source, mine, fmt.Sprintf("path = %q", path), 1)
				return strings.Replace(source, "recipe.LBFGS.Iterations = 300", "recipe.LBFGS.Iterations, recipe.First.Iterations = 10, 10", 1)
			})
			if !chosen {
				t.Error("no cell chooses the file")
			}
		})
	}
}
