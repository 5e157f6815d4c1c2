// Command readme holds the tables and numbers of the READMEs against what their commands
// make today. A comment in the Markdown says where they come from, for a table above it,
//
//	<!-- table: robertson; Seeds; within 1.5; but seconds -->
//
// and for a number of the text anywhere,
//
//	<!-- value 1.7e-3: robertson; Seeds; autoencoder median; held-out max; within 1.5 -->
//
// The first part is a command of experiments, with its flags; it is run once, however many
// tables it is for. The second is the title, or how it begins, of a table in the report.md that
// it writes; left empty, it is any. The table here may be a part of what is made: its rows are found by their first
// cells, its columns by their names, and an empty cell says nothing. Words must be the same, and numbers within a
// factor. A training that is done on another processor, with another number of workers or
// by a later version has other last bits, which grow: hence the factors.
//
//	go run ./experiments/readme                   # all, on one core three quarters of an hour
//	go run ./experiments/readme -only evaluate    # of the commands with that in them: 3 minutes
//	go run ./experiments/readme -only ^transient  # 7 minutes, ^robertson 15, ^ks 20, ^suite 2, ^fit 2
//
// Nothing checks the times of ops/README.md, which are those of one machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/pkg/errors"
)

func main() {
	only := flag.String("only", ".", "`REGEX` of the commands to run")
	out := flag.String("out", "", "`DIR` that keeps what they make (default: a temporary one, removed)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	wrong, err := run(ctx, ".", *only, *out, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(2)
	}
	if wrong > 0 {
		fmt.Printf("%d figures are off\n", wrong)
		os.Exit(1)
	}
}

// run checks the Markdown below a folder and returns how much is off.
func run(ctx context.Context, root, only, out string, stdout io.Writer) (wrong int, err error) {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return 0, errors.Wrap(err, "flag -only")
	}
	claims, err := readAll(root)
	if err != nil {
		return 0, err
	}
	if out == "" {
		if out, err = os.MkdirTemp("", "readme"); err != nil {
			return 0, err
		}
		defer os.RemoveAll(out)
	}
	made := map[string][]table{}
	for i, c := range claims {
		if !wanted.MatchString(c.command) {
			continue
		}
		if made[c.command] == nil {
			begin := time.Now()
			fmt.Fprintf(stdout, "%s … ", c.command)
			tables, err := execute(ctx, root, c.command, filepath.Join(out, fmt.Sprint("run", i)))
			if err != nil {
				return 0, err
			}
			fmt.Fprintf(stdout, "%.0f s\n", time.Since(begin).Seconds())
			made[c.command] = tables
		}
		off := c.check(made[c.command])
		for _, o := range off {
			fmt.Fprintf(stdout, "%s: %s: %s\n", c.place, c.command, o)
		}
		wrong += len(off)
	}
	return wrong, nil
}

// execute runs a command of experiments into a folder and reads the tables of its report.
func execute(ctx context.Context, root, command, dir string) ([]table, error) {
	words := strings.Fields(command)
	where := []string{"-quiet", "-checkpoints", filepath.Dir(dir), "-run", filepath.Base(dir)}
	switch {
	case words[0] == "suite":
		where = []string{"-out", dir}
	case strings.Contains(command, "-evaluate"):
		where = []string{"-quiet", "-checkpoints", filepath.Dir(dir), "-out", dir}
	}
	c := exec.CommandContext(ctx, "go", append(append([]string{"run", "./experiments/" + words[0]}, words[1:]...), where...)...)
	c.Dir = root
	if text, err := c.CombinedOutput(); err != nil {
		return nil, errors.Wrapf(err, "%s: %s", command, text)
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.md"))
	if err != nil {
		return nil, errors.Wrap(err, command)
	}
	return readTables(string(text)), nil
}
