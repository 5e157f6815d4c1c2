//go:build race

package opstest

const race = true
