// Command fit learns a person's own trajectories: it reads them, says what it
// takes them for, trains what may suit, keeps the best, and tests it on
// trajectories that it has held out.
package main

import (
	"context"
	"io"

	"spnode/experiments/driver"
	"spnode/experiments/driver/command"
)

func main() { command.Main("fit", run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f := driver.NewFlags("fit", "learns your own trajectories: -data FILE is all that it needs")
	var own Config
	own.flags(f)
	return driver.Experiment[Config, *Config]{
		Flags:   f,
		Default: defaultConfig,
		Own:     &own,
		Choose:  func(c *Config) error { return c.choose(f, own) },
		Quick:   func(*Config) {}, // choose makes the plans by it
		Learn:   learn,
	}.Run(ctx, args, stdout, stderr)
}
