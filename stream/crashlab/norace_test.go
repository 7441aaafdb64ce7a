//go:build !race

package crashlab_test

// raceDetector slows everything down, so the laboratory does less with it.
const raceDetector = false
