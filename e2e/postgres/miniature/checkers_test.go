package miniature_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/count"
	"github.com/weirstreams/weir/e2e/postgres/miniature"
	"github.com/weirstreams/weir/e2e/postgres/workload"
)

// TestCheckers has the checkers pass streams that are right, read over HTTP, and
// refuse each of them with one fault.
func TestCheckers(t *testing.T) {
	held, client := newTruth(t), newClient(t)
	t.Run("right", func(t *testing.T) { right(t, client, held) })
	for name, corrupt := range corruptions {
		t.Run(name, func(t *testing.T) { wrong(t, client, held, name, corrupt) })
	}
	t.Run("torn", func(t *testing.T) { torn(t, client, held) })
}

func right(t *testing.T, client *wire.Client, held truth) {
	readers := watch(t, client, "right/accounts")
	if err := miniature.Write(t.Context(), client, "right/", held.appends); err != nil {
		t.Fatal(err)
	}
	for _, table := range workload.Tables {
		events := read(t, client, "right/"+table.Name)
		if err := differences(t, events, table.Name, held.tables[table.Name]); err != nil {
			t.Error(err)
		}
		if err := count.Check(table.Name, events, held.want[table.Name]); err != nil {
			t.Error(err)
		}
		if len(events) < 20 {
			t.Errorf("%s: got %d events, want more: nothing is known about the others", table.Name, len(events))
		}
	}
	all := len(read(t, client, "right/accounts"))
	for _, reader := range readers {
		awaitEvents(t, reader, all)
		if faults := reader.Faults(); len(faults) != 0 {
			t.Errorf("got the faults %v, want none", faults)
		}
		if _, boundaries := reader.Seen(); boundaries < 2 {
			t.Errorf("got %d boundaries, want several", boundaries)
		}
	}
}

// corruptions change the appends to the accounts. Fold says whether the table is
// other than the stream afterwards.
var corruptions = map[string]struct {
	do   func([]miniature.Append) []miniature.Append
	fold bool
}{
	"dropped": {func(a []miniature.Append) []miniature.Append { return a[:len(a)-1] }, true},
	"doubled": {func(a []miniature.Append) []miniature.Append { return slices.Insert(a, 5, a[5]) }, false},
	"swapped": {func(a []miniature.Append) []miniature.Append { a[5], a[6] = a[6], a[5]; return a }, false},
	"invented": {func(a []miniature.Append) []miniature.Append {
		made := slices.Clone(a[0].Events[:1])
		made[0].Key = "none"
		return append(a, miniature.Append{Stream: "accounts", Events: made})
	}, true},
}

func wrong(t *testing.T, client *wire.Client, held truth, name string, corrupt struct {
	do   func([]miniature.Append) []miniature.Append
	fold bool
}) {
	if err := miniature.Write(t.Context(), client, name+"/", corrupt.do(accounts(held))); err != nil {
		t.Fatal(err)
	}
	events := read(t, client, name+"/accounts")
	if err := count.Check(name, events, held.want["accounts"]); err == nil {
		t.Error("count: got no finding, want one")
	}
	if err := differences(t, events, "accounts", held.tables["accounts"]); (err != nil) != corrupt.fold {
		t.Errorf("fold: got %v, want a difference: %t", err, corrupt.fold)
	}
}

// torn shows readers half a transfer.
func torn(t *testing.T, client *wire.Client, held truth) {
	readers := watch(t, client, "torn/accounts")
	appends := accounts(held)
	at := slices.IndexFunc(appends, func(a miniature.Append) bool { return len(a.Events) == 2 })
	half := appends[at]
	half.Events = half.Events[:1]
	if err := miniature.Write(t.Context(), client, "torn/", append(appends[:at:at], half)); err != nil {
		t.Fatal(err)
	}
	for _, reader := range readers {
		awaitEvents(t, reader, len(read(t, client, "torn/accounts")))
		found := reader.Faults()
		if len(found) == 0 || !strings.Contains(found[0].Error(), "goes on after") {
			t.Errorf("got the faults %v, want the torn transaction", found)
		}
	}
}

func accounts(held truth) []miniature.Append {
	return slices.DeleteFunc(slices.Clone(held.appends), func(a miniature.Append) bool { return a.Stream != "accounts" })
}

func watch(t *testing.T, client *wire.Client, stream string) []*atomic.Reader {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	judge := atomic.ConstantSum("accounts", "balance", workload.Total)
	readers := []*atomic.Reader{
		atomic.Watch(ctx, client, stream, atomic.SSE, judge),
		atomic.Watch(ctx, client, stream, atomic.LongPoll, judge),
	}
	t.Cleanup(func() {
		stop()
		for _, reader := range readers {
			reader.Wait()
		}
	})
	return readers
}

func awaitEvents(t *testing.T, reader *atomic.Reader, want int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); <-tick.C {
		if events, _ := reader.Seen(); events >= want {
			return
		}
	}
	events, _ := reader.Seen()
	t.Fatalf("got %d events, want %d", events, want)
}
