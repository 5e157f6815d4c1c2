// Command band holds the ensemble of a sweep of Robertson's reaction against the
// truth: does the band of its members cover it?
//
//	go run ./experiments/robertson -sweep experiments/robertson/seeds.json -only autoencoder
//	go run ./experiments/robertson/band -out /tmp/band checkpoints/robertson/seeds
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"math"
	"slices"

	"spnode/data/problem"
	"spnode/experiments/figure"
	"spnode/experiments/sweep"
	"spnode/model"
)

// scale is what the networks see of the state: y₂ times 1e4.
var scale = []float64{1, 1e4, 1}

func main() {
	out := flag.String("out", ".", "folder for the figure")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("band: want the folder of a sweep")
	}
	if err := run(flag.Arg(0), *out); err != nil {
		log.Fatal(err)
	}
}

func run(dir, out string) error {
	times := problem.RobertsonTimes(99) // the paper's 50, and one between each two
	// No member was trained or tested on these.
	u0, err := problem.DefaultRobertsonStates(200, 1<<41).Draw()
	if err != nil {
		return err
	}
	u0 = append([][]float64{{1, 0, 0}}, u0...)
	d, _, err := problem.RobertsonRadau().SolveFrom(context.Background(), problem.Robertson{}, u0, 0, times)
	if err != nil {
		return err
	}
	truth := d.States()
	home, err := sweep.Open(dir)
	if err != nil {
		return err
	}
	var members [][][][]float64
	for _, t := range home.Sweep.Tasks() {
		o, err := home.Outcome(t)
		if err != nil {
			return err
		}
		for _, r := range o.Models {
			m, err := model.Load(r.Checkpoint)
			if err != nil {
				return err
			}
			u, err := m.Predict(truth[0], times)
			if err != nil {
				return err
			}
			members = append(members, u)
		}
	}
	e, err := sweep.NewEnsemble(times, problem.Robertson{}.Components(), members)
	if err != nil {
		return err
	}
	compare(e, truth, members)
	f, err := draw(e, truth, members)
	if err == nil {
		_, err = f.Save(out, "band")
	}
	return err
}

// compare prints how often the truth lies in the band and between all members, and
// how far off mean and members are.
func compare(e *sweep.Ensemble, truth [][][]float64, members [][][][]float64) {
	fmt.Printf("%d members, %d states, %d times after the first; errors of y1, 1e4·y2, y3\n", len(members), len(truth[0]), len(truth)-1)
	for c, name := range e.Components {
		var inside, between, n int
		var width, off float64
		single := make([]float64, len(members))
		for k := 1; k < len(truth); k++ { // all know the first
			for s := range truth[k] {
				x := truth[k][s][c]
				lo, hi := math.Inf(1), math.Inf(-1)
				for i, u := range members {
					lo, hi = min(lo, u[k][s][c]), max(hi, u[k][s][c])
					single[i] = max(single[i], scale[c]*math.Abs(u[k][s][c]-x))
				}
				n++
				if e.Lo[k][s][c] <= x && x <= e.Hi[k][s][c] {
					inside++
				}
				if lo <= x && x <= hi {
					between++
				}
				width += scale[c] * (e.Hi[k][s][c] - e.Lo[k][s][c])
				off = max(off, scale[c]*math.Abs(e.Mean[k][s][c]-x))
			}
		}
		slices.Sort(single)
		fmt.Printf("%s: the truth lies in the 10–90 %% band at %.1f %%, between all members at %.1f %%; band %.1e wide in the mean; largest error of the mean %.1e, of single members %.1e to %.1e\n",
			name, 100*float64(inside)/float64(n), 100*float64(between)/float64(n), width/float64(n), off, single[0], single[len(single)-1])
	}
}

// draw has, from (1, 0, 0), mean, band and members less the truth.
func draw(e *sweep.Ensemble, truth [][][]float64, members [][][][]float64) (*figure.Figure, error) {
	var panels []figure.Panel
	for c, label := range []string{"y₁ less the truth", "10⁴y₂ less the truth", "y₃ less the truth"} {
		less := func(u [][][]float64) (y []float64) {
			for k := range u {
				y = append(y, scale[c]*(u[k][0][c]-truth[k][0][c]))
			}
			return y
		}
		p := figure.Panel{X: figure.Axis{Label: "time t (s)", Log: true}, Y: figure.Axis{Label: label}}
		p.Series = append(p.Series, figure.Band(figure.Color(1+c), "10–90 % of ten seeds", e.Times, less(e.Lo), less(e.Hi)))
		for i, u := range members {
			name := ""
			if i == 0 {
				name = "each seed"
			}
			s := figure.Line(figure.Gray, name, e.Times, less(u))
			s.Size = 0.4 // thin, behind the mean
			p.Series = append(p.Series, s)
		}
		p.Series = append(p.Series, figure.Line(figure.Color(1+c), "mean", e.Times, less(e.Mean)),
			figure.Dashed(figure.Black, "truth", []float64{e.Times[0], e.Times[len(e.Times)-1]}, []float64{0, 0}))
		panels = append(panels, p)
	}
	return figure.New(figure.Layout{}, panels...)
}
