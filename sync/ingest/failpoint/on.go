//go:build failpoints

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// order is what WEIR_FAILPOINT asks for.
type order struct {
	point Point
	count int64
	wait  time.Duration
	hits  atomic.Int64
}

var armed = sync.OnceValue(func() *order {
	o, err := parse(os.Getenv("WEIR_FAILPOINT"))
	if err != nil {
		panic(err) // a test that would not test what it says
	}
	return o
})

// parse reads point:count or point:count:wait. An empty text asks for nothing.
func parse(text string) (*order, error) {
	o := &order{}
	if text == "" {
		return o, nil
	}
	name, rest, _ := strings.Cut(text, ":")
	count, wait, waits := strings.Cut(rest, ":")
	var err error
	if o.count, err = strconv.ParseInt(count, 10, 64); err == nil && waits {
		o.wait, err = time.ParseDuration(wait)
	}
	if err != nil {
		return nil, fmt.Errorf("WEIR_FAILPOINT %q: %w", text, err)
	}
	o.point = Point(name)
	return o, nil
}

// Hit kills the process if this is the place and the time. It may be called from any
// goroutine.
func Hit(p Point) {
	o := armed()
	if p != o.point || o.hits.Add(1) != o.count {
		return
	}
	time.Sleep(o.wait)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal is on its way
}
