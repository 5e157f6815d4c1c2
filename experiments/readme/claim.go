package main

import (
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// claim is a table or a number of a README with where it comes from.
type claim struct {
	place   string // file and line
	command string
	title   string
	within  float64
	but     []string // columns that are not looked at
	shown   table
	value   string // a number of the text, of which row and column say where it is made
	row     string
	column  string
}

var directive = regexp.MustCompile(`^<!-- (?:table|value (\S+)): (.*) -->$`)

// readAll reads the claims of the Markdown below a folder, but for hidden ones.
func readAll(root string) (all []claim, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "checkpoints"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		claims, err := read(path, string(text))
		all = append(all, claims...)
		return err
	})
	return all, err
}

// read reads the claims of a file.
func read(path, text string) (all []claim, err error) {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		m := directive.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		c := claim{place: fmt.Sprintf("%s:%d", path, i+1), value: m[1], within: 1}
		parts := strings.Split(m[2], ";")
		for k, p := range parts {
			switch p = strings.TrimSpace(p); {
			case k == 0:
				c.command = p
			case k == 1:
				c.title = p
			case strings.HasPrefix(p, "within "):
				if c.within, err = strconv.ParseFloat(p[len("within "):], 64); err != nil || !(c.within >= 1) {
					return nil, errors.Errorf("%s: got %q, want a factor of at least 1", c.place, p)
				}
			case strings.HasPrefix(p, "but "):
				for _, column := range strings.Split(p[len("but "):], ",") {
					c.but = append(c.but, strings.TrimSpace(column))
				}
			case c.value != "" && c.row == "":
				c.row = p
			case c.value != "" && c.column == "":
				c.column = p
			default:
				return nil, errors.Errorf("%s: got %q, want within FACTOR or but COLUMNS", c.place, p)
			}
		}
		if c.value == "" {
			tables := readTables(strings.Join(lines[i+1:], "\n"))
			if len(tables) == 0 {
				return nil, errors.Errorf("%s: got no table after it, want one", c.place)
			}
			c.shown = tables[0]
		} else if strings.Count(text, c.value) < 2 {
			return nil, errors.Errorf("%s: %s is nowhere in the text", c.place, c.value)
		}
		all = append(all, c)
	}
	return all, nil
}

// table is a table of Markdown, with the title in bold that stands before it.
type table struct {
	title   string
	columns []string
	rows    [][]string
}

func readTables(text string) (all []table) {
	title, open := "", false
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if t, ok := strings.CutPrefix(line, "**"); ok {
			title = strings.TrimSuffix(t, "**")
		}
		if !strings.HasPrefix(line, "|") {
			open = false
			continue
		}
		var cells []string
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(strings.TrimSpace(c), "`*"))
		}
		switch t := len(all) - 1; {
		case !open:
			all, open, title = append(all, table{title: title, columns: cells}), true, ""
		case strings.Trim(line, "|-: ") != "":
			all[t].rows = append(all[t].rows, cells)
		}
	}
	return all
}

// find is the row that begins with some cells, nil if there is none.
func (t table) find(key string) []string {
	for _, row := range t.rows {
		for n := 1; n <= len(row); n++ {
			if strings.Join(row[:n], " ") == key {
				return row
			}
		}
	}
	return nil
}

// check says what is off in a claim, against the tables that its command has made.
func (c claim) check(made []table) (off []string) {
	named := slices.DeleteFunc(slices.Clone(made), func(t table) bool { return !strings.HasPrefix(t.title, c.title) })
	if len(named) == 0 {
		return []string{fmt.Sprintf("it makes no table %q", c.title)}
	}
	compare := func(row, column, says string) {
		for _, t := range named {
			have, j := t.find(row), slices.Index(t.columns, column)
			if have == nil || j < 0 {
				continue
			}
			if have = append(have, make([]string, max(0, j+1-len(have)))...); !same(says, have[j], c.within) {
				off = append(off, fmt.Sprintf("%s: %s, %s: here %s, made %s, want within a factor of %g", c.title, row, column, says, have[j], c.within))
			}
			return
		}
		off = append(off, fmt.Sprintf("%s: there is no row %q with a column %q", c.title, row, column))
	}
	if c.value != "" {
		compare(c.row, c.column, c.value)
		return off
	}
	keys := 1
	if len(c.shown.columns) > 1 && c.shown.columns[1] == "seed" {
		keys = 2
	}
	for _, row := range c.shown.rows {
		for j := keys; j < min(len(row), len(c.shown.columns)); j++ {
			if column := c.shown.columns[j]; row[j] != "" && !slices.Contains(c.but, column) {
				compare(strings.Join(row[:keys], " "), column, row[j])
			}
		}
	}
	return off
}

var number = regexp.MustCompile(`[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?`)

// same reports whether two cells have the same words, and numbers within a factor.
func same(a, b string, within float64) bool {
	if number.ReplaceAllString(a, "#") != number.ReplaceAllString(b, "#") {
		return false
	}
	x, y := number.FindAllString(a, -1), number.FindAllString(b, -1)
	for i := range x {
		v, _ := strconv.ParseFloat(strings.ReplaceAll(x[i], "−", "-"), 64)
		w, _ := strconv.ParseFloat(strings.ReplaceAll(y[i], "−", "-"), 64)
		if v != w && !(v*w > 0 && math.Max(v/w, w/v) <= within*(1+1e-9)) {
			return false
		}
	}
	return true
}
