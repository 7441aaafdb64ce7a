package stream_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// counted are the figures of which a test says all; refusals are compared apart.
type counted struct{ appends, bytes, duplicates, created, deleted, expired int64 }

func wantCounts(t *testing.T, e *stream.Engine, want counted, refused map[stream.Code]int64) {
	t.Helper()
	c := e.Counts()
	if got := (counted{c.Appends, c.AppendedBytes, c.Duplicates, c.Created, c.Deleted, c.Expired}); got != want {
		t.Errorf("counts: got %+v, want %+v", got, want)
	}
	for code, n := range c.Refused {
		if n != refused[code] {
			t.Errorf("refused with %s: got %d, want %d", code, n, refused[code])
		}
	}
}

func TestCounts(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreams: 2})
	create(t, e, plain("s", text))
	put(t, e, "s", "12345")
	e.Append(by(0, "6"))
	e.Append(by(0, "6"))
	e.Append(by(2, "7"))
	e.Append(&stream.AppendRequest{Name: "none", Body: []byte("x"), ContentType: text})
	create(t, e, plain("t", json))
	put(t, e, "t", `[1, 2]`)
	e.Create(plain("t", text))
	e.Create(plain("u", text))
	closeStream(t, e, "s")
	e.Append(say("8"))
	remove(t, e, "s")
	e.Delete("s")
	wantCounts(t, e, counted{appends: 4, bytes: 5 + 1 + int64(len("1,2,")), duplicates: 1, created: 2, deleted: 1}, map[stream.Code]int64{
		stream.CodeProducerGap: 1, stream.CodeNotFound: 2, stream.CodeExists: 1, stream.CodeTooManyStreams: 1, stream.CodeClosed: 1,
	})
}

// TestCountsOfExpiry: a stream that has expired counts once, whoever removes it and
// whether or not forks keep its bytes.
func TestCountsOfExpiry(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		e := newEngine(t, nil)
		create(t, e, lasting("reaped", 1))
		create(t, e, lasting("replaced", 1))
		create(t, e, lasting("source", 1))
		fork := forkOf("fork", "source", 0, 0)
		fork.TTL = 1000
		create(t, e, fork)
		time.Sleep(time.Second)
		create(t, e, lasting("replaced", 1000))
		time.Sleep(10 * time.Second) // the reaper comes when no lease is left either
		wantState(t, e, "source", stream.CodeGone)
		remove(t, e, "fork")
		time.Sleep(2 * time.Second)
		if run := e.Counts().Reaper; time.Since(run.LastRun) > time.Second || run.Behind {
			t.Errorf("reaper: got %+v at %v, want it to have looked lately and left nothing", run, time.Now())
		}
		wantCounts(t, e, counted{created: 5, deleted: 1, expired: 3}, nil)
	})
}

// TestVisibleTime: what is counted is the time from staging to settling, of some
// appends, and of none that failed.
func TestVisibleTime(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		st, e := slowly(t)
		const appends, took = 1000, 3 * time.Millisecond
		for i := range 2 * appends {
			done := make(chan struct{})
			go func() {
				defer close(done)
				e.Append(say("x"))
			}()
			synctest.Wait()
			time.Sleep(took)
			if i < appends {
				st.settle(nil)
			} else {
				st.settle(store.ErrNotWritten)
			}
			<-done
		}
		h := e.Counts().VisibleTime.Snapshot()
		if h.Count == 0 || h.Count > appends/4 || h.Sum != h.Count*took.Nanoseconds() {
			t.Errorf("times: got %d of %d ns together, want some one in sixteen of %d, %v each", h.Count, h.Sum, appends, took)
		}
	})
}

// TestEveryCodeIsCounted holds the list of codes against their declarations.
func TestEveryCodeIsCounted(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	refused := newEngine(t, nil).Counts().Refused
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Code") {
			return true
		}
		declared++
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if _, counted := refused[stream.Code(code)]; !counted {
			t.Errorf("%s: got no count of its refusals, want one", spec.Names[0].Name)
		}
		return true
	})
	if declared == 0 || declared != len(refused) {
		t.Errorf("codes: got %d counted, want the %d that are declared", len(refused), declared)
	}
}
