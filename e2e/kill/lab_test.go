package kill_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// connections is more than the clients of a lab ever use at once.
const connections = 256

// lab is a server that is killed again and again, and everything its clients
// know.
type lab struct {
	t      *testing.T
	mode   string
	seed   uint64
	server *weirtest.Server
	client *wire.Client
	gate   *gate
	ctx    context.Context // ends with the run
	stop   context.CancelFunc
	users  sync.WaitGroup // every goroutine that uses the server
	kill   atomic.Int64   // the number of kills so far

	mu     sync.Mutex
	count  int            // incarnations so far
	live   []*incarnation // those that a check looks at
	buried []*incarnation // deleted, their names never to be used again
	tally  tally
}

// tally counts what happened, for the report.
type tally struct {
	forks, closes, deletes int
	verified               ledger.Verified // of streams that are deleted
}

func newLab(t *testing.T, mode string) *lab {
	t.Helper()
	l := &lab{t: t, mode: mode, seed: *seed, gate: newGate()}
	dir := keptDir(t, mode)
	t.Cleanup(l.howToRepeat)
	l.server = weirtest.Start(t, weirtest.Config{Binary: weirBinary, Mode: mode, Dir: dir, Env: limits(0)})
	l.client = wire.New(l.server.URL(), connections)
	l.ctx, l.stop = context.WithCancel(t.Context())
	t.Cleanup(l.end)
	return l
}

// end waits for all users. The server may be dead or alive.
func (l *lab) end() {
	l.stop()
	l.users.Wait()
	l.client.Close()
}

func (l *lab) howToRepeat() {
	if l.t.Failed() {
		l.t.Logf("failed after kill %d; to try again: go test -count=1 -run=%s -seed=%d -kills=%d",
			l.kill.Load(), l.t.Name(), l.seed, l.kill.Load()+1)
	}
}

// random returns a source of random choices for one user.
func (l *lab) random(user string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(user))
	return rand.New(rand.NewPCG(l.seed, h.Sum64()))
}

// broken reports a law that does not hold, and ends the run.
func (l *lab) broken(who any, format string, args ...any) {
	if l.ctx.Err() != nil {
		return // the run is over, or another report came first
	}
	l.stop()
	l.t.Errorf("%s, after kill %d, seed %d: %v: %s",
		l.mode, l.kill.Load(), l.seed, who, fmt.Sprintf(format, args...))
}

// ask sends a request on behalf of a user, during an era. sent, unless nil, notes
// that it is about to be sent; a check falls between eras, so it never sees the
// note of a request that has not been tried. An error means that there was no
// answer and that the server is to blame for nothing: it was killed, or the run
// is over.
func (l *lab) ask(r wire.Request, sent func()) (wire.Response, *era, error) {
	era, err := l.gate.enter(l.ctx)
	if err != nil {
		return wire.Response{}, nil, err
	}
	defer l.gate.leave()
	shaky := era.shaky()
	if sent != nil {
		sent()
	}
	resp, err := l.client.Do(l.ctx, r)
	l.noAnswer(r, era, shaky, err)
	return resp, era, err
}

// noAnswer judges that a request got none.
func (l *lab) noAnswer(r wire.Request, e *era, shaky bool, err error) {
	switch {
	case err == nil:
	case !shaky && !e.shaky():
		l.broken(r.Stream, "%s of a server that was not killed: got %v, want an answer", r.Method, err)
	case e.starting.Load():
		l.pause(startPause) // nobody listens yet
	}
}

const startPause = 2 * time.Millisecond

// pause lets time pass, unless the run ends. A load needs a pace, and kills need
// random moments.
func (l *lab) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.ctx.Done():
	}
}

// add makes an incarnation that checks look at from now on. It returns nil when
// the source is being deleted.
func (l *lab) add(name string, kind ledger.Kind, inherited []byte, source *incarnation) *incarnation {
	l.mu.Lock()
	defer l.mu.Unlock()
	if source != nil && source.deleting {
		return nil
	}
	l.count++
	i := &incarnation{
		Ledger: ledger.New(kind, inherited), number: l.count, name: name, source: source,
		full: make(chan struct{}),
	}
	l.live = append(l.live, i)
	if source != nil {
		source.forks = append(source.forks, i)
		l.tally.forks++
	}
	return i
}

// remove takes a deleted incarnation from what checks look at. If its name is
// never used again, checks make sure that it is not found.
func (l *lab) remove(i *incarnation, bury bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.live = slices.DeleteFunc(l.live, func(other *incarnation) bool { return other == i })
	if bury {
		l.buried = append(l.buried, i)
	}
	l.tally.verified = sum(l.tally.verified, i.Verified())
}

func sum(a, b ledger.Verified) ledger.Verified {
	return ledger.Verified{Appends: a.Appends + b.Appends, Bytes: a.Bytes + b.Bytes, Shown: a.Shown + b.Shown}
}

func (l *lab) verified() ledger.Verified {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.tally.verified
	for _, i := range l.live {
		all = sum(all, i.Verified())
	}
	return all
}

// problem returns the last part of a problem's type, such as "closed".
func problem(resp wire.Response) string {
	_, rest, _ := strings.Cut(string(resp.Body), "#problem-")
	slug, _, _ := strings.Cut(rest, `"`)
	return slug
}
