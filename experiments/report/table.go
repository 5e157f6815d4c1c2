package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is a table of results, for the terminal, Markdown and HTML.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]string
	numeric []bool       // a column that holds only numbers so far
	spans   map[int]bool // rows whose last cell takes the place of all that follow
}

// NewTable begins a table.
func NewTable(title string, columns ...string) *Table {
	t := &Table{Title: title, Columns: columns, numeric: make([]bool, len(columns))}
	for i := range t.numeric {
		t.numeric[i] = true
	}
	return t
}

// Add adds a row. Floats are written by [Format], nil as a dash, true and false as
// yes and no, everything else as fmt prints it. Missing cells are empty; cells beyond the columns get a
// column without a name.
func (t *Table) Add(cells ...any) {
	for len(t.Columns) < len(cells) {
		t.Columns, t.numeric = append(t.Columns, ""), append(t.numeric, true)
	}
	row := make([]string, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case nil:
			row[i] = "–"
		case float64:
			row[i] = Format(v)
		case float32:
			row[i] = Format(float64(v))
		case int:
			row[i] = strconv.Itoa(v)
		case bool:
			row[i] = pick(v, "yes", "no")
			t.numeric[i] = false
		default:
			row[i] = fmt.Sprint(v)
			t.numeric[i] = false
		}
	}
	t.Rows = append(t.Rows, row)
}

// Span adds a row with a text in place of all cells after those given, such as a model
// with why there are no numbers of it.
func (t *Table) Span(text string, cells ...any) {
	numeric := slices.Clone(t.numeric)
	t.Add(append(cells, text)...)
	if t.spans == nil {
		t.spans = map[int]bool{}
	}
	t.spans[len(t.Rows)-1] = true
	t.numeric = numeric
}

// spanned reports whether the cell is the text of a row of Span.
func (t *Table) spanned(row, column int) bool {
	return t.spans[row] && column == len(t.Rows[row])-1
}

// Format writes a number to be read in a table: three digits, 0.0123, 45.6,
// 1.23e-04; NaN and Inf by their names.
func Format(v float64) string {
	a := math.Abs(v)
	switch {
	case v == 0:
		return "0"
	case math.IsNaN(v) || math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	case a < 1e-2 || a >= 99995:
		return strconv.FormatFloat(v, 'e', 1, 64)
	case v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	case a >= 999.5:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Numeric reports whether a column holds numbers, and stands on the right.
func (t *Table) Numeric(column int) bool {
	return len(t.Rows) > 0 && column < len(t.numeric) && t.numeric[column]
}

// cell is the text at a place, empty where a row is short.
func cellAt(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// Markdown is the table as GitHub reads it.
func (t *Table) Markdown() string {
	rule := make([]string, len(t.Columns))
	rows := slices.Concat([][]string{t.Columns, rule}, t.Rows)
	w := make([]int, len(t.Columns))
	for r, row := range rows {
		rows[r] = make([]string, len(w))
		for i := range w {
			rows[r][i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cellAt(row, i))
			if w[i] = max(3, w[i]); !t.spanned(r-2, i) {
				w[i] = max(w[i], utf8.RuneCountInString(rows[r][i]))
			}
		}
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString("**" + t.Title + "**\n\n")
	}
	for r, row := range rows {
		for i := range w {
			if r == 1 {
				row[i] = strings.Repeat("-", w[i])
				if t.Numeric(i) {
					row[i] = row[i][1:] + ":"
				}
			}
			b.WriteString("| " + t.padded(i, row[i], w[i]) + " ")
		}
		b.WriteString("|\n")
	}
	return b.String()
}
