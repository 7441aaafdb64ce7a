package kill_test

import (
	"fmt"
	"sync"

	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// maxStream is the size, in bytes, at which a stream gets no more appends, so
// that a check stays cheap.
const maxStream = 192 << 10

// incarnation is one stream from its creation to its deletion. Its name may have
// belonged to others before, and may again.
type incarnation struct {
	*ledger.Ledger
	number int
	name   string // as it stands in a URL
	source *incarnation

	fullOnce sync.Once
	full     chan struct{} // closed when the stream is large enough

	// Guarded by lab.mu.
	forks    []*incarnation
	deleting bool // no more forks
}

// writer returns the name that a writer's records carry.
func (i *incarnation) writer(role string) string {
	return fmt.Sprintf("s%d.%s", i.number, role)
}

// grown notes the tail that an answer named.
func (i *incarnation) grown(tail int64) {
	if tail > maxStream {
		i.fullOnce.Do(func() { close(i.full) })
	}
}

func (i *incarnation) isFull() bool {
	select {
	case <-i.full:
		return true
	default:
		return false
	}
}

func (i *incarnation) String() string {
	return fmt.Sprintf("stream %d (%s, %s)", i.number, i.name, i.Kind().ContentType())
}
