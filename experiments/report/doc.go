// Package report is what a run ends with: report.json for programs, report.html
// and report.md for people, tables for the terminal, and what all draw: the loss,
// and errors over time.
//
//	p := &report.Page{
//		Title:  "Transient growth",
//		Report: report.New("transient", config), // with a Model added for each
//		Tables: []*report.Table{table},
//	}
//	p.Figures, err = report.Draw(report.Drawing{Name: "fig3", Caption: "…", Draw: draw})
//	err = p.Publish("checkpoints/transient/mine", os.Stdout)
package report
