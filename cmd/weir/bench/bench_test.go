package bench_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench"
)

// silence is progress that nobody wants to see.
type silence struct{}

func (silence) At(int64, int64) {}
func (silence) End()            {}

// measure runs a command line and returns what it printed.
func measure(ctx context.Context, args ...string) (stdout, stderr string, err error) {
	var out, errs strings.Builder
	err = bench.Run(ctx, args, bench.Env{
		Stdout: &out, Stderr: &errs,
		Progress: func(string, func(int64) string) bench.Progress { return silence{} },
	})
	return out.String(), errs.String(), err
}

// endless is a command line for a measurement of f that somebody has to end.
func endless(f *fake, kind string, more ...string) []string {
	return append([]string{kind, "--url", f.URL, "--json", "--duration", "1h", "--warmup", "0"}, more...)
}

// good measures until f has got so many requests, and fails the test if anything
// went wrong.
func good(t *testing.T, f *fake, requests int, args ...string) map[string]any {
	t.Helper()
	out, _, err := measure(f.until(requests), args...)
	if err != nil {
		t.Fatalf("%s: got error %v, want none", args[0], err)
	}
	return figuresOf(t, out)
}

// positive checks that figures are there, and above 0.
func positive(t *testing.T, got map[string]any, names ...string) {
	t.Helper()
	for _, name := range names {
		if n, ok := got[name].(float64); !ok || n <= 0 {
			t.Errorf("%s: got %v, want a number above 0", name, got[name])
		}
	}
}

func TestAppend(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 300, endless(f, "append", "--conns", "3", "--streams", "5", "--size", "100", "--pid", fmt.Sprint(os.Getpid()))...)
	positive(t, got, "appends", "per_second", "p50_us", "max_us", "server_anonymous_after_mib", "client_cpu_us_per_op")
	streams, _, _ := f.state()
	if got["errors"] != 0.0 || len(streams) != 5 {
		t.Errorf("got %v errors and %d streams, want 0 and 5", got["errors"], len(streams))
	}
	total := 0
	for name, stream := range streams {
		if !strings.HasPrefix(name, "/v1/stream/bench/") || len(stream)%100 != 0 || len(stream) == 0 {
			t.Errorf("stream %s has %d bytes, want some messages of 100 in /v1/stream/bench/", name, len(stream))
		}
		total += len(stream) / 100
	}
	if measured := got["appends"].(float64); measured > float64(total) {
		t.Errorf("got %v appends, but the server has %d", measured, total)
	}
}

func TestSpin(t *testing.T) {
	f := newFake(t, faults{})
	positive(t, good(t, f, 300, endless(f, "append", "--spin", "--conns", "2")...), "appends", "p50_us")
}

func TestAppendBatches(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 300, endless(f, "append", "--streams", "1", "--batch", "3", "--size", "20", "--conns", "1")...)
	if ratio := got["messages_per_second"].(float64) / got["per_second"].(float64); ratio < 2.99 || ratio > 3.01 {
		t.Errorf("got %v messages an append, want 3", ratio)
	}
	streams, _, _ := f.state()
	for _, stream := range streams {
		if n := len(stream) - 1; n%(3*21) != 0 {
			t.Errorf("got a stream of %d bytes, want messages of 20 and a comma each", n)
		}
	}
}

func TestAppendAsProducers(t *testing.T) {
	for _, streams := range []int{2, 4, 11} {
		f := newFake(t, faults{})
		good(t, f, 300, endless(f, "append", "--producer", "--conns", "4", "--streams", fmt.Sprint(streams))...)
		_, heard, _ := f.state()
		for _, h := range heard {
			if h.Get("Producer-Id") == "" || h.Get("Producer-Epoch") != "0" || h.Get("Producer-Seq") == "" {
				t.Fatalf("%d streams: got the headers %v, want those of a producer", streams, h)
			}
		}
	}
}

func TestAppendAtARate(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 200, endless(f, "append", "--rate", "500", "--conns", "8")...)
	positive(t, got, "appends")
	// What was due while the measurement began is among them; without a rate there
	// would be many times as many.
	if most := got["seconds"].(float64)*1000 + 50; got["appends"].(float64) > most {
		t.Errorf("got %v appends, want at most %v at that rate", got["appends"], most)
	}
	if _, ok := got["unsent"]; !ok {
		t.Error("got no figure for what was not sent in time")
	}
}

func TestCreate(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 1000, "create", "--url", f.URL, "--json", "--count", "77", "--conns", "5")
	if streams, _, _ := f.state(); got["streams"] != 77.0 || len(streams) != 77 {
		t.Errorf("got %v streams, and the server has %d, want 77", got["streams"], len(streams))
	}
	positive(t, good(t, f, 300, endless(f, "create")...), "streams", "per_second", "p99_us")
}

func TestErrorsAreCounted(t *testing.T) {
	f := newFake(t, faults{refuse: 1})
	out, _, err := measure(f.until(300), endless(f, "append")...)
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("got error %v, want one with what the server said", err)
	}
	got := figuresOf(t, out)
	positive(t, got, "errors")
	if by := got["errors_by_kind"].(map[string]any); by["503"] != got["errors"] {
		t.Errorf("got %v, want all %v errors under 503", by, got["errors"])
	}
}

func TestTransportErrorsAreCounted(t *testing.T) {
	f := newFake(t, faults{hangUp: 20})
	out, _, err := measure(f.until(300), endless(f, "append", "--conns", "2")...)
	got := figuresOf(t, out)
	if by := got["errors_by_kind"].(map[string]any); err == nil || by["transport"] != 1.0 {
		t.Errorf("got %v and error %v, want one error of transport", by, err)
	}
	positive(t, got, "appends")
}

func TestServerThatClosesEachTime(t *testing.T) {
	f := newFake(t, faults{closeTCP: true})
	positive(t, good(t, f, 300, endless(f, "append", "--conns", "2")...), "appends")
}

func TestNobodyThere(t *testing.T) {
	f := newFake(t, faults{})
	f.Close()
	if _, _, err := measure(context.Background(), endless(f, "append")...); err == nil || !strings.Contains(err.Error(), "running?") {
		t.Errorf("got error %v, want one that asks whether the server is running", err)
	}
}

// TestSignalBeforehand ends a measurement while it warms up.
func TestSignalBeforehand(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 300, endless(f, "append", "--warmup", "1h")...)
	if got["appends"] != 0.0 || got["errors"] != 0.0 {
		t.Errorf("got %v appends and %v errors, want 0: nothing was measured", got["appends"], got["errors"])
	}
}

// TestDuration ends by itself.
func TestDuration(t *testing.T) {
	f := newFake(t, faults{})
	out, _, err := measure(context.Background(), endless(f, "append", "--warmup", "1ms", "--duration", "100ms")...)
	if err != nil {
		t.Fatal(err)
	}
	if got := figuresOf(t, out)["seconds"].(float64); got < 0.1 {
		t.Errorf("measured for %v seconds, want at least 0.1", got)
	}
}

func TestYardstick(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() {
		_, _, err := measure(ctx, "yardstick", "--listen", address)
		served <- err
	}()
	for appends := 0.0; appends == 0; { // until it listens, and is not too slow
		out, _, err := measure(context.Background(), "append", "--raw", "--url", "http://"+address, "--duration", "100ms", "--json")
		if err == nil {
			appends = figuresOf(t, out)["appends"].(float64)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("yardstick: got error %v at its end, want none", err)
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-h"}, {"help"}, {"append", "-h"}, {"sse", "--help"}, {"yardstick", "-h"}} {
		out, errs, err := measure(context.Background(), args...)
		if err != nil || !strings.Contains(out, "weir bench") || errs != "" {
			t.Errorf("%q: got %q, %q and error %v, want help on standard output", args, out, errs, err)
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	url := []string{"--url", "http://127.0.0.1:1"}
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"nonsense"}, `"nonsense"`},
		{[]string{"append"}, "--url is missing"},
		{[]string{"append", "--url", "https://localhost"}, "only plain HTTP"},
		{[]string{"append", "--url", "localhost:80"}, "want http"},
		{[]string{"append", "--url", "http://a/?x=y"}, "want http"},
		{append([]string{"append", "--conns", "0"}, url...), "from 1 to"},
		{append([]string{"append", "--conns", "many"}, url...), "whole number"},
		{append([]string{"append", "--size", "1TiB"}, url...), "want a size"},
		{append([]string{"append", "--size", "1MiB", "--batch", "1000"}, url...), "smaller request"},
		{append([]string{"append", "--duration", "10"}, url...), "want a time"},
		{append([]string{"append", "--rate", "NaN"}, url...), "want a number"},
		{append([]string{"append", "--prefix", "a b"}, url...), "letters"},
		{append([]string{"append", "--colour"}, url...), "colour"},
		{append([]string{"append", "more"}, url...), `"more"`},
		{append([]string{"sse", "--idle"}, url...), "--pid"},
		{append([]string{"sse", "--streams", "1000000", "--subscribers", "1000000"}, url...), "fewer readers"},
	} {
		out, errs, err := measure(context.Background(), tt.args...)
		var usage *bench.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(errs, "weir bench") || out != "" {
			t.Errorf("%q: got %q and error %v, want help on standard error and an error with %q", tt.args, out, err, tt.want)
		}
	}
}
