//go:build !race

package acidstore_test

// How much the longest tests do. The race detector needs few of their states.
const (
	statesPerSeed = 510 // of power cuts, at least, for the work of each seed
	flipsSkipped  = 1   // so many times the usual bits between two flips; 1: all kinds of work must occur
)
