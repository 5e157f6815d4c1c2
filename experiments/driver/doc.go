// Package driver is what the commands of the experiments share: flags, the
// configuration file, the run's folder, seeds, progress, signals and exit codes.
// What a run ends with is package report's.
//
// A command is an [Experiment]: its configuration, and what it does with the
// models that a [Session] gives it, trained now or read from a run,
//
//	func main() { driver.Main("transient", run) }
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
//		for _, m := range c.Models { // each has a driver.Recipe
//			fitted, err := s.Train(m.Recipe, func(*model.Config) (*data.Dataset, error) { … })
//			tested, err := driver.Test(fitted, func(f driver.Fitted) (*testReport, error) { … })
//			…
//			s.Report.Models = append(s.Report.Models, tested.Report(s))
//		}
//		return &report.Page{…}, nil
//	}
//
// # Exit codes
//
// 0 all went well; 1 the run failed; 2 a flag, a file or a value that the user
// gave is wrong ([UsageError]); 130 interrupted by a signal.
package driver
