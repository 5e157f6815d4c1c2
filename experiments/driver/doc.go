// Package driver is what the commands of the experiments share: flags, the
// configuration file, the run's folder, progress, tables, report.json and
// report.html, signals and exit codes. Of data it knows only the shape.
//
// A command is an [Experiment]: its configuration, and what it does with the
// models that a [Session] gives it, trained now or read from a run,
//
//	func main() { driver.Main("transient", run) }
//
//	func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
//		f := driver.NewFlags("transient", "learns transient growth, section 5.1")
//		epsilon := f.Set.String("epsilon", "", "train only the models of ε = `E`")
//		e := driver.Experiment[Config]{
//			Flags:      f,
//			Components: problem.Transient{}.Components(),
//			Configure:  func() (Config, error) { return configure(f, *epsilon) },
//			Test:       testAll,
//		}
//		return e.Run(ctx, args, stdout, stderr)
//	}
//
//	func testAll(s *driver.Session, cfg Config) (*driver.Page, error) {
//		for _, m := range cfg.Models {
//			fitted, result, err := s.Model(m.Name, func() (driver.Training, error) { … })
//			…
//			s.Report.Models = append(s.Report.Models, …)
//		}
//		return &driver.Page{…}, nil
//	}
//
// # Exit codes
//
// 0 all went well; 1 the run failed; 2 a flag, a file or a value that the user
// gave is wrong ([UsageError]); 130 interrupted by a signal.
package driver
