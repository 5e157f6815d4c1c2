package problem

import "math/rand/v2"

// HIRES is the High Irradiance RESponse of plant photomorphogenesis, eight
// species over 321.8122 units of time.
//
// E. Schäfer, A new approach to explain the "high irradiance responses" of
// photomorphogenesis on the basis of phytochrome, J. Math. Biology 2 (1975),
// 41–56; Hairer and Wanner, Solving Ordinary Differential Equations II, section
// IV.10. The published solution starts at (1, 0, 0, 0, 0, 0, 0, 0.0057).
func HIRES() MassAction {
	const y1, y2, y3, y4, y5, y6, y7, y8 = 0, 1, 2, 3, 4, 5, 6, 7
	move := func(k float64, from, to int) Reaction {
		return Reaction{Rate: k, Reactants: []int{from}, Change: map[int]float64{from: -1, to: 1}}
	}
	return MassAction{
		Title:   "hires",
		Species: []string{"Pr", "Pfr", "PrX", "PfrX", "PrX'", "PfrX'", "PfrX'E", "E"},
		Reactions: []Reaction{
			{Rate: 0.0007, Change: map[int]float64{y1: 1}},
			move(1.71, y1, y2),
			move(0.43, y2, y1),
			move(8.32, y2, y4),
			move(8.32, y3, y1),
			move(1.71, y3, y4),
			move(0.43, y4, y3),
			move(0.69, y4, y6),
			move(0.035, y5, y3),
			move(1.71, y5, y6),
			move(0.43, y6, y5),
			{Rate: 280, Reactants: []int{y6, y8}, Change: map[int]float64{y6: -1, y8: -1, y7: 1}},
			{Rate: 0.69, Reactants: []int{y7}, Change: map[int]float64{y7: -1, y6: 1, y8: 1}},
			{Rate: 0.43, Reactants: []int{y7}, Change: map[int]float64{y7: -1, y5: 1, y8: 1}},
			{Rate: 0.69, Reactants: []int{y7}, Change: map[int]float64{y7: -1, y8: 1}},
		},
	}
}

// HIRESTime is the end of the published solution.
const HIRESTime = 321.8122

// HIRESStates draws n initial states: the published one, its two species that
// are there at first each within 30 % of theirs.
func HIRESStates(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		u[i] = make([]float64, 8)
		u[i][0] = within(rnd, 0.3)
		u[i][7] = 0.0057 * within(rnd, 0.3)
	}
	return u
}

// within draws a factor uniformly from [1−spread, 1+spread).
func within(rnd *rand.Rand, spread float64) float64 { return 1 + spread*(2*rnd.Float64()-1) }
