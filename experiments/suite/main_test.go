package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"spnode/data"
	"spnode/experiments/driver/command"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	var stdout, stderr strings.Builder
	args := []string{"-write", "-only", "transient", "-format", "csv", "-out", dir}
	if code := command.Execute(context.Background(), "suite", run, args, &stdout, &stderr); code != command.ExitOK {
		t.Fatalf("got exit code %d, %s", code, stderr.String())
	}
	d, err := data.Read(filepath.Join(dir, "data", "transient.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if d.Samples() != 200 || d.Dim() != 2 || len(d.Trajectories[0].Times) != 41 {
		t.Errorf("got %s, want 200 trajectories of 2 components at 41 times", d)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{"-only", "nobody"}, {"-format", "xls"}, {"-minutes", "x"}, {"-seeds", "0"}, {"hires"}} {
		var stdout, stderr strings.Builder
		if code := command.Execute(context.Background(), "suite", run, append(args, "-out", t.TempDir()), &stdout, &stderr); code != command.ExitUsage {
			t.Errorf("%v: got exit code %d, want %d", args, code, command.ExitUsage)
		}
	}
}
