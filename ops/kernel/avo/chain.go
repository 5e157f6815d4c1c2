package main

// A chain is what is done to n vectors, step by step. What a step does to one of
// them stands beside what it does to the others, which do not wait for each other.
type chain struct {
	n     int
	steps []func()
}

// each adds a step, of an instruction or two for each vector.
func (c *chain) each(do func(i int)) {
	c.steps = append(c.steps, func() {
		for i := range c.n {
			do(i)
		}
	})
}

// interleave writes the chains, each lag steps behind the one before.
func interleave(lag int, chains []*chain) {
	end := 0
	for k, c := range chains {
		end = max(end, k*lag+len(c.steps))
	}
	for at := range end {
		for k, c := range chains {
			if step := at - k*lag; 0 <= step && step < len(c.steps) {
				c.steps[step]()
			}
		}
	}
}
