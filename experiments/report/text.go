package report

import (
	"slices"
	"strings"
	"unicode/utf8"

	"spnode/experiments/driver/terminal"
)

// String is the table with aligned columns, a line for each row.
func (t *Table) String() string {
	if t == nil {
		return "<nil>"
	}
	return t.Fit(0)
}

// Fit is the table for a window of so many characters; 0: of any width. Where it is
// too narrow the names of the columns and then texts are broken at words, and what does
// not fit even so stands below, beside the names of the rows again.
func (t *Table) Fit(width int) string {
	if width <= 0 {
		width = 1 << 30
	}
	var b strings.Builder
	if t.Title != "" {
		b.WriteString(strings.Join(terminal.Broken(t.Title, width), "\n") + "\n\n")
	}
	w := t.widths(width)
	keys := t.keys(w, width)
	for from := keys; ; {
		columns := make([]int, 0, len(w))
		used := indent - gap
		for i := range keys {
			columns, used = append(columns, i), used+gap+w[i]
		}
		to := from
		for to < len(w) && (to == from || used+gap+w[to] <= width) {
			columns, used, to = append(columns, to), used+gap+w[to], to+1
		}
		if from > keys {
			b.WriteByte('\n')
		}
		t.write(&b, columns, w)
		if from = to; from >= len(w) {
			return b.String()
		}
	}
}

// indent stands before each line of a table, gap between columns.
const indent, gap = 2, 2

// widths are those of the columns: what each has, or where that is too much in all,
// less.
func (t *Table) widths(width int) []int {
	w, least := make([]int, len(t.Columns)), make([]int, len(t.Columns))
	total := indent - gap
	for i, name := range t.Columns {
		w[i] = utf8.RuneCountInString(name)
		for r, row := range t.Rows {
			if !t.spanned(r, i) {
				w[i] = max(w[i], utf8.RuneCountInString(cellAt(row, i)))
			}
		}
		total += gap + w[i]
	}
	// Names of columns are broken before texts are: the table is only higher by them.
	for _, rows := range []bool{false, true} {
		for i, name := range t.Columns {
			least[i] = longestWord(name)
			for r, row := range t.Rows {
				if text := cellAt(row, i); t.spanned(r, i) {
					continue
				} else if rows && !t.Numeric(i) {
					least[i] = max(least[i], min(longestWord(text), width-indent), min(utf8.RuneCountInString(text), 24))
				} else {
					least[i] = max(least[i], utf8.RuneCountInString(text))
				}
			}
		}
		for total > width {
			// The widest of those that can be narrower.
			at := -1
			for i := range w {
				if w[i] > least[i] && (at < 0 || w[i] > w[at]) {
					at = i
				}
			}
			if at < 0 {
				break
			}
			w[at]--
			total--
		}
	}
	for i := range w {
		w[i] = min(w[i], width-indent)
	}
	return w
}

// keys is how many columns at the left name the rows: those before the first of
// numbers, if they leave room for it, else the first.
func (t *Table) keys(w []int, width int) int {
	used := indent - gap
	for i := range w {
		if used += gap + w[i]; i > 0 && t.Numeric(i) {
			return i
		}
		if used > width/2 {
			break
		}
	}
	return min(1, len(w))
}

// write writes some of the columns.
func (t *Table) write(b *strings.Builder, columns, widths []int) {
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("─", w)
	}
	for r, row := range slices.Concat([][]string{t.Columns, rule}, t.Rows) {
		if r < 2 && strings.Join(t.Columns, "") == "" { // lines of text
			continue
		}
		cells := make([][]string, len(columns))
		high := 1
		for k, i := range columns {
			room := widths[i]
			if t.spanned(r-2, i) {
				for _, next := range columns[k+1:] {
					room += gap + widths[next]
				}
			}
			cells[k] = terminal.Broken(cellAt(row, i), room)
			high = max(high, len(cells[k]))
		}
		for l := range high {
			line := strings.Repeat(" ", indent)
			for k, i := range columns {
				line += t.padded(i, cellAt(cells[k], l), widths[i]) + strings.Repeat(" ", gap)
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
}

// padded is a text as wide as its column: numbers stand on the right.
func (t *Table) padded(column int, text string, width int) string {
	pad := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
	if t.Numeric(column) {
		return pad + text
	}
	return text + pad
}

func longestWord(text string) (n int) {
	for _, word := range strings.Fields(text) {
		n = max(n, utf8.RuneCountInString(word))
	}
	return n
}
