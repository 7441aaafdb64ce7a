package main

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/stream/httpapi"
)

// floors ask for a MiB and ten files.
var floors = config.Storage{Mode: config.FileFast, MinFreeBytes: 1 << 20, MinFreeInodes: 10}

func TestDiskComponent(t *testing.T) {
	const noInodes = -1
	for _, test := range []struct {
		name   string
		free   diskFree
		reason string // or "" when it is ready
	}{
		{"room", diskFree{bytes: 1 << 20, inodes: 10}, ""},
		{"few bytes", diskFree{bytes: 1<<19 + 1<<18, inodes: 10}, "768.0 KiB free on the data directory, want at least 1.0 MiB (DS_STORAGE__MIN_FREE_BYTES)"},
		{"few files", diskFree{bytes: 1 << 20, inodes: 9}, "room for 9 more files on the data directory, want at least 10 (DS_STORAGE__MIN_FREE_INODES)"},
		{"no files", diskFree{bytes: 1 << 20}, "room for 0 more files"},
		{"both", diskFree{}, "(DS_STORAGE__MIN_FREE_BYTES); room for 0"},
		{"unknown files", diskFree{bytes: 1 << 20, inodes: noInodes}, ""},
		{"failure", diskFree{err: unix.EIO}, "does not say what is free on it: input/output error"},
	} {
		test.free.at = time.Now()
		d := startDisk(floors, time.Hour, func() diskFree { return test.free })
		c := d.components()["disk"]()
		d.stop()
		wantStatus := httpapi.StatusNotReady
		if test.reason == "" {
			wantStatus = httpapi.StatusReady
		}
		if c.Status != wantStatus || !strings.Contains(c.Reason, test.reason) || (c.Reason == "") != (test.reason == "") {
			t.Errorf("%s: got %q for %q, want %q for %q", test.name, c.Status, c.Reason, wantStatus, test.reason)
		}
		switch {
		case test.free.err != nil:
			if c.Room != nil {
				t.Errorf("%s: got %+v, want no figures", test.name, c.Room)
			}
		case c.Room == nil || c.FreeBytes != test.free.bytes:
			t.Errorf("%s: got %+v, want %d bytes", test.name, c.Room, test.free.bytes)
		case (c.FreeInodes == nil) != (test.free.inodes == noInodes), c.FreeInodes != nil && *c.FreeInodes != test.free.inodes:
			t.Errorf("%s: got %v inodes, want %d, none for -1", test.name, c.FreeInodes, test.free.inodes)
		}
	}
}

func TestFloorsOfZeroAreNone(t *testing.T) {
	d := startDisk(config.Storage{Mode: config.FileFast}, time.Hour, func() diskFree { return diskFree{at: time.Now()} })
	defer d.stop()
	if c := d.component(time.Now()); c.Status != httpapi.StatusReady {
		t.Errorf("an empty disk without floors: got %q for %q, want ready", c.Status, c.Reason)
	}
}

// However often somebody wants to know, the file system is asked once a second; and
// what it says then is what they get.
func TestDiskIsAskedOnceASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		d := startDisk(floors, time.Second, func() diskFree {
			return diskFree{bytes: asked.Add(1) << 20, inodes: 10, at: time.Now()}
		})
		for second := range int64(5) {
			synctest.Wait()
			for range 1000 {
				if c := d.component(time.Now()); c.FreeBytes != (second+1)<<20 {
					t.Fatalf("after %d s: got %d bytes, want %d", second, c.FreeBytes, (second+1)<<20)
				}
			}
			time.Sleep(time.Second)
		}
		d.stop()
		if got := asked.Load(); got > 6 {
			t.Errorf("asked in 5 s: got %d, want 6 at most", got)
		}
	})
}

// A file system that hangs is noticed, and holds up neither who asks nor the end.
func TestStuckDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan struct{}, 1)
		answers <- struct{}{}
		d := startDisk(floors, time.Second, func() diskFree {
			<-answers
			return diskFree{bytes: 1 << 30, inodes: 1000, at: time.Now()}
		})
		time.Sleep(9 * time.Second)
		if c := d.component(time.Now()); c.Status != httpapi.StatusReady {
			t.Errorf("after 9 s: got %q for %q, want ready still", c.Status, c.Reason)
		}
		time.Sleep(25 * time.Second)
		c := d.component(time.Now())
		if c.Status != httpapi.StatusNotReady || !strings.Contains(c.Reason, "not answered for 34 s") || c.FreeBytes != 1<<30 {
			t.Errorf("after 34 s: got %q for %q and %d bytes, want it not ready, and the last answer with its age", c.Status, c.Reason, c.FreeBytes)
		}
		begin := time.Now()
		d.stop()
		if took := time.Since(begin); took > diskGrace {
			t.Errorf("stop: got %v, want at most %v", took, diskGrace)
		}
		close(answers)
	})
}

func TestAskDisk(t *testing.T) {
	if free := askDisk(t.TempDir()); free.err != nil || free.bytes <= 0 || time.Since(free.at) > time.Minute {
		t.Errorf("a folder: got %+v, want some free bytes", free)
	}
	dir := t.TempDir() + "/missing"
	free := askDisk(dir)
	if free.err == nil || strings.Contains(free.err.Error(), dir) {
		t.Errorf("a missing folder: got %v, want an error without its path", free.err)
	}
}

func TestMemoryHasNoDisk(t *testing.T) {
	d := watchDisk(config.Storage{Mode: config.Memory})
	defer d.stop()
	if _, ok := d.free(); d != nil || d.components() != nil || ok {
		t.Errorf("memory: got %v, want no disk", d)
	}
}
