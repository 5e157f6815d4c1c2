// Package cells reads notebooks and runs their cells without Jupyter, in the
// interpreter that gophernotes embeds.
package cells

import (
	"encoding/json"
	"os"

	"github.com/pkg/errors"
)

// Notebook is what a .ipynb file holds, as far as it is looked at here.
type Notebook struct {
	Cells    []Cell `json:"cells"`
	Metadata struct {
		Kernel struct {
			Name string `json:"name"`
		} `json:"kernelspec"`
	} `json:"metadata"`
	Format int `json:"nbformat"`
}

// Cell is one cell, of kind "code" or "markdown".
type Cell struct {
	Kind    string `json:"cell_type"`
	Source  Lines  `json:"source"`
	Outputs []any  `json:"outputs"`
}

// Lines is a text that a notebook keeps as a string or as a list of lines.
type Lines string

// UnmarshalJSON reads either form.
func (l *Lines) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		return json.Unmarshal(b, (*string)(l))
	}
	var lines []string
	if err := json.Unmarshal(b, &lines); err != nil {
		return err
	}
	*l = ""
	for _, s := range lines {
		*l += Lines(s)
	}
	return nil
}

// Read returns the notebook in a file.
func Read(path string) (*Notebook, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, errors.Wrap(err, "cells: Read")
	}
	n := new(Notebook)
	if err := json.Unmarshal(b, n); err != nil {
		return nil, errors.Wrapf(err, "cells: Read: %s", path)
	}
	if n.Format != 4 {
		return nil, errors.Errorf("cells: Read: %s: format: got %d, want 4; open and save it with a newer Jupyter", path, n.Format)
	}
	return n, nil
}
