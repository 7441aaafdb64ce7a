package acidstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// tools are the offline tools, each as one that can be run again and again.
var tools = map[string]func(ctx context.Context, dir string, fsys vfs.FS, p acidstore.Pace, o *acidstore.OfflineOptions) error{
	"reshard": func(ctx context.Context, dir string, fsys vfs.FS, p acidstore.Pace, o *acidstore.OfflineOptions) error {
		_, shards, _, err := acidstore.Generations(dir)
		if err != nil {
			return err
		}
		_, err = acidstore.ReshardFS(ctx, dir, fsys, p, 6-shards, o)
		return err
	},
	"compact": func(ctx context.Context, dir string, fsys vfs.FS, p acidstore.Pace, o *acidstore.OfflineOptions) error {
		_, _, err := acidstore.CompactFS(ctx, dir, fsys, p, o)
		return err
	},
}

// Whatever operation on files fails, and however, the store has everything, and
// the tool can be run again.
func TestOfflineStoppedAnywhere(t *testing.T) {
	for name, run := range tools {
		for _, how := range []stop{stopOnce, stopDone, stopDying} {
			t.Run(name+"/"+string(how), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				want := fill(t, dir, 2)
				n := int64(1)
				for ; ; n++ {
					fsys := &stopFS{FS: vfs.OS(dir), n: n, how: how}
					err := run(t.Context(), dir, fsys, smallPiece, nil)
					if !fsys.reached() {
						break
					}
					if !errors.Is(err, errStopped) {
						t.Fatalf("stopped at operation %d: got %v, want %v", n, err, errStopped)
					}
					want.expect(t, dir, fmt.Sprintf("stopped at operation %d", n))
					runAgain(t, dir)
				}
				want.expect(t, dir, "not stopped")
				if n < 15 {
					t.Errorf("got %d operations on files, want more of them", n)
				}
			})
		}
	}
}

// runAgain finishes what a tool has left.
func runAgain(t *testing.T, dir string) {
	t.Helper()
	_, shards, _, err := acidstore.Generations(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acidstore.Reshard(t.Context(), dir, shards, nil); err != nil {
		t.Fatalf("reshard to the same count after a failure: got %v, want success", err)
	}
	expectFiles(t, dir, shards)
}

// Whenever the caller ends the work the store has everything, and nothing is left
// lying about.
func TestOfflineEndedAnywhere(t *testing.T) {
	piece := acidstore.Pace{Bytes: 150 << 10}
	for name, run := range tools {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			want := fill(t, dir, 2)
			n := 0
			for ended := true; ended; n++ {
				_, before, _, _ := acidstore.Generations(dir)
				err := runUntil(t, n, func(ctx context.Context, o *acidstore.OfflineOptions) error {
					return run(ctx, dir, vfs.OS(dir), piece, o)
				})
				if ended = err != nil; !ended {
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("ended at report %d: got %v, want %v", n, err, context.Canceled)
				}
				expectFiles(t, dir, before)
				want.expect(t, dir, "ended")
			}
			if n < 4 {
				t.Errorf("got %d reports of progress, want more", n)
			}
			want.expect(t, dir, "not ended")
		})
	}
}

// runUntil runs f with a context that ends at the n-th report of progress.
func runUntil(t *testing.T, n int, f func(context.Context, *acidstore.OfflineOptions) error) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if n == 0 {
		cancel()
	}
	last := int64(-1)
	return f(ctx, &acidstore.OfflineOptions{Progress: func(done, total int64) {
		if done < last || done > total {
			t.Errorf("progress: got %d of %d after %d, want it to rise to the total", done, total, last)
		}
		last = done
		switch n--; {
		case n == 0:
			cancel()
		case n < 0:
			t.Errorf("progress after the end: got %d of %d, want none", done, total)
		}
	}})
}

// Progress is told at most once in a while.
func TestOfflineProgressIsSeldom(t *testing.T) {
	t.Parallel()
	for tool, run := range tools {
		t.Run(tool, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 2)
			const seldom = 200 * time.Millisecond
			reports, begun := 0, time.Now()
			o := acidstore.OfflineOptions{Progress: func(int64, int64) { reports++ }}
			if err := run(t.Context(), dir, vfs.OS(dir), acidstore.Pace{Bytes: 4 << 10, Tell: seldom}, &o); err != nil {
				t.Fatal(err)
			}
			if most := 1 + int(time.Since(begun)/seldom); reports < 1 || reports > most {
				t.Errorf("got %d reports, want 1 to %d", reports, most)
			}
		})
	}
}
