//go:build !race

package opstest

const race = false
