package driver

import (
	"bytes"
	"flag"
	"fmt"
	"slices"
	"strings"

	"spnode/experiments/driver/command"
	"spnode/experiments/driver/runs"
	"spnode/experiments/driver/terminal"
)

// Interrupted tells the user of a run that a signal stopped how to go on with it.
func (f *Flags) Interrupted(r *runs.Run, cause error) error {
	if f.Given("sweep") {
		return &command.InterruptedError{Resume: f.line(), Cause: cause}
	}
	line := "go run ./experiments/" + f.Set.Name()
	if f.Given("checkpoints") {
		line += " -checkpoints " + word(f.Checkpoints)
	}
	return &command.InterruptedError{Resume: line + " -run " + word(r.Name) + " -resume", Cause: cause}
}

// line is the command line.
func (f *Flags) line() string {
	words := []string{"go run ./experiments/" + f.Set.Name()}
	for _, a := range f.args {
		words = append(words, word(a))
	}
	return strings.Join(words, " ")
}

// word quotes what a shell would not take for one word.
func word(s string) string {
	safe := func(r rune) bool {
		return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune("/._-+=:@%,", r)
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return !safe(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Usage is the text of -h, by groups, a command's own flags after those for
// training.
func (f *Flags) Usage() string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n\nusage: go run ./experiments/%[1]s [flags]\n", f.Set.Name(), f.summary)
	own := flagGroup{title: "this experiment"}
	f.Set.VisitAll(func(g *flag.Flag) {
		if !slices.ContainsFunc(f.groups, func(group flagGroup) bool { return slices.Contains(group.names, g.Name) }) {
			own.names = append(own.names, g.Name)
		}
	})
	groups := slices.Clone(f.groups)
	if len(own.names) > 0 {
		groups = slices.Insert(groups, 1, own)
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n%s:\n", g.title)
		for _, name := range g.names {
			fl := f.Set.Lookup(name)
			value, usage := flag.UnquoteUsage(fl)
			if name == "only" && len(f.models) > 0 {
				usage += ": " + strings.Join(f.models, ", ")
			}
			head := strings.TrimSpace("-" + name + " " + value)
			if d := fl.DefValue; d != "" && d != "false" && d != "0" {
				usage += fmt.Sprintf(" (default %s)", d)
			}
			fmt.Fprintf(&b, "  %-18s %s\n", head, strings.Join(terminal.Broken(usage, 100-21), "\n"+strings.Repeat(" ", 21)))
		}
	}
	return b.String()
}
