package main

import (
	"os"
	"runtime"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/filestore"
)

// A sync by a system call holds one of the scheduler's processors while it sleeps.
// With one more for everybody else, and another that is idle, the scheduler does
// not poll for the ones that sleep to take them back.
const beside = 2

// syncsAtOnce is how many syncs of a mode hold a processor at the same time.
func syncsAtOnce(mode config.Mode) int {
	switch {
	case mode == config.FileDurable && filestore.SyncsHoldProcessors():
		return 1
	case mode == config.Acid:
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

// heapFloor is how much memory of a mode is never touched, and so never taken from
// the machine. Beside a heap of a few megabytes the collector would run all the
// time: bbolt makes garbage with every transaction, the file tier lets go of most
// of its heap with every checkpoint. The collector lets as much garbage gather.
func heapFloor(mode config.Mode) int {
	switch mode {
	case config.Acid:
		return 64 << 20
	case config.FileFast, config.FileDurable:
		return 24 << 20
	default:
		return 0
	}
}

// keepHeapFloor gives the collector a reason to wait, until release. A limit that
// was set by GOGC or GOMEMLIMIT is left as it is.
func keepHeapFloor(mode config.Mode) (release func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	floor := make([]byte, heapFloor(mode))
	return func() { runtime.KeepAlive(floor) }
}
