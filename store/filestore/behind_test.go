package filestore_test

import (
	"errors"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store"
)

// TestBehindFailure stages a row of changes while the first of them is on its way
// to fail.
func TestBehindFailure(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	mustCreate(t, s, "a", "1")
	mustCreate(t, s, "b", "1")
	a, b := mustOpen(t, s, "a"), mustOpen(t, s, "b")
	reached, release := make(chan struct{}), make(chan struct{})
	fs.set(func(op, _ string) error {
		if op == "write" {
			close(reached)
			<-release
			fs.unset()
			return syscall.ENOSPC
		}
		return nil
	})
	first := stageAppend(a, "first")
	<-reached
	behind := []settled{stageAppend(a, "second"), stageAppend(a, "third"), stage(a.Delete)}
	other := stageAppend(b, "2")
	close(release)
	if err := <-first; !errors.Is(err, store.ErrNoSpace) {
		t.Errorf("first: got error %v, want %v", err, store.ErrNoSpace)
	}
	for i, c := range behind {
		if err := <-c; !errors.Is(err, store.ErrAborted) {
			t.Errorf("%d behind the first: got error %v, want %v", i, err, store.ErrAborted)
		}
	}
	if err := <-other; err != nil {
		t.Errorf("append to another stream: got error %v, want nil", err)
	}
	if err := <-stageAppend(a, "before reset"); !errors.Is(err, store.ErrAborted) {
		t.Errorf("append before Reset: got error %v, want %v", err, store.ErrAborted)
	}
	a.Reset()
	if err := <-stageAppend(a, "2"); err != nil {
		t.Errorf("append after Reset: got error %v, want nil", err)
	}
	a.Release()
	b.Release()
	want := map[string]string{"a": "12", "b": "12"}
	wantContent(t, s, want)
	s, _ = open(t, crash(s, fs, false), synced(quiet))
	wantContent(t, s, want)
	mustClose(t, s)
}

// TestStagedBeforeFailure: what was staged before a checkpoint's sync failed, and
// is still queued then, is not acknowledged either.
func TestStagedBeforeFailure(t *testing.T) {
	s, fs := open(t, newMemFS(), synced(quiet))
	mustCreate(t, s, "a", "1")
	h := mustOpen(t, s, "a")
	defer h.Release()
	writing, write := make(chan struct{}), make(chan struct{})
	syncing, fail := make(chan struct{}), make(chan struct{})
	fs.set(func(op, name string) error {
		switch {
		case op == "sync" && under(name, "data"):
			close(syncing)
			<-fail
			return syscall.EIO
		case op == "write" && under(name, "wal") && isClosed(syncing):
			fs.unset()
			close(writing)
			<-write
		}
		return nil
	})
	checkpoint := make(settled, 1)
	go func() { checkpoint <- s.Checkpoint() }()
	<-syncing
	first := stageAppend(h, "2")
	<-writing
	second := stageAppend(h, "3")
	close(fail)
	if err := <-checkpoint; !errors.Is(err, syscall.EIO) {
		t.Errorf("checkpoint: got error %v, want %v", err, syscall.EIO)
	}
	close(write)
	<-first // was on its way
	if err := <-second; !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("change that was queued when a sync failed: got error %v, want %v", err, store.ErrReadOnly)
	}
	s.Close()
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
