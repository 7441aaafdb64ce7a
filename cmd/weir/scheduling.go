package main

import (
	"os"
	"runtime"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store/acidstore"
)

// A sync holds one of the scheduler's processors while it sleeps. With one more
// for everybody else, and another that is idle, the scheduler does not poll for
// the ones that sleep to take them back.
const beside = 2

// syncsAtOnce is how many syncs of a mode sleep at the same time.
func syncsAtOnce(mode config.Mode) int {
	switch mode {
	case config.FileDurable:
		return 1
	case config.Acid:
		return acidstore.Committing
	default:
		return 0
	}
}

// spareProcessors raises GOMAXPROCS on small machines, unless it was set.
func spareProcessors(mode config.Mode) {
	syncs := syncsAtOnce(mode)
	if syncs > 0 && os.Getenv("GOMAXPROCS") == "" && runtime.GOMAXPROCS(0) < syncs+beside {
		runtime.GOMAXPROCS(syncs + beside)
	}
}

// heapFloor is memory that is never touched, and so never taken from the machine.
// bbolt makes garbage with every transaction; beside a heap of a few megabytes the
// collector would run forty times a second.
const heapFloor = 64 << 20

// keepHeapFloor gives the collector a reason to wait, until release. A limit that
// was set by GOGC or GOMEMLIMIT is left as it is.
func keepHeapFloor(mode config.Mode) (release func()) {
	if mode != config.Acid || os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	floor := make([]byte, heapFloor)
	return func() { runtime.KeepAlive(floor) }
}
