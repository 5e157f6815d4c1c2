package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"spnode/experiments/driver/command"
)

// rows writes decaying trajectories, two components at nt times of ns samples.
func rows(ns, nt int, change func(s, k int, row []string) []string) string {
	var b strings.Builder
	b.WriteString("sample,t,a,b\n")
	for s := range ns {
		for k := range nt {
			t := float64(k) / 10
			row := []string{fmt.Sprint(s), fmt.Sprint(t), fmt.Sprint(float64(s+1) * math.Exp(-t)), fmt.Sprint(float64(s+2) * math.Exp(-3*t))}
			if change != nil {
				row = change(s, k, row)
			}
			if row != nil {
				b.WriteString(strings.Join(row, ",") + "\n")
			}
		}
	}
	return b.String()
}

// TestFiles gives the command files as people have them by mistake. Each of them
// gets one clear line and exit code 2, or a model and a warning.
func TestFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("trains some models")
	}
	at := func(s0, k0, col int, text string) func(s, k int, row []string) []string {
		return func(s, k int, row []string) []string {
			if s == s0 && k == k0 {
				row[col] = text
			}
			return row
		}
	}
	wide := func(n int) string {
		var b strings.Builder
		b.WriteString("sample,t")
		for j := range n {
			fmt.Fprintf(&b, ",c%d", j)
		}
		for s := range 4 {
			for k := range 4 {
				fmt.Fprintf(&b, "\n%d,%d", s, k)
				for j := range n {
					fmt.Fprintf(&b, ",%d", (s+j+k)%7)
				}
			}
		}
		return b.String() + "\n"
	}
	for _, c := range []struct {
		name, file, text string
		want             string // in the one line of an error; with ! before it, in the output of a run that goes well
	}{
		{"empty", "a.csv", "", "a.csv"},
		{"only a header", "a.csv", "sample,t,a,b\n", "a.csv"},
		{"no such file", "", "", "no such file"},
		{"another extension", "a.xlsx", "PK", "a.xlsx"},
		{"a folder's name", "a.csv/", "", "a.csv"},
		{"a text column", "a.csv", rows(5, 12, at(1, 3, 3, "high")), "high"},
		{"a row too short", "a.csv", rows(5, 12, func(s, k int, row []string) []string {
			if s == 2 && k == 4 {
				return row[:3]
			}
			return row
		}), "a.csv"},
		{"duplicate times", "a.csv", rows(5, 12, at(1, 3, 1, "0.2")), "0.2"},
		{"times that decrease", "a.csv", rows(5, 12, at(1, 3, 1, "-5")), "-5"},
		{"a time that is no number", "a.csv", rows(5, 12, at(1, 3, 1, "nan")), "a.csv"},
		{"an infinite value", "a.csv", rows(5, 12, at(1, 3, 2, "inf")), "a.csv"},
		{"two times", "a.csv", rows(5, 2, nil), "want at least 3"},
		{"one time", "a.csv", rows(5, 1, nil), "want at least 3"},
		{"nothing measured", "a.csv", rows(5, 12, func(s, k int, row []string) []string { row[2], row[3] = "nan", "nan"; return row }), "a.csv"},
		{"missing at the start", "a.csv", rows(5, 12, at(1, 0, 2, "nan")), "first time"},
		{"constant throughout", "a.csv", rows(5, 12, func(s, k int, row []string) []string { row[2], row[3] = "1", "2"; return row }), "ever changes"},
		{"3000 components", "a.csv", wide(3000), "at most 2000"},
		{"not a zip", "a.npz", "PK\x03\x04 and no more", "a.npz"},
		{"states without times", "a.npy", "\x93NUMPY", "a.npy"},
		{"one trajectory", "a.csv", rows(1, 40, nil), "!NOT held out"},
		{"one constant component", "a.csv", rows(8, 20, func(s, k int, row []string) []string { row[3] = "2"; return row }), "!never change: b"},
		{"outliers", "a.csv", rows(8, 20, func(s, k int, row []string) []string {
			if k == 9 && s%3 > 0 {
				row[2] = "77"
			}
			return row
		}), "!stand out from the two before and after by more than ten times the noise (a "},
		{"a gap", "a.csv", rows(8, 20, at(1, 5, 2, "nan")), "!not measured"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.csv")
			if c.file != "" {
				path = filepath.Join(dir, strings.TrimSuffix(c.file, "/"))
				if strings.HasSuffix(c.file, "/") {
					if err := os.Mkdir(path, 0o700); err != nil {
						t.Fatal(err)
					}
				} else if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var stdout, stderr strings.Builder
			code := command.Execute(context.Background(), "fit", run, []string{"-data", path, "-checkpoints", dir, "-run", "x", "-quiet", "-minutes", "0.001"}, &stdout, &stderr)
			want, goes := strings.CutPrefix(c.want, "!")
			if goes {
				if code != command.ExitOK || !strings.Contains(stdout.String(), want) {
					t.Errorf("got exit code %d, %s\n%s, want %q", code, stderr.String(), stdout.String(), want)
				}
				return
			}
			line := stderr.String()
			if code != command.ExitUsage || strings.Count(line, "\n") != 1 || !strings.Contains(line, want) || strings.Contains(line, "goroutine") {
				t.Errorf("got exit code %d and %q, want %d and one line with %q", code, line, command.ExitUsage, want)
			}
			t.Log(strings.ReplaceAll(line, dir, "…"))
		})
	}
}

// TestManyRows reads a file of a million rows and refuses nothing.
func TestManyRows(t *testing.T) {
	if testing.Short() {
		t.Skip("a large file")
	}
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "sample,t,a\n")
	for s := range 1000 {
		for k := range 300 {
			fmt.Fprintf(f, "%d,%d,%g\n", s, k, math.Exp(-float64(k)/100))
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	c := defaultConfig()
	c.Data = path
	if err := c.plan(); err != nil {
		t.Fatal(err)
	}
}
