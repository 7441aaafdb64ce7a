//go:build race

package filestore_test

// bitStep is how many of a file's bits go by to the next that is tried: under the
// race detector a sample.
func bitStep(bits int) int { return 1 + bits/64 }
