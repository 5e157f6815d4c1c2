package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const made = `# Title

**Errors, of all**

| model | seed | error | text      | seconds |
| ----- | ---- | ----: | --------- | ------: |
| a     | 0    | 1e-3  | rel 0.5, yes | 3    |
| a     | 1    | 2e-3  | rel 0.25, no | 4    |
| b     | 0    | NaN   | –            | 5    |

**Others**

| method | error |
|---|---|
| a | 5e-16 |
`

// A table is right within its factor, and tells of every cell that is not.
func TestClaims(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		off  []string // what is said of it; nil: nothing
	}{
		"the same":      {"<!-- table: x; Errors -->\n" + strings.Split(made, "\n\n")[2], nil},
		"a part of it":  {"<!-- table: x; Errors; within 1.5; but seconds -->\n\n| model | seed | error | seconds |\n|---|---|---|---|\n| `a` | 1 | 1.5e-3 | 400 |\n", nil},
		"off":           {"<!-- table: x; Errors; within 1.5 -->\n| model | seed | error |\n|---|---|---|\n| a | 1 | 1e-3 |\n| a | 0 | 1.4e-3 |\n", []string{"a 1, error: here 1e-3, made 2e-3"}},
		"words":         {"<!-- table: x; Errors; within 2 -->\n| model | seed | text |\n|---|---|---|\n| a | 0 | rel 0.4, yes |\n| a | 1 | rel 0.2, yes |\n", []string{"rel 0.2, yes, made rel 0.25, no"}},
		"no such row":   {"<!-- table: x; Errors -->\n| model | seed | error |\n|---|---|---|\n| c | 0 | 1 |\n", []string{`no row "c 0"`}},
		"no such":       {"<!-- table: x; Losses -->\n| model |\n|---|\n| c |\n", []string{`no table "Losses"`}},
		"of two tables": {"<!-- table: x;; within 1.5; but seconds -->\n| model | seed | text |\n|---|---|---|\n| a | 1 | rel 0.25, no |\n\n<!-- table: x; -->\n| method | error |\n|---|---|\n| a 1 | 3e-3 |\n| none | |\n", []string{"a 1, error: here 3e-3, made 2e-3"}},
		"a number":      {"It is 6e-16. <!-- value -->\n<!-- value 6e-16: x; Others; a; error; within 1.5 -->\n", nil},
		"a wrong one":   {"It is 6e-15.\n<!-- value 6e-15: x; Others; a; error; within 1.5 -->\n", []string{"here 6e-15, made 5e-16"}},
		"not a number":  {"NaN\n<!-- value NaN: x; Errors; b 0; error -->\n", nil},
		"nothing to be": {"Nothing.\n", nil},
	} {
		claims, err := read(name, c.text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var off []string
		for _, c := range claims {
			off = append(off, c.check(readTables(made))...)
		}
		if len(off) != len(c.off) {
			t.Errorf("%s: got %q, want %q", name, off, c.off)
			continue
		}
		for i, want := range c.off {
			if !strings.Contains(off[i], want) {
				t.Errorf("%s: got %q, want %q", name, off[i], want)
			}
		}
	}
	for _, bad := range []string{"<!-- table: x; y; within 0.5 -->\n|a|\n", "<!-- table: x; y; withn 2 -->\n|a|\n", "<!-- table: x; y -->\nnone\n", "<!-- value 7: x; y; r; c -->\n"} {
		if _, err := read("bad", bad); err == nil {
			t.Errorf("%q: got no error", bad)
		}
	}
}

// The READMEs of the project can be read, and have something to check.
func TestREADMEs(t *testing.T) {
	claims, err := readAll(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(claims) < 5 {
		t.Errorf("got %d claims, want those of two examples at least", len(claims))
	}
	for _, c := range claims {
		name := strings.Fields(c.command)[0]
		if _, err := os.Stat(filepath.Join("..", name)); err != nil {
			t.Errorf("%s: %v", c.place, err)
		}
	}
}
