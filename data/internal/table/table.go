// Package table reads tables of text: columns with names and rows of cells, in the
// forms in which programs and people write them.
//
// Cells are parted by commas, semicolons, tabs, bars or blanks, whichever fits the first
// lines; where these are not commas, a comma may be the decimal mark. Lines end
// with LF, CRLF or CR. A byte order mark, empty lines, lines that begin with # or
// %, Excel's sep=; in the first, and lines all of whose cells are empty are passed
// over. A cell may be quoted as in RFC 4180.
//
// The first line has the names of the columns if one of its cells is quoted and
// none of the next line is; or if the caller knows the names; or if none of its
// cells is a number; or if one is text where the next line has a number. Otherwise
// the comment right before it does if the caller knows the names in it, which is
// how np.savetxt writes them. Without a header the columns are named 1, 2, ….
//
// The line after the header has units, and is passed over, if it has text where
// the next one has a number, no number but 1, and more such text than 1s before it.
package table

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

// Table is a table of text, parsed row by row.
type Table struct {
	Names  []string // of the columns
	Header bool     // whether the file names them

	rows  scanner // before the first row
	point int     // the line where a decimal point was met first, 0: none yet
	comma int     // as point, of a decimal comma

	numbers [][]float64 // in place of text
}

// Read finds out the form of a table, whose text it keeps. known says whether the
// caller looks for columns of these names; nil stands for no.
func Read(text []byte, known func(names []string) bool) (*Table, error) {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(text, []byte(mark)) {
			return nil, errors.New("the text is UTF-16, want UTF-8 or ASCII; try saving it as “CSV UTF-8”")
		}
	}
	text = bytes.TrimSuffix(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\x1a")) // the end in DOS
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return nil, errors.Errorf("byte %d is NUL, want text in UTF-8 or ASCII; try saving it as “CSV UTF-8”", i)
	}
	first, err := sample(text)
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, noRows()
	}
	for _, c := range first[0].cells {
		if len(c) > maxName {
			return nil, errors.Errorf("line %d has a cell of %d bytes, want a name or a number", first[0].from.line, len(c))
		}
	}
	t := &Table{rows: first[0].from}
	t.head(first, known)
	return t, t.checkNames()
}

// Matrix returns the table, without a header, of a row-major matrix of numbers.
func Matrix(data []float64, rows, columns int) (*Table, error) {
	if rows == 0 || columns == 0 || columns > maxColumns {
		return nil, stack.Shapef("array has shape [%d %d], want at least a row, and 1 … %d columns", rows, columns, maxColumns)
	}
	t := &Table{numbers: stack.Rows(data, rows, columns)}
	t.number(columns)
	return t, nil
}

// number names columns without a header.
func (t *Table) number(columns int) {
	for j := range columns {
		t.Names = append(t.Names, strconv.Itoa(j+1))
	}
}

func noRows() error {
	return stack.Shapef("there are no rows of numbers, want at least one")
}

// maxName is longer than any name or number, and short enough for an error.
const maxName = 400

// maxSampled is how many lines decide about the form.
const maxSampled = 20

// line is a line of the sample.
type line struct {
	from   scanner // before it
	cells  [][]byte
	quoted bool
}

// sample returns the first lines, parted in the way that fits them best: the one
// that leaves the fewest cells of text after the first line.
func sample(text []byte) (best []line, err error) {
	least := -1
	for _, comma := range []byte{';', '\t', '|', ',', ' '} {
		s := scanner{text: text, line: 1, comma: comma}
		if bytes.HasPrefix(text, []byte("sep=")) {
			s.at = s.end(0)
			s.newline()
		}
		lines, e := firstLines(s)
		if e != nil {
			err = e
			continue
		}
		if len(lines) == 0 {
			return nil, nil
		}
		if bad := misfits(lines, comma); len(lines[0].cells) > 1 && (least < 0 || bad < least) {
			least, best = bad, lines
		} else if comma == ' ' && least < 0 && err == nil { // a single column
			return lines, nil
		}
	}
	if least < 0 {
		return nil, err
	}
	return best, nil
}

func firstLines(s scanner) (lines []line, err error) {
	for n := 0; len(lines) < maxSampled && (len(lines) < 3 || n < maxColumns); n += len(s.cells) {
		s.cells = nil
		from := s
		_, cells, err := s.next()
		if err != nil {
			return nil, err
		}
		if cells == nil {
			break
		}
		lines = append(lines, line{from, cells, s.quoted})
	}
	return lines, nil
}

// misfits counts cells of text, but for those of the first of several lines.
func misfits(lines []line, comma byte) (bad int) {
	width := len(lines[0].cells)
	for _, l := range lines[min(1, len(lines)-1):] {
		if n := len(l.cells); n != width && !(n == width+1 && len(l.cells[width]) == 0) {
			bad += width
		}
		for _, c := range l.cells {
			if isText(c, comma) {
				bad++
			}
		}
	}
	return bad
}

func isText(cell []byte, comma byte) bool {
	_, ok := number(cell, comma)
	return !ok && !Missing(cell)
}

// head finds the names of the columns and their units.
func (t *Table) head(lines []line, known func([]string) bool) {
	first, comma := lines[0], t.rows.comma
	var next line
	if len(lines) > 1 {
		next = lines[1]
	}
	isNumber := func(l line, j int) bool {
		if j >= len(l.cells) {
			return false
		}
		_, ok := number(l.cells[j], comma)
		return ok
	}
	look := func(names []string) bool { return known != nil && known(names) }

	names := texts(first.cells)
	numbers, overNumber := 0, false
	for j, c := range first.cells {
		if isNumber(first, j) {
			numbers++
		}
		overNumber = overNumber || isText(c, comma) && isNumber(next, j)
	}
	switch {
	case first.quoted && len(next.cells) > 0 && !next.quoted, len(next.cells) > 0 && look(names), numbers == 0, overNumber:
		t.Header, t.Names = true, names
		t.rows.next()
	default:
		if c := first.from.commented(); len(c) == len(names) && look(c) {
			t.Header, t.Names = true, c
			return
		}
		t.number(len(names))
		return
	}

	if len(lines) < 3 {
		return
	}
	texts, ones := 0, 0 // ones before the first text
	for j, c := range next.cells {
		if v, ok := number(c, comma); ok && v != 1 {
			return // a row whose text is a mistake
		} else if ok && texts == 0 {
			ones++
		}
		if isText(c, comma) && isNumber(lines[2], j) {
			texts++
		}
	}
	if texts > ones && len(next.cells) == len(names) {
		t.rows.next()
	}
}

func texts(cells [][]byte) []string {
	s := make([]string, len(cells))
	for j, c := range cells {
		s[j] = string(c)
	}
	return s
}

func (t *Table) checkNames() error {
	for j, name := range t.Names {
		if !utf8.ValidString(name) {
			return errors.Errorf("the name of column %d is %q, want UTF-8; try saving the text as “CSV UTF-8”", j+1, name)
		}
	}
	sorted := slices.DeleteFunc(slices.Clone(t.Names), func(s string) bool { return s == "" })
	slices.Sort(sorted)
	for k := 1; k < len(sorted); k++ {
		if sorted[k] == sorted[k-1] && !t.Own() {
			return errors.Errorf("two columns are named %q, want each name once", sorted[k])
		}
	}
	return nil
}
