package table

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pkg/errors"

	"spnode/data/internal/stack"
)

var nan = math.NaN()

// maxColumns bounds what is kept of a line, 24 bytes a cell.
const maxColumns = 1 << 18

// scanner reads lines. A copy of it reads them again.
type scanner struct {
	text  []byte
	at    int  // offset of the next line
	line  int  // its number
	comma byte // what is between cells; ' ' stands for any number of blanks and tabs

	cells  [][]byte // of the last line
	quoted bool     // one of them was
	apart  bool     // there is an empty line before it
}

// next returns the cells of the next line that has some, and its number; nil at
// the end.
func (s *scanner) next() (line int, cells [][]byte, err error) {
	s.apart = false
	for s.at < len(s.text) {
		line = s.line
		if c := s.text[s.at]; c == '#' || c == '%' {
			s.at = s.end(s.at)
			s.newline()
			continue
		}
		full, err := s.record()
		if err != nil {
			return 0, nil, errors.Wrapf(err, "line %d", line)
		}
		if full {
			return line, s.cells, nil
		}
		s.apart = true
	}
	return 0, nil, nil
}

// end returns the offset of the end of the line that goes on at i.
func (s *scanner) end(i int) int {
	for i < len(s.text) && s.text[i] != '\n' && s.text[i] != '\r' {
		i++
	}
	return i
}

// newline steps over the end of a line.
func (s *scanner) newline() {
	if s.at < len(s.text) && s.text[s.at] == '\r' {
		s.at++
		if s.at < len(s.text) && s.text[s.at] == '\n' {
			s.at++
		}
	} else if s.at < len(s.text) {
		s.at++
	}
	s.line++
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' }

func (s *scanner) skipBlanks() {
	for s.at < len(s.text) && blank(s.text[s.at]) && s.text[s.at] != s.comma {
		s.at++
	}
	for s.comma == ' ' && s.at < len(s.text) && blank(s.text[s.at]) {
		s.at++
	}
}

func (s *scanner) atEnd() bool {
	return s.at >= len(s.text) || s.text[s.at] == '\n' || s.text[s.at] == '\r'
}

// record reads a line, and tells whether one of its cells is not empty.
func (s *scanner) record() (full bool, err error) {
	s.cells, s.quoted = s.cells[:0], false
	for {
		s.skipBlanks()
		if s.comma == ' ' && s.atEnd() {
			break
		}
		if len(s.cells) == maxColumns {
			return false, stack.Shapef("the columns are more than %d", maxColumns)
		}
		cell, err := s.cell()
		if err != nil {
			return false, err
		}
		s.cells = append(s.cells, cell)
		full = full || len(cell) > 0
		if s.atEnd() {
			break
		}
		s.at++ // what is between cells
	}
	s.newline()
	return full || s.quoted, nil
}

// cell reads a cell, and stops before what ends it.
func (s *scanner) cell() ([]byte, error) {
	if s.at < len(s.text) && s.text[s.at] == '"' {
		return s.quotedCell()
	}
	start := s.at
	for !s.atEnd() {
		c := s.text[s.at]
		if c == s.comma || s.comma == ' ' && blank(c) {
			break
		}
		s.at++
	}
	return bytes.TrimSpace(s.text[start:s.at]), nil
}

func (s *scanner) quotedCell() ([]byte, error) {
	s.quoted = true
	s.at++
	start, plain := s.at, true
	for ; ; s.at++ {
		if s.at >= len(s.text) {
			return nil, errors.New(`a quote " is not closed, want another one`)
		}
		switch c := s.text[s.at]; {
		case c == '\n', c == '\r' && !bytes.HasPrefix(s.text[s.at+1:], []byte("\n")):
			s.line++
		case c == '"' && bytes.HasPrefix(s.text[s.at+1:], []byte(`"`)):
			s.at++
			plain = false
		case c == '"':
			cell := s.text[start:s.at]
			if !plain {
				cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
			}
			s.at++
			if s.skipBlanks(); !s.atEnd() && s.text[s.at] != s.comma && s.comma != ' ' {
				return nil, errors.New(`there is text after a closing quote ", want the end of the cell`)
			}
			if s.comma == ' ' && s.at > 0 && !s.atEnd() {
				s.at-- // record steps over one
			}
			return cell, nil
		}
	}
}

// commented returns the cells of the comment that is the line right before the
// scanner's next one with any.
func (s scanner) commented() []string {
	var last []byte
	for s.at < len(s.text) {
		end := s.end(s.at)
		l := bytes.TrimSpace(s.text[s.at:end])
		if len(l) > 0 && l[0] != '#' && l[0] != '%' {
			break
		}
		if len(l) > 0 {
			last = bytes.TrimLeft(l, "#% \t")
		}
		s.at = end
		s.newline()
	}
	c := scanner{text: last, comma: s.comma}
	_, cells, err := c.next()
	if err != nil {
		return nil
	}
	return texts(cells)
}

// number parses a cell as a finite or infinite number, with the decimal comma,
// unless it is between cells, and with Fortran's exponents: 1.5D+03, and 1.5-103
// where three digits leave no room for the letter.
func number(cell []byte, comma byte) (float64, bool) {
	if len(cell) == 0 || len(cell) > maxName {
		return 0, false
	}
	if c := cell[len(cell)-1]; c != '.' && (c < '0' || c > '9') && c != 'f' && c != 'F' && c != 'y' && c != 'Y' && c != ',' {
		return 0, false // for speed, and no nan
	}
	v, err := strconv.ParseFloat(string(cell), 64)
	if err == nil {
		return v, true
	}
	if !stack.Finite(v) { // out of range
		return v, true
	}
	var b [maxName]byte
	n := copy(b[:], cell)
	text, changed := b[:n], false
	if rest, ok := bytes.CutPrefix(text, []byte("−")); ok { // U+2212, of typesetters
		text = append([]byte("-"), rest...)
		n, changed = len(text), true
	}
	if comma != ',' && bytes.IndexByte(text, '.') < 0 && bytes.Count(text, []byte(",")) == 1 {
		text[bytes.IndexByte(text, ',')], changed = '.', true
	}
	if k := bytes.IndexAny(text, "dD"); k > 0 {
		text[k], changed = 'e', true
	} else if k := n - 4; k > 0 && bytes.IndexByte(text, '.') >= 0 && bytes.LastIndexAny(text, "+-") == k && text[k-1] != 'e' && text[k-1] != 'E' {
		return fortran(text[:k], text[k:])
	}
	if !changed {
		return 0, false
	}
	v, err = strconv.ParseFloat(string(text), 64)
	return v, err == nil || !stack.Finite(v)
}

func fortran(digits, exponent []byte) (float64, bool) {
	v, err := strconv.ParseFloat(string(digits)+"e"+string(exponent), 64)
	return v, err == nil || !stack.Finite(v)
}

// hint says what to try where a cell is no number.
func hint(cell []byte) string {
	digits := bytes.Map(func(c rune) rune {
		if strings.ContainsRune(",.'’_ \u00a0", c) {
			return -1
		}
		return c
	}, cell)
	dashes := bytes.Count(cell, []byte("-")) + bytes.Count(cell, []byte("/"))
	if _, ok := number(digits, ','); ok {
		return "; try a decimal point, and nothing between thousands"
	}
	if len(digits) > 0 && digits[0] >= '0' && digits[0] <= '9' && (dashes == 2 || bytes.IndexByte(cell, ':') > 0) {
		return "; try seconds from a beginning in place of dates"
	}
	if r, _ := utf8.DecodeRune(cell); unicode.IsLetter(r) {
		return "; try naming it as what tells trajectories apart, or the components without it"
	}
	return ""
}

// Missing tells whether a cell says that its number is missing.
func Missing(cell []byte) bool {
	if len(cell) > 9 {
		return false
	}
	switch string(bytes.ToLower(cell)) {
	case "", "nan", "+nan", "-nan", "-nan(ind)", "1.#qnan", "-1.#ind", "na", "<na>", "n/a", "#n/a", "null", "none", "missing", "-", "--", ".", "?":
		return true
	}
	return false
}
