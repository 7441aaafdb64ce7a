package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// outcome receives how a change has settled.
type outcome chan error

// Settled implements store.Completion.
func (o outcome) Settled(err error) { o <- err }

// makeStreams makes a store of mode acid with so many streams.
func makeStreams(dir string, shards, streams int) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards})
	if err != nil {
		return err
	}
	done := make(outcome, 1)
	for i := range streams {
		cfg := store.Config{ContentType: "text/plain", TTL: store.NoTTL}
		h, _, err := s.Create(fmt.Sprintf("stream/%d", i), cfg, &store.Change{Bytes: []byte("bytes")}, done)
		if err != nil {
			return err
		}
		if err := <-done; err != nil {
			return err
		}
		h.Release()
	}
	return s.Close()
}

// openAcid opens the store that the arguments of a script's command name.
func openAcid(ts *testscript.TestScript, args []string) *acidstore.Store {
	s, err := acidstore.Open(ts.MkAbs(args[0]), &acidstore.Options{Shards: number(ts, args[1])})
	ts.Check(err)
	return s
}

func number(ts *testscript.TestScript, arg string) int {
	n, err := strconv.Atoi(arg)
	ts.Check(err)
	return n
}

func makeAcid(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(makeStreams(ts.MkAbs(args[0]), number(ts, args[1]), number(ts, args[2])))
}

func checkAcid(ts *testscript.TestScript, _ bool, args []string) {
	s := openAcid(ts, args)
	defer s.Close()
	if got, want := s.Stats().Streams, int64(number(ts, args[2])); got != want {
		ts.Fatalf("got %d streams, want %d", got, want)
	}
}

func useAcid(ts *testscript.TestScript, _ bool, args []string) {
	s := openAcid(ts, args)
	ts.Defer(func() { s.Close() })
}

// A signal ends the context of a command.
func TestOfflineWorkIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	if err := makeStreams(dir, 2, 10); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"reshard", "4"}, {"compact"}} {
		var stderr strings.Builder
		status := run(ended, args, []string{"DS_STORAGE__DATA_DIR=" + dir}, io.Discard, &stderr)
		if status != exitFailed || !strings.Contains(stderr.String(), "cut short") {
			t.Errorf("%q: got status %d and %q, want %d and that it was cut short", args, status, stderr.String(), exitFailed)
		}
		s, err := acidstore.Open(dir, &acidstore.Options{Shards: 2})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Stats().Streams; got != 10 {
			t.Errorf("streams after an interrupted %s: got %d, want 10", args[0], got)
		}
		s.Close()
	}
}

func TestReadableBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB",
		1<<20 - 1: "1.0 MiB", 1 << 20: "1.0 MiB", 3435973837: "3.2 GiB", 5 << 50: "5120.0 TiB",
	} {
		if got := readableBytes(n); got != want {
			t.Errorf("readableBytes(%d): got %q, want %q", n, got, want)
		}
	}
}
