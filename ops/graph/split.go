package graph

import (
	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Split is the program of a cost that is a sum over many values of some inputs, such
// as the parts of a batch, and of its gradients: what those inputs do not enter is
// evaluated once for all of them, and so are its adjoints, for the sum of what comes
// to them. Run Before, then Each for every value of the inputs, and then After.
type Split struct {
	Before, Each, After *Program
	schedule
}

// CompileSplit is Compile where some inputs vary. With none of them it is all in Each.
func CompileSplit(varying []*G.Node, outputs ...*G.Node) (*Split, error) {
	if len(outputs) == 0 {
		return nil, errors.New("graph: Compile: no nodes to evaluate")
	}
	if outputs[0].Dtype() == tensor.Float32 {
		return compile[float32](outputs, varying)
	}
	return compile[float64](outputs, varying)
}

// Total reports whether the value of a node is there after After, and is the total
// over all runs of Each, and not that of a run.
func (s *Split) Total(n *G.Node) bool { return s.when(n) == after || s.isTotal(n) }

// When a node of a Split is evaluated.
const (
	before = iota
	each
	after
)

// schedule tells when nodes are evaluated: before the runs what depends on no input
// that varies, and after them the adjoints of that. A node of Gorgonia's own is
// evaluated in each run unless it is a sum of gradients.
type schedule struct {
	at     map[*G.Node]int // nil: all in each run
	shared map[*G.Node]bool
}

func newSchedule(varying []*G.Node) (s schedule) {
	if len(varying) > 0 {
		s = schedule{map[*G.Node]int{}, map[*G.Node]bool{}}
	}
	for _, n := range varying {
		s.at[n] = each
	}
	return s
}

func (s schedule) when(n *G.Node) int {
	if s.at == nil {
		return each
	}
	return s.at[n]
}

// isTotal reports whether a node is made in each run, at least in part, and read after
// all of them.
func (s schedule) isTotal(n *G.Node) bool { return s.shared[n] }
