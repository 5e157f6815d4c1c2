// Package driver is what the commands of the experiments share: flags, the
// configuration file, the run's folder, progress, tables, report.json and
// report.html, signals and exit codes. It knows nothing of models or data.
//
// A command's main is
//
//	func main() { driver.Main("transient", run) }
//
// and its run reads from top to bottom:
//
//	func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
//		flags := driver.NewFlags("transient", "learns transient growth, section 5.1")
//		flags.Set.Float64Var(&epsilon, "epsilon", 0, "weight of the nonlinear term")
//		if err := flags.Parse(args, stdout); err != nil {
//			return err
//		}
//		cfg := DefaultConfig()
//		if flags.Config != "" {
//			if err := driver.LoadConfig(flags.Config, &cfg); err != nil {
//				return err
//			}
//		}
//		if flags.Given("seed") {
//			cfg.Seed = flags.Seed
//		}
//		folder, err := flags.OpenRun(cfg.Seed)
//		…
//		progress := driver.NewProgress(stderr, flags.Quiet)
//		…
//		report := driver.NewReport("transient", cfg)
//		…
//	}
//
// # Exit codes
//
// 0 all went well; 1 the run failed; 2 a flag, a file or a value that the user
// gave is wrong ([UsageError]); 130 interrupted by a signal.
package driver
