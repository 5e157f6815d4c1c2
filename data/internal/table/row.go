package table

import (
	"bytes"
	"math"
	"strconv"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// Row is a row of a table.
type Row struct {
	Line  int  // counts from 1
	Apart bool // there is an empty line before it

	cells   [][]byte // valid until the next row
	numbers []float64
	t       *Table
}

// Own reports whether the header is one that this library writes, whose first two
// columns have their meaning by place.
func (t *Table) Own() bool {
	return t.Header && len(t.Names) > 2 && t.Names[0] == "sample" && t.Names[1] == "t"
}

// Rows calls f with each row, up to its first error. The error is stack.ErrShape
// if a row has more or fewer cells than the header, or there is none.
func (t *Table) Rows(f func(Row) error) error {
	for i, row := range t.numbers {
		if err := f(Row{Line: i + 1, numbers: row, t: t}); err != nil {
			return err
		}
	}
	if t.numbers != nil {
		return nil
	}
	s, n, width := t.rows, 0, len(t.Names)
	for {
		at, cells, err := s.next()
		if err != nil {
			return err
		}
		if cells == nil {
			break
		}
		if len(cells) == width+1 && len(cells[width]) == 0 { // each line ends with what parts cells
			cells = cells[:width]
		}
		if len(cells) != width {
			try := ""
			if len(cells) > width && s.comma == ',' {
				try = "; try semicolons between cells, if there are decimal commas"
			}
			return stack.Shapef("line %d has %d columns, want %d as in the first line%s", at, len(cells), width, try)
		}
		n++
		if err := f(Row{Line: at, Apart: s.apart, cells: cells, t: t}); err != nil {
			return err
		}
	}
	if n == 0 {
		return noRows()
	}
	return nil
}

// Number returns the finite number in column j, or NaN and false where the cell
// says that it is missing.
func (r *Row) Number(j int) (v float64, ok bool, err error) {
	t := r.t
	if r.numbers != nil {
		v, ok = r.numbers[j], !math.IsNaN(r.numbers[j])
	} else {
		v, ok = number(r.cells[j], t.rows.comma)
	}
	if !ok {
		if Missing(r.Cell(j)) {
			return nan, false, nil
		}
		return 0, false, errors.Errorf("%s is %.40q, want a number%s", r.Where(j), r.Cell(j), hint(r.Cell(j)))
	}
	if !stack.Finite(v) {
		return 0, false, stack.NotFinitef("%s is %.40s, want a finite number", r.Where(j), r.Cell(j))
	}
	if r.numbers != nil {
		return v, true, nil
	}
	cell := r.cells[j]
	if t.rows.comma != ',' && (t.point == 0 || t.comma == 0) {
		switch {
		case t.point == 0 && bytes.IndexByte(cell, '.') >= 0:
			t.point = r.Line
		case t.comma == 0 && bytes.IndexByte(cell, ',') >= 0:
			t.comma = r.Line
		}
		if t.point > 0 && t.comma > 0 {
			return 0, false, errors.Errorf("line %d has a decimal point and line %d a decimal comma, want one of them", t.point, t.comma)
		}
	}
	return v, true, nil
}

// Known returns a number that must not be missing.
func (r *Row) Known(j int) (float64, error) {
	v, ok, err := r.Number(j)
	switch {
	case err != nil || ok:
		return v, err
	case len(r.Cell(j)) == 0:
		return 0, errors.Errorf("%s is empty, want a number", r.Where(j))
	}
	return 0, stack.NotFinitef("%s is %s, want a number", r.Where(j), r.Cell(j))
}

// Cell returns what column j has, valid until the next row.
func (r *Row) Cell(j int) []byte {
	if r.numbers != nil {
		return strconv.AppendFloat(nil, r.numbers[j], 'g', -1, 64)
	}
	return r.cells[j]
}

// Place names the line, or the row of an array.
func (r *Row) Place() string {
	if r.numbers != nil {
		return "row " + strconv.Itoa(r.Line)
	}
	return "line " + strconv.Itoa(r.Line)
}

// Where names the place of column j, which counts from 1 there, and its name.
func (r *Row) Where(j int) string {
	s := r.Place() + ", column " + strconv.Itoa(j+1)
	if t := r.t; t.Header && t.Names[j] != "" {
		s += " (" + strconv.Quote(t.Names[j]) + ")"
	}
	return s
}
