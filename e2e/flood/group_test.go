package flood_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// The group: members that each send a request at a time, in turn an append, a read
// of everything and a HEAD, at a fixed rate, and subscribers that follow by SSE.
const (
	members     = 10
	memberEvery = 40 * time.Millisecond // 250 requests a second in all
	subscribers = 2
	// minSamples is what a percentile needs.
	minSamples = 500
	window     = minSamples * memberEvery / members
	// farewell is the last append of a group.
	farewell = "farewell;"
)

// answers are what a group got.
type answers struct {
	mu   sync.Mutex // guards what follows
	took []time.Duration
	// failed are the requests that were not answered with success.
	failed []string
}

func (a *answers) add(took time.Duration, failure string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took = append(a.took, took)
	if failure != "" {
		a.failed = append(a.failed, failure)
	}
}

// quantile returns how long the answers took of which a share q was quicker.
func (a *answers) quantile(q float64) time.Duration {
	slices.Sort(a.took)
	return a.took[min(int(q*float64(len(a.took))), len(a.took)-1)]
}

func (a *answers) String() string {
	return fmt.Sprintf("%d answers: p50 %.1f ms, p99 %.1f ms, last %.1f ms", len(a.took),
		ms(a.quantile(0.5)), ms(a.quantile(0.99)), ms(a.quantile(1)))
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }

// group is the well-behaved clients of one server.
type group struct {
	client *wire.Client
	stream string
	got    answers
}

// measure has a group use the server for as long as lasts, and checks that its
// subscribers have seen every append. How long the answers took is for the caller
// to judge.
func measure(t *testing.T, s *server, lasts time.Duration) *answers {
	t.Helper()
	g := &group{client: wire.New(s.URL(), members+subscribers+1), stream: "group"}
	defer g.client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), lasts+30*time.Second)
	defer cancel()
	text := wire.Header{"Content-Type": "text/plain"}
	mustDo(t, g.client, wire.Request{Method: http.MethodPut, Stream: g.stream, Header: text})

	seen := make(chan string, subscribers)
	for range subscribers {
		live, err := g.client.Follow(ctx, g.stream, "-1")
		if err != nil {
			t.Fatalf("subscribe: %v", err)
		}
		go func() { seen <- follow(live) }()
	}
	g.work(ctx, lasts)
	mustDo(t, g.client, wire.Request{Method: http.MethodPost, Stream: g.stream, Header: text, Body: []byte(farewell)})
	want := string(mustDo(t, g.client, wire.Request{Method: http.MethodGet, Stream: g.stream + "?offset=-1"}).Body)
	for range subscribers {
		if got := <-seen; got != want {
			t.Errorf("a subscriber got %d bytes, want the %d of the stream", len(got), len(want))
		}
	}
	mustDo(t, g.client, wire.Request{Method: http.MethodDelete, Stream: g.stream})
	return &g.got
}

// follow returns all that a subscriber is sent up to the farewell, or up to where
// the connection breaks.
func follow(live *wire.Live) string {
	defer live.Close()
	var all strings.Builder
	for !strings.HasSuffix(all.String(), farewell) {
		batch, err := live.Next()
		if err != nil {
			break
		}
		all.WriteString(batch.Data)
	}
	return all.String()
}

func (g *group) work(ctx context.Context, lasts time.Duration) {
	var working sync.WaitGroup
	begin := time.Now()
	for i := range members {
		working.Go(func() {
			// The members take turns.
			due := begin.Add(time.Duration(i) * memberEvery / members)
			for n := i; due.Before(begin.Add(lasts)); n++ {
				time.Sleep(time.Until(due))
				asked := time.Now()
				failure := g.ask(ctx, i, n)
				g.got.add(time.Since(asked), failure)
				due = due.Add(memberEvery)
			}
		})
	}
	working.Wait()
}

// ask sends a member's nth request and returns how it failed, if it did.
func (g *group) ask(ctx context.Context, member, n int) (failure string) {
	r := wire.Request{Method: http.MethodHead, Stream: g.stream}
	switch n % 3 {
	case 0:
		r.Method, r.Header = http.MethodPost, wire.Header{"Content-Type": "text/plain"}
		r.Body = fmt.Appendf(nil, "%d/%d;", member, n)
	case 1:
		r.Method, r.Stream = http.MethodGet, g.stream+"?offset=-1"
	}
	resp, err := g.client.Do(ctx, r)
	switch {
	case err != nil:
		return fmt.Sprintf("%s: %v", r.Method, err)
	case resp.Status >= 300:
		return fmt.Sprintf("%s: status %d: %s", r.Method, resp.Status, resp.Body)
	default:
		return ""
	}
}
