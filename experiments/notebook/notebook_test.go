// Package notebook holds the notebooks, see README.md.
package notebook

import (
	"path/filepath"
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
				out, err := in.Eval(string(c.Source))
				t.Logf("cell %d:\n%s\n%s", i, c.Source, out.Printed)
				if err != nil {
					t.Fatalf("cell %d:\n%s\n%v", i, c.Source, err)
				}
				for _, v := range out.Values {
					switch v := v.(type) {
					case error:
						t.Fatalf("cell %d:\n%s\n%v", i, c.Source, v)
					case *figure.Figure:
						figures++
					}
				}
			}
			if figures == 0 {
				t.Error("got no figures, want some")
			}
		})
	}
}
