package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// createIn makes a stream in a store of files.
func createIn(s *filestore.Store, name string) error {
	done := make(outcome, 1)
	cfg := store.Config{ContentType: "text/plain", TTL: store.NoTTL}
	h, _, err := s.Create(name, cfg, &store.Change{Bytes: []byte("bytes")}, done)
	if err != nil {
		return err
	}
	defer h.Release()
	return <-done
}

// makeFiles makes a store of files with a stream in a data file.
func makeFiles(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o750))
	s, err := filestore.Open(dir, nil)
	ts.Check(err)
	ts.Check(createIn(s, "written"))
	ts.Check(s.Close())
}

func useFiles(ts *testscript.TestScript, _ bool, args []string) {
	s, err := filestore.Open(ts.MkAbs(args[0]), nil)
	ts.Check(err)
	ts.Defer(func() { s.Close() })
}

func flipBit(ts *testscript.TestScript, _ bool, args []string) {
	file := ts.MkAbs(args[0])
	b, err := os.ReadFile(file)
	ts.Check(err)
	b[number(ts, args[1])] ^= 1
	ts.Check(os.WriteFile(file, b, 0o600))
}

// failingOutput takes nothing.
type failingOutput struct{}

func (failingOutput) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

// A check is ended by a signal, and says so when nobody can read what it found.
func TestCheckIsCutShort(t *testing.T) {
	dir := t.TempDir()
	s, err := filestore.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := createIn(s, "s"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		out  io.Writer
		want string
	}{
		"signal": {ended, io.Discard, context.Canceled.Error()},
		"output": {t.Context(), failingOutput{}, "pipe closed"},
	} {
		var stderr strings.Builder
		status := run(c.ctx, []string{"check"}, []string{"DS_STORAGE__DATA_DIR=" + dir}, c.out, &stderr)
		if status != exitFailed || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("%s: got status %d and %q, want %d and %q", name, status, stderr.String(), exitFailed, c.want)
		}
	}
}
