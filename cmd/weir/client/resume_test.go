package client_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/client"
)

var cuts = rapid.SliceOfN(rapid.IntRange(0, 1500), 0, 12)

// kinds are streams, with messages that would show a loss or a repetition.
var kinds = []struct {
	contentType string
	message     func(n int, text string) (sent, printed string)
}{
	{"application/octet-stream", func(n int, text string) (string, string) {
		s := fmt.Sprintf("%d\x00\xff%s", n, text)
		return s, s
	}},
	{"text/plain", func(n int, text string) (string, string) {
		s := fmt.Sprintf(" %d:%s\n", n, text)
		return s, s
	}},
	{"application/json", func(n int, text string) (string, string) {
		s := fmt.Sprintf(`{"n":%d,"text":%q}`, n, text)
		return s, s + "\n"
	}},
}

// TestTailResumes holds that a tail prints each byte once and in order, however
// its connections are cut while others append.
func TestTailResumes(t *testing.T) {
	base := newServer(t)
	proxy, proxied := newCutter(t, base)
	streams := 0
	rapid.Check(t, func(t *rapid.T) {
		streams++
		name := fmt.Sprintf("s/%d", streams)
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		how := rapid.SampledFrom([]string{"--sse", "--long-poll"}).Draw(t, "how")
		texts := rapid.SliceOfN(rapid.StringMatching(`[a-z]{0,200}`), 1, 12).Draw(t, "texts")
		before := rapid.IntRange(0, len(texts)).Draw(t, "before")
		good(t, base, "", "create", name, "--content-type", kind.contentType)

		var want strings.Builder
		add := func(i int) {
			sent, printed := kind.message(i, texts[i])
			good(t, base, sent, "append", name)
			want.WriteString(printed)
		}
		for i := range before {
			add(i)
		}
		proxy.plan(cuts.Draw(t, "cuts"))
		ended := make(chan outcome)
		go func() {
			ended <- weir(context.Background(), proxied, "", "tail", how, "--offset", "-1", "--retries", "50", name)
		}()
		for i := before; i < len(texts); i++ {
			add(i)
		}
		good(t, base, "", "close", name)
		got := <-ended
		if got.status != client.OK || got.stdout != want.String() {
			t.Fatalf("tail: got status %d, %q and\n%q, want 0 and\n%q", got.status, got.stderr, got.stdout, &want)
		}
	})
}

// TestReadResumes holds the same for a read.
func TestReadResumes(t *testing.T) {
	base := newServer(t)
	proxy, proxied := newCutter(t, base)
	streams := 0
	rapid.Check(t, func(t *rapid.T) {
		streams++
		name := fmt.Sprintf("s/%d", streams)
		body := rapid.SliceOfN(rapid.Byte(), 1, 6000).Draw(t, "body")
		good(t, base, string(body), "create", name, "-")
		proxy.plan(cuts.Draw(t, "cuts"))
		got := weir(context.Background(), proxied, "", "read", "--retries", "50", name)
		if got.status != client.OK || got.stdout != string(body) {
			t.Fatalf("read: got status %d, %q and %d bytes, want 0 and the %d that were written", got.status, got.stderr, len(got.stdout), len(body))
		}
	})
}

// TestAppendsAreNotRepeated holds that what goes in several appends is there once,
// however often answers are lost.
func TestAppendsAreNotRepeated(t *testing.T) {
	base := newServer(t)
	proxy, proxied := newCutter(t, base)
	streams := 0
	rapid.Check(t, func(t *rapid.T) {
		streams++
		name := fmt.Sprintf("s/%d", streams)
		body := rapid.SliceOfN(rapid.Byte(), 65, 2000).Draw(t, "body")
		good(t, base, "", "create", name)
		proxy.plan(cuts.Draw(t, "cuts"))
		args := []string{"append", "--chunk", "64", "--retries", "50", name}
		if rapid.Bool().Draw(t, "close") {
			args = append(args, "--close")
		}
		got := weir(context.Background(), proxied, string(body), args[0], args[1:]...)
		if got.status != client.OK {
			t.Fatalf("append: got status %d and %q, want 0", got.status, got.stderr)
		}
		if read := good(t, base, "", "read", name); read != string(body) {
			t.Fatalf("read: got %d bytes, want the %d that were appended", len(read), len(body))
		}
	})
}

// TestTailFromNow holds that now is when the tail begins, not when a connection
// that broke at once is made again.
func TestTailFromNow(t *testing.T) {
	base := newServer(t)
	for _, how := range []string{"--sse", "--long-poll"} {
		name := "now" + how
		good(t, base, "old\n", "create", name, "--content-type", "text/plain", "-")
		broken := false
		front := newFront(t, base, func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodGet || broken {
				return false
			}
			broken = true
			good(t, base, "between\n", "append", name)
			good(t, base, "end\n", "append", "--close", name)
			panic(http.ErrAbortHandler)
		})
		got := weir(t.Context(), front, "", "tail", how, name)
		if want := "between\nend\n"; got.status != client.OK || got.stdout != want {
			t.Errorf("%s: got status %d, %q and %q, want 0 and %q", how, got.status, got.stderr, got.stdout, want)
		}
	}
}

func TestInterruptedTail(t *testing.T) {
	base := newServer(t)
	for _, how := range []string{"--sse", "--long-poll"} {
		name := "interrupted" + how
		good(t, base, "here\n", "create", name, "--content-type", "text/plain", "-")
		ctx, interrupt := context.WithCancel(t.Context())
		out, complaints := newPieces(), newPieces()
		ended := make(chan int)
		var o outcome
		go func() {
			ended <- runTo(ctx, out, complaints, &o, base, strings.NewReader(""), "tail", how, "--offset", "-1", name)
		}()
		out.waitFor("here\n")
		interrupt()
		if status := <-ended; status != client.Interrupted || complaints.String() != "" {
			t.Errorf("%s: got status %d and %q, want %d and no complaint", how, status, complaints, client.Interrupted)
		}
	}
}

// TestInterruptedInput holds that input that does not come keeps nobody from ending
// a command.
func TestInterruptedInput(t *testing.T) {
	base := newServer(t)
	good(t, base, "", "create", "s", "--content-type", "text/plain")
	for _, args := range [][]string{{"append", "s"}, {"append", "--lines", "s"}, {"create", "new", "-"}} {
		stdin, write := io.Pipe()
		ctx, interrupt := context.WithCancel(t.Context())
		ended := make(chan int)
		var o outcome
		go func() { ended <- runTo(ctx, io.Discard, io.Discard, &o, base, stdin, args[0], args[1:]...) }()
		if _, err := io.WriteString(write, "half a li"); err != nil {
			t.Fatal(err)
		}
		interrupt()
		if status := <-ended; status != client.Interrupted {
			t.Errorf("%q: got status %d, want %d", args, status, client.Interrupted)
		}
		write.Close()
	}
	if got := good(t, base, "", "read", "s"); got != "" {
		t.Errorf("read: got %q, want nothing of what was not whole", got)
	}
}
