//go:build race

package acidstore_test

const (
	statesPerSeed = 100
	flipsSkipped  = 30
)
