package acidstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// redirect makes the descriptor with which bbolt has locked a file one of another
// file, so that what is done to it fails for real. What is mapped stays as it is.
func redirect(path, to string, flags int) error {
	target, err := unix.Open(to, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", to, err)
	}
	defer unix.Close(target)
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		return err
	}
	n := 0
	for _, link := range links {
		var fd int
		if file, err := os.Readlink(link); err != nil || file != path {
			continue
		}
		if _, err := fmt.Sscan(filepath.Base(link), &fd); err != nil || fd == target {
			continue
		}
		if info, err := os.ReadFile(filepath.Join("/proc/self/fdinfo", filepath.Base(link))); err != nil || !bytes.Contains(info, []byte("lock:")) {
			continue
		}
		if err := unix.Dup3(target, fd, unix.O_CLOEXEC); err != nil {
			return fmt.Errorf("redirect %s: %w", path, err)
		}
		n++
	}
	if n == 0 {
		return fmt.Errorf("redirect %s: it is not open", path)
	}
	return nil
}

// failures are the ways in which a commit of shard 0 can fail.
var failures = map[string]func(t *testing.T, path string, s *acidstore.Store, fs *growFS){
	"write": func(t *testing.T, path string, _ *acidstore.Store, _ *growFS) {
		mustRedirect(t, path, path, unix.O_RDONLY)
	},
	"sync": func(t *testing.T, path string, _ *acidstore.Store, _ *growFS) {
		mustRedirect(t, path, "/dev/null", unix.O_RDWR)
	},
	"sync of the growth": func(t *testing.T, _ string, s *acidstore.Store, fs *growFS) {
		s.SpendRoom()
		fs.set(failShard0("sync"))
	},
	"write of the growth": func(t *testing.T, _ string, s *acidstore.Store, fs *growFS) {
		s.SpendRoom()
		fs.set(failShard0("write"))
	},
}

func failShard0(failing string) growHook {
	return func(op, name string) error {
		if op == failing && strings.HasSuffix(name, "/000.db") {
			return syscall.EIO
		}
		return nil
	}
}

func mustRedirect(t *testing.T, path, to string, flags int) {
	t.Helper()
	if err := redirect(path, to, flags); err != nil {
		t.Fatal(err)
	}
}

// TestFailedCommit lets a commit of one of two shards fail. That shard is
// read-only from then on, and says so; the other one goes on; nothing that was
// acknowledged is lost.
func TestFailedCommit(t *testing.T) {
	t.Parallel()
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s, fs := openGrow(t, dir, 2)
			broken, well := named(0, 2, 0), named(1, 2, 0)
			want := map[string]string{broken: strings.Repeat("tables ", 30_000), well: "w"}
			mustCreate(t, s, broken, text(want[broken]))
			mustCreate(t, s, well, text("w"))
			s.Tidy()
			mustAppend(t, s, broken, "journal")
			want[broken] += "journal"
			h := mustOpen(t, s, broken)
			fail(t, filepath.Join(dir, s.File(0)), s, fs)
			wantReadOnly(t, s, h)

			wantContent(t, s, want)
			mustAppend(t, s, well, "ell")
			fork := named(1, 2, 1)
			mustFork(t, s, fork, broken, 6)
			want[well], want[fork] = "well", ""
			wantContent(t, s, want)
			if got := refs(t, s, broken); got != 1 {
				t.Errorf("forks of a stream in the broken shard: got %d, want 1", got)
			}
			h.Release()
			mustEnd(t, s)
			s = open(t, dir, 2)
			wantContent(t, s, want)
			if got := refs(t, s, broken); got != 1 {
				t.Errorf("forks after the restart: got %d, want 1", got)
			}
			mustAppend(t, s, broken, " and on")
			wantWhole(t, s)
			closeStore(t, s)
		})
	}
}

// wantReadOnly stages changes to a stream of shard 0, whose commits fail.
func wantReadOnly(t *testing.T, s *acidstore.Store, h store.Handle) {
	t.Helper()
	row := []outcome{stageChange(h, text("1")), stageChange(h, text("2")), stageChange(h, store.Change{Close: true})}
	for i, o := range row {
		if err := <-o; !errors.Is(err, store.ErrReadOnly) && (i == 0 || !errors.Is(err, store.ErrAborted)) {
			t.Errorf("change %d: got error %v, want %v", i, err, store.ErrReadOnly)
		}
	}
	h.Reset()
	_, creating := create(s, named(0, 2, 7), plain, store.Change{})
	for what, err := range map[string]error{
		"append": <-stageChange(h, text("later")), "delete": <-stage(h.Delete), "create": creating, "health": s.Health(),
		"the shard's figures": s.Stats().Shards[0].Failure,
	} {
		if !errors.Is(err, store.ErrReadOnly) || !strings.Contains(fmt.Sprint(err), s.File(0)) {
			t.Errorf("%s: got error %v, want %v of %s", what, err, store.ErrReadOnly, s.File(0))
		}
	}
	h.Reset()
	if err := s.Stats().Shards[1].Failure; err != nil || strings.Contains(s.Health().Error(), s.File(1)) {
		t.Errorf("failure of the other shard: got %v and health %v, want none", err, s.Health())
	}
}

// mustEnd closes a store of which a shard is broken. Whatever that says, it ends.
func mustEnd(t *testing.T, s *acidstore.Store) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Close()
	}()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal("close has not returned for 30 s")
	}
}

// TestFailedWrites lets each write of a transaction fail in turn, without having
// done anything or after half of it. What was acknowledged before is there, and
// nothing of the transaction.
func TestFailedWrites(t *testing.T) {
	t.Parallel()
	for n, failed := 0, true; failed; n++ {
		dir := t.TempDir()
		s := open(t, dir, 1)
		mustCreate(t, s, "a", text("1"))
		mustAppend(t, s, "a", "2")
		writes := 0
		s.OnWrite(0, func(_ int64, write func() error) error {
			writes++
			switch {
			case writes <= n:
				return write()
			case n%2 == 0:
				return syscall.EIO
			default:
				return errors.Join(write(), syscall.EIO)
			}
		})
		_, err := create(s, "b", plain, text("3"))
		failed = writes > n
		if failed && !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("create with write %d failing: got error %v, want %v", n, err, store.ErrReadOnly)
		}
		if !failed {
			s.Abandon()
			continue
		}
		want := map[string]string{"a": "12"}
		wantVisible(t, s, want)
		mustEnd(t, s)
		s = open(t, dir, 1)
		wantContent(t, s, want)
		wantWhole(t, s)
		closeStore(t, s)
	}
}

// TestFailedLastSync lets the sync fail that a transaction ends with, when all is
// written. The disk may have it or not, so nobody may see it before a restart.
func TestFailedLastSync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "a", text("1"))
	mustAppend(t, s, "a", "2")
	path := filepath.Join(dir, s.File(0))
	s.OnWrite(0, func(offset int64, write func() error) error {
		err := write()
		if offset < 2*pageBytes {
			return errors.Join(err, redirect(path, "/dev/null", unix.O_RDWR))
		}
		return err
	})
	a := mustOpen(t, s, "a")
	appended := stageChange(a, text("3"))
	_, err := create(s, "b", plain, text("4"))
	for what, err := range map[string]error{"append": <-appended, "create": err} {
		if !errors.Is(err, store.ErrReadOnly) {
			t.Errorf("%s with a failed sync: got error %v, want %v", what, err, store.ErrReadOnly)
		}
	}
	a.Reset()
	a.Release()
	wantVisible(t, s, map[string]string{"a": "12"})
	mustEnd(t, s)
	s = open(t, dir, 1)
	wantVisible(t, s, map[string]string{"a": "12"})
	wantWhole(t, s)
	closeStore(t, s)
}

// TestFullDiskWithinCommit: a transaction that needs more than was foreseen meets a
// full disk when it writes its pages. It is refused, and the shard is whole.
func TestFullDiskWithinCommit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "a", text("1"))
	mustAppend(t, s, "a", "2")
	var isFull atomic.Bool
	isFull.Store(true)
	s.OnWrite(0, func(_ int64, write func() error) error {
		if isFull.Load() {
			return &os.PathError{Op: "write", Path: "000.db", Err: syscall.ENOSPC}
		}
		return write()
	})
	h := mustOpen(t, s, "a")
	defer h.Release()
	for range 3 {
		if err := <-stageChange(h, text("x")); !errors.Is(err, store.ErrNoSpace) {
			t.Errorf("append on a full disk: got error %v, want %v", err, store.ErrNoSpace)
		}
		h.Reset()
	}
	if err := s.Health(); err != nil {
		t.Errorf("health on a full disk: got %v, want nil", err)
	}
	wantVisible(t, s, map[string]string{"a": "12"})
	isFull.Store(false)
	if err := <-stageChange(h, text("3")); err != nil {
		t.Errorf("append when there is room again: %v", err)
	}
	wantVisible(t, s, map[string]string{"a": "123"})
	s = crashed(t, s, dir, 1)
	wantContent(t, s, map[string]string{"a": "123"})
	wantWhole(t, s)
	closeStore(t, s)
}

// wantVisible asks for the streams that were acknowledged, and for no other, in
// every way in which they can be found.
func wantVisible(t *testing.T, s *acidstore.Store, want map[string]string) {
	t.Helper()
	wantContent(t, s, want)
	if h, err := s.Open("b"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("open what was not acknowledged: got %v and error %v, want %v", h, err, store.ErrNotFound)
		if err == nil {
			h.Release()
		}
	}
}
