//go:build !race

package filestore_test

import "testing"

// bitStep is how many of a file's bits go by to the next that is tried.
func bitStep(bits int) int {
	if testing.Short() {
		return 1 + bits/64
	}
	return 1
}
