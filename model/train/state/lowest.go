package state

import (
	"slices"

	"spnode/model/optim"
)

// Recent is how many losses have the median that stands for the loss of the data where
// batches differ: an odd number of a few, so that one batch is not the median.
const Recent = 15

// Lowest is the least loss that a phase of the first stage has seen, and where.
type Lowest struct {
	Recent []float64 // losses, oldest first; one where all batches are the same
	Loss   []float64 // the least median of them, or none
	W      []float64 // the parameters there, or none
}

func (l *Lowest) vectors(size int) optim.Vectors {
	return optim.Vectors{
		{Name: "recent", Data: &l.Recent, Size: len(l.Recent), Optional: true},
		{Name: "lowest", Data: &l.Loss, Size: 1, Optional: true}, {Name: "lowest/w", Data: &l.W, Size: size, Optional: true},
	}
}

// See takes the loss at the parameters w into account, by the median of so many.
func (l *Lowest) See(loss float64, w []float64, window int) {
	l.Recent = append(l.Recent, loss)
	if extra := len(l.Recent) - window; extra > 0 {
		l.Recent = slices.Delete(l.Recent, 0, extra)
	}
	var sorted [Recent]float64
	n := copy(sorted[:], l.Recent)
	slices.Sort(sorted[:n])
	if median := sorted[n/2]; len(l.Loss) == 0 || median < l.Loss[0] {
		l.Loss, l.W = append(l.Loss[:0], median), append(l.W[:0], w...)
	}
}
