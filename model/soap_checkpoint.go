package model

import (
	"fmt"
	"slices"
)

// eachSOAP has f visit the arrays of SOAP by name with the size that they have
// once it has begun. Adam has none.
func (t *Trainer) eachSOAP(f func(name string, size int, x *[]float64)) {
	o := &t.optimizer
	if len(o.Matrices) == 0 {
		return
	}
	f("soap/pending", len(t.Model.params.Flat), &o.Pending)
	for i := range o.Matrices {
		m := &o.Matrices[i]
		k, _ := slices.BinarySearch(t.Model.params.begin, m.Begin)
		for _, s := range m.sides() {
			if o.turns(s.dim) {
				name := fmt.Sprintf("soap/%s/%s/", t.Model.params.List[k].Name, s.name)
				f(name+"factor", s.dim*s.dim, &s.Factor)
				f(name+"basis", s.dim*s.dim, &s.Basis)
			}
		}
	}
}

// wholeSOAP reports whether the state of SOAP is one that a training leaves: the
// matrices begin with the moments and end with the stage, and a gradient that is
// pending belongs to an update that can be taken back.
func (t *Trainer) wholeSOAP() bool {
	whole := true
	t.eachSOAP(func(name string, _ int, x *[]float64) {
		want := t.stage == stageAdam && (t.optimizer.Mean != nil)
		if x == &t.optimizer.Pending {
			want = t.stage == stageAdam && t.last.w != nil
		}
		whole = whole && (*x != nil) == want
	})
	return whole
}
