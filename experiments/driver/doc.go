// Package driver is what the commands of the experiments share: flags, recipes, and
// what a command line does with a run: train, go on, evaluate, sweep. What a run ends
// with is package report's, its folder runs', prediction predict's, exit codes and
// signals command's.
//
// A command is an [Experiment]: its configuration, and what it does with the
// models that a [Session] gives it, trained now or read from a run,
//
//	func main() { command.Main("transient", run) }
//
//	func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
//		f := driver.NewFlags("transient", "learns transient growth, section 5.1")
//		epsilon := f.Set.String("epsilon", "", "train only the models of ε = `E`")
//		return driver.Experiment[Config, *Config]{
//			Flags:   f,
//			Default: defaultConfig,
//			Choose:  func(c *Config) error { return c.choose(f, *epsilon) },
//			Quick:   (*Config).quick,
//			Learn:   learn,
//		}.Run(ctx, args, stdout, stderr)
//	}
//
//	func learn(s *driver.Session, c Config) (*report.Page, error) {
//		models, err := driver.Learn(s, c.Models, prepare, test)
//		…
//		return &report.Page{Tables: []*report.Table{driver.Table("Errors", columns, models), driver.SeedTable(columns, models)}}, nil
//	}
//
// # The same line again
//
// With -resume, and for each task of a -sweep, one command line begins a run, goes on
// with one that is unfinished, with the bits of one that was not stopped, and finds a
// finished one done. report.json is written last: a run that has it is finished. Two
// processes never work on one run: the second waits, for longer than schedulers leave
// the first to end, and then fails. Flags that agree with the run's configuration are
// no mistake.
package driver
