package crashfs_test

import (
	"errors"
	"sync"
	"syscall"
	"testing"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// failOnce lets the next call of a kind fail.
func failOnce(fs *crashfs.FS, op crashfs.Op, e crashfs.Effect) {
	fs.Fail(func(c crashfs.Call) crashfs.Fault {
		if c.Op == op && c.N == 1 {
			return crashfs.Fault{Err: syscall.EIO, Effect: e}
		}
		return crashfs.Fault{}
	})
}

func TestFailingWrite(t *testing.T) {
	for effect, text := range map[crashfs.Effect]string{
		crashfs.Nothing: "", crashfs.Half: "ab", crashfs.Done: "abcd",
	} {
		fs := crashfs.New()
		f := create(t, fs, "a")
		failOnce(fs, crashfs.OpWrite, effect)
		n, err := f.WriteAt([]byte("abcd"), 0)
		if !errors.Is(err, syscall.EIO) || n >= 4 {
			t.Errorf("effect %d: got %d bytes and %v, want fewer than 4 and EIO", effect, n, err)
		}
		if got := content(t, fs, "a"); got != text {
			t.Errorf("effect %d: got %q, want %q", effect, got, text)
		}
		want(t, fs, crashfs.Everything, "a", text)
	}
}

// TestEveryKindFails: each kind of call asks for a fault, and with no effect
// leaves no trace.
func TestEveryKindFails(t *testing.T) {
	for _, op := range crashfs.Ops() {
		fs := crashfs.New()
		f := create(t, fs, "a")
		calls := fs.Calls()
		failOnce(fs, op, crashfs.Nothing)
		err := call(fs, f, op)
		if !errors.Is(err, syscall.EIO) {
			t.Errorf("%s: got %v, want EIO", op, err)
		}
		logged := fs.Calls() - calls
		if sync := op == crashfs.OpSync || op == crashfs.OpSyncAll || op == crashfs.OpSyncDir; sync != (logged == 1) {
			t.Errorf("%s that failed: got %d calls in the log; only a sync leaves its mark", op, logged)
		}
		if op != crashfs.OpClose {
			must(t, f.Close())
		}
		if n := fs.OpenFiles(); n != 0 {
			t.Errorf("%s: got %d files open, want none", op, n)
		}
	}
}

func TestKill(t *testing.T) {
	for _, op := range crashfs.Ops() {
		fs := crashfs.New()
		f := create(t, fs, "a")
		calls := fs.Calls()
		fs.Kill()
		if err := call(fs, f, op); !errors.Is(err, crashfs.ErrKilled) {
			t.Errorf("%s: got %v, want ErrKilled", op, err)
		}
		if got := fs.Calls(); got != calls {
			t.Errorf("%s: got %d calls, want %d", op, got, calls)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	fs := crashfs.New()
	f := create(t, fs, "a")
	calls := fs.Calls()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 50 {
				f.WriteAt([]byte{byte(i)}, int64(i))
				fs.Crash(fs.Calls(), crashfs.Seeded(1))
			}
		})
	}
	all.Wait()
	if got := fs.Calls() - calls; got != 400 {
		t.Errorf("calls: got %d, want 400", got)
	}
	want(t, fs, crashfs.Everything, "a", "\x00\x01\x02\x03\x04\x05\x06\x07")
}
