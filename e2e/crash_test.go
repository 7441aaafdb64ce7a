package e2e_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

const (
	crashRounds      = 5
	crashStreams     = 8
	crashWriters     = 4 // for each stream
	messagesOfAppend = 3
)

// crashLoad is a way to write before the server dies.
type crashLoad struct {
	name string
	acks int64 // in each round, before the kill
	pad  string
	vars env
}

// Light traffic dies with everything still in the log; heavy traffic, with
// little memory, in the middle of write-behind and of checkpoints.
var crashLoads = []crashLoad{
	{"light", 300, "", env{"DS_SERVER__PAGE_BYTES": "16384"}},
	{"heavy", 1500, strings.Repeat("x", 4096), env{
		"DS_LIMITS__MAX_MEMORY_BYTES": "1MiB",
		"DS_LIMITS__MAX_STREAM_BYTES": "0",
	}},
}

// TestCrashKeepsEveryAcknowledgedAppend kills the server in the middle of
// concurrent writes, round after round on the same directory. Afterwards every
// acknowledged append must be there, whole and in order; at most one append a
// writer, the one that got no answer, may be there as well, but then whole; and
// nothing that a live reader was shown may have changed.
func TestCrashKeepsEveryAcknowledgedAppend(t *testing.T) {
	for _, mode := range durableModes {
		for _, load := range crashLoads {
			t.Run(mode+"/"+load.name, func(t *testing.T) { crashAgainAndAgain(t, mode, load) })
		}
	}
}

func crashAgainAndAgain(t *testing.T, mode string, load crashLoad) {
	server := startServer(t, mode, load.vars)
	a := newAPI(t, server.URL())
	history := make([][]string, crashStreams)
	for s := range crashStreams {
		a.create(crashStream(s), jsonType, "")
	}
	shown := 0
	for round := range crashRounds {
		r := runCrashRound(t, server, load, round)
		for s := range crashStreams {
			now := crashMessages(a, crashStream(s))
			r.check(t, s, history[s], now)
			history[s] = now
			shown += len(r.shown[s])
		}
		if t.Failed() {
			return
		}
	}
	if shown == 0 {
		t.Error("no live reader was shown anything: nothing is known about readers")
	}
}

func crashStream(s int) string {
	return fmt.Sprint("crash/", s)
}

// crashRound is what clients saw between a start of the server and its death.
type crashRound struct {
	pad   string
	acked []int      // by writer: appends acknowledged
	ends  []string   // by writer: the answer, or the lack of one, that ended it
	shown [][]string // by stream: messages a live reader was given
	names []string   // by writer
}

// runCrashRound writes until enough is acknowledged, kills the server, waits
// for all clients to notice, and starts it again.
func runCrashRound(t *testing.T, server *weirtest.Server, load crashLoad, round int) crashRound {
	t.Helper()
	count := crashStreams * crashWriters
	client := wire.New(server.URL(), count+crashStreams)
	defer client.Close()
	r := crashRound{
		pad:   load.pad,
		acked: make([]int, count),
		ends:  make([]string, count),
		shown: make([][]string, crashStreams),
		names: make([]string, count),
	}
	var total atomic.Int64
	enough := make(chan struct{})
	progress := func() {
		if total.Add(1) == load.acks {
			close(enough)
		}
	}
	var readers, writers sync.WaitGroup
	for s := range crashStreams {
		readers.Go(func() { r.shown[s] = showUntilCrash(t.Context(), client, crashStream(s)) })
	}
	for w := range count {
		r.names[w] = fmt.Sprintf("%d-%d", round, w)
		writers.Go(func() { r.writeUntilCrash(t.Context(), client, w, progress) })
	}
	writersDone := make(chan struct{})
	go func() {
		writers.Wait()
		close(writersDone)
	}()
	select {
	case <-enough:
	case <-writersDone:
		t.Fatalf("all writers ended before the kill: %q", r.ends)
	}
	server.Kill()
	<-writersDone
	readers.Wait()
	server.Restart()
	return r
}

// crashMessages reads a whole stream, of which every page is an array.
func crashMessages(a api, stream string) []string {
	a.t.Helper()
	pages := string(a.read(stream, "-1").Bytes)
	messages, err := splitMessages(strings.ReplaceAll(pages, "}][{", "},{"))
	if err != nil {
		a.t.Fatalf("%s: %v", stream, err)
	}
	return messages
}
