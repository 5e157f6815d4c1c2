package model

import (
	"runtime"
	"sync/atomic"

	"github.com/pkg/errors"

	"spnode/model/internal/crew"
)

// At most partRows states are advanced, or decoded, together: with the widths of the
// paper's networks what they need then stays in cache. Samples are divided among the
// cores into blocks of no fewer than fewRows, of which products would be slow.
const (
	partRows = 128
	fewRows  = 16
)

// rollout is a prediction of some samples on a grid of times, in blocks of samples, whose
// latent states are advanced one time after the other and then decoded, in parts of some times.
type rollout struct {
	*Model
	batch   int
	x0      []float64 // (batch, width), scaled
	times   []float64
	steps   []float64
	blocks  int
	samples int // of a block
	span    int // times of a part
}

// part is the latent states of the samples from first up to last at some times from the k-th on.
type part struct {
	first, last int
	k, count    int
	u           []float64 // (span, samples, n)
}

func (m *Model) rollout(u0 [][]float64, times []float64) (*rollout, error) {
	if m.knows() {
		return nil, dataError("Predict: the model has parameters %v and inputs %v; try PredictEach, which takes them", m.cfg.Parameters.Names, m.cfg.Inputs.Names)
	}
	steps, err := Steps(times)
	if err != nil {
		return nil, err
	}
	x0, err := m.ScaledStates(u0)
	if err != nil {
		return nil, err
	}
	r := &rollout{Model: m, batch: len(u0), x0: x0, times: times, steps: steps}
	r.samples = samplesOfBlock(r.batch)
	r.blocks = ceilDiv(r.batch, r.samples)
	parts := ceilDiv(len(times), max(1, partRows/r.samples))
	r.span = ceilDiv(len(times), parts)
	return r, nil
}

// samplesOfBlock divides samples evenly into as many blocks as there are cores, or a
// multiple of them.
func samplesOfBlock(batch int) int {
	cores := runtime.GOMAXPROCS(0)
	blocks := ceilDiv(ceilDiv(batch, partRows), cores) * cores
	return ceilDiv(batch, min(blocks, max(1, batch/fewRows)))
}

// walk advances all samples along the grid, on all cores, and has each part of the latent
// states visited, with a decoder if decodes says so, by the goroutine that has advanced it
// or by one that has no block to advance: where there are fewer blocks than cores these
// decode what others advance. The error is that of the first block that fails.
func (r *rollout) walk(decodes bool, visit func(w *workspace, p part) error) error {
	workers := min(runtime.GOMAXPROCS(0), r.blocks*ceilDiv(len(r.times), r.span))
	advance := min(workers, r.blocks)
	spaces, err := r.workspaces(workers, advance, decodes, shape{r.samples, r.span, 1})
	if err != nil {
		return err
	}
	errs := make([]error, r.blocks+workers)
	queue := crew.NewQueue(r.blocks)
	var advancing atomic.Int64
	advancing.Store(int64(advance))
	idle := make(chan part, workers-advance) // to who waits for one: a goroutine that sleeps is some 70 µs late
	blocks := func(w *workspace) {
		defer func() { // of a panic too: who waits for parts would wait for ever
			if advancing.Add(-1) == 0 {
				close(idle)
			}
		}()
		for b := range queue.Left {
			errs[b] = r.advance(w, b, func(p *part) error {
				select {
				case idle <- *p:
					p.u = make([]float64, len(p.u))
					return nil
				default:
					return visit(w, *p)
				}
			})
		}
	}
	crew.Do(workers, func(i int) {
		if i < advance {
			blocks(spaces[i])
		}
		for p := range idle {
			if err := visit(spaces[i], p); err != nil {
				errs[r.blocks+i] = err
			}
		}
	})
	r.keep(spaces)
	return first(errs)
}

func first(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// advance advances the samples of a block, and passes on each part of the latent states.
func (r *rollout) advance(w *workspace, block int, pass func(*part) error) error {
	n, width := r.cfg.LatentDim(), r.cfg.Width()
	p := part{first: block * r.samples, u: make([]float64, r.span*r.samples*n)}
	p.last = min(p.first+r.samples, r.batch)
	x, u := make([]float64, r.samples*width), make([]float64, r.samples*n)
	copy(x, r.x0[p.first*width:p.last*width])
	if err := w.encoder.run(u, nil, x); err != nil {
		return errors.Wrap(err, "encoder")
	}
	var over interval
	for k := range r.times {
		if k > 0 {
			if dt := r.steps[k-1]; k == 1 || dt != r.steps[k-2] {
				over = r.interval(dt)
			}
			if err := w.advance(u, over); err != nil {
				return errors.Wrapf(err, "step %d, t = %g", k, r.times[k-1])
			}
		}
		p.count += copy(p.u[p.count*len(u):], u) / len(u)
		if p.count == r.span || k == len(r.times)-1 {
			if err := pass(&p); err != nil {
				return err
			}
			p.k, p.count = k+1, 0
		}
	}
	return nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
