package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Table is a table of results, for the terminal, Markdown and HTML.
type Table struct {
	Title   string
	Columns []string
	Rows    [][]string
	numeric []bool // a column that holds only numbers so far
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

func (t *Table) widths() []int {
	w := make([]int, len(t.Columns))
	for _, row := range append([][]string{t.Columns}, t.Rows...) {
		for i := range w {
			w[i] = max(w[i], utf8.RuneCountInString(cellAt(row, i)))
		}
	}
	return w
}

func (t *Table) line(row []string, widths []int, gap string) string {
	cells := make([]string, len(widths))
	for i, w := range widths {
		text := cellAt(row, i)
		pad := strings.Repeat(" ", w-utf8.RuneCountInString(text))
		if t.Numeric(i) {
			cells[i] = pad + text
		} else {
			cells[i] = text + pad
		}
	}
	return strings.Join(cells, gap)
}

// String is the table with aligned columns, for a terminal.
func (t *Table) String() string {
	if t == nil {
		return "<nil>"
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString(t.Title + "\n\n")
	}
	w := t.widths()
	rule := make([]string, len(w))
	for i := range w {
		rule[i] = strings.Repeat("─", w[i])
	}
	for _, line := range []string{t.line(t.Columns, w, "  "), strings.Join(rule, "  ")} {
		b.WriteString("  " + strings.TrimRight(line, " ") + "\n")
	}
	for _, row := range t.Rows {
		b.WriteString("  " + strings.TrimRight(t.line(row, w, "  "), " ") + "\n")
	}
	return b.String()
}

// Markdown is the table as GitHub reads it.
func (t *Table) Markdown() string {
	safe := &Table{numeric: t.numeric}
	escape := func(row []string) []string {
		out := make([]string, len(row))
		for i, c := range row {
			out[i] = strings.NewReplacer("|", `\|`, "\n", " ").Replace(c)
		}
		return out
	}
	safe.Columns = escape(t.Columns)
	for _, row := range t.Rows {
		safe.Rows = append(safe.Rows, escape(row))
	}
	w := safe.widths()
	rule := make([]string, len(w))
	for i := range w {
		w[i] = max(w[i], 3)
		rule[i] = strings.Repeat("-", w[i])
		if safe.Numeric(i) {
			rule[i] = rule[i][1:] + ":"
		}
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString("**" + t.Title + "**\n\n")
	}
	b.WriteString("| " + safe.line(safe.Columns, w, " | ") + " |\n")
	b.WriteString("| " + strings.Join(rule, " | ") + " |\n")
	for _, row := range safe.Rows {
		b.WriteString("| " + safe.line(row, w, " | ") + " |\n")
	}
	return b.String()
}
