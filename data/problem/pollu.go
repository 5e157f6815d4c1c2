package problem

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// POLLU is the chemistry of an air pollution model: 20 species, 25 reactions,
// whose rate constants span fifteen decades, over 60 minutes.
//
// J. G. Verwer, Gauss–Seidel iteration for stiff ODEs from chemical kinetics,
// SIAM J. Sci. Comput. 15 (1994), 1243–1250. The published solution starts with
// u2 = 0.2, u4 = 0.04, u7 = 0.1, u8 = 0.3, u9 = 0.01, u17 = 0.007, and nothing else.
func POLLU() MassAction {
	m := MassAction{Title: "pollu", Reactions: parsePOLLU()}
	for i := range 20 {
		m.Species = append(m.Species, "u"+strconv.Itoa(i+1))
	}
	return m
}

// The reactions, by the numbers of the species: reactants > products : rate.
const polluReactions = `
1 > 2 3 : .35
2 4 > 1 : .266e2
5 2 > 1 6 : .123e5
7 > 5 5 8 : .86e-3
7 > 8 : .82e-3
7 6 > 5 8 : .15e5
9 > 5 8 10 : .13e-3
9 6 > 11 : .24e5
11 2 > 1 10 12 : .165e5
11 1 > 13 : .9e4
13 > 11 1 : .22e-1
10 2 > 14 1 : .12e5
14 > 5 7 : .188e1
1 6 > 15 : .163e5
3 > 4 : .48e7
4 > 16 : .35e-3
4 > 3 : .175e-1
16 > 6 6 : .1e9
16 > 3 : .444e12
17 6 > 5 18 : .124e4
19 > 2 : .21e1
19 > 1 3 : .578e1
1 4 > 19 : .474e-1
19 1 > 20 : .178e4
20 > 1 19 : .312e1`

func parsePOLLU() (rs []Reaction) {
	for line := range strings.Lines(strings.TrimSpace(polluReactions)) {
		formula, rate, _ := strings.Cut(line, ":")
		left, right, _ := strings.Cut(formula, ">")
		r := Reaction{Change: map[int]float64{}}
		r.Rate, _ = strconv.ParseFloat(strings.TrimSpace(rate), 64) // a constant of this file
		for _, s := range strings.Fields(left) {
			i, _ := strconv.Atoi(s)
			r.Reactants = append(r.Reactants, i-1)
			r.Change[i-1]--
		}
		for _, s := range strings.Fields(right) {
			i, _ := strconv.Atoi(s)
			r.Change[i-1]++
		}
		rs = append(rs, r)
	}
	return rs
}

// POLLUTime is the end of the published solution, in minutes.
const POLLUTime = 60

// POLLUStates draws n initial states: the published one, each species that is
// there at first within 30 % of its own.
func POLLUStates(n int, seed uint64) [][]float64 {
	rnd := rand.New(rand.NewPCG(seed, 0))
	u := make([][]float64, n)
	for i := range u {
		u[i] = polluStart()
		for j, v := range u[i] {
			if v > 0 {
				u[i][j] = v * within(rnd, 0.3)
			}
		}
	}
	return u
}

func polluStart() []float64 {
	u := make([]float64, 20)
	u[1], u[3], u[6], u[7], u[8], u[16] = 0.2, 0.04, 0.1, 0.3, 0.01, 0.007
	return u
}
