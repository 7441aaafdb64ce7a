package main

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/cmd/weir/metrics"
	"github.com/weirstreams/weir/stream/httpapi"
)

const (
	// diskInterval is how often the file system is asked how much room is left.
	diskInterval = time.Second
	// diskStuckAfter is how old the last answer may be. One that takes longer is
	// of a file system that appends would wait for as well.
	diskStuckAfter = 10 * time.Second
	// diskGrace bounds how long the end of the server waits for an answer.
	diskGrace = time.Second
)

// diskFree is the room on a file system at some instant.
type diskFree struct {
	bytes  int64
	inodes int64 // files that can still be made, -1 when there is no such number
	err    error // the file system did not say
	at     time.Time
}

// disk is the goroutine that asks the data directory's file system how much room
// is left. Whoever wants to know reads the last answer: many who ask do not become
// many system calls, and one that hangs, as on a network file system that is gone,
// holds up nobody else.
type disk struct {
	ask       func() diskFree
	minBytes  int64
	minInodes int64

	last atomic.Pointer[diskFree]
	end  chan struct{}
	done chan struct{} // closed when the goroutine has ended
}

// watchDisk begins to look at the room of the data directory, which is there,
// until stop. It returns nil, which may be used, for a mode that has none.
func watchDisk(storage config.Storage) *disk {
	if !storage.Mode.OnDisk() {
		return nil
	}
	return startDisk(storage, diskInterval, func() diskFree { return askDisk(storage.DataDir) })
}

func startDisk(storage config.Storage, interval time.Duration, ask func() diskFree) *disk {
	d := &disk{
		ask: ask, minBytes: int64(storage.MinFreeBytes), minInodes: storage.MinFreeInodes,
		end: make(chan struct{}), done: make(chan struct{}),
	}
	d.look()
	go func() {
		defer close(d.done)
		d.loop(interval)
	}()
	return d
}

// askDisk counts what users other than root may fill.
func askDisk(dir string) diskFree {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return diskFree{err: err, at: time.Now()}
	}
	free := diskFree{bytes: int64(st.Bavail) * st.Frsize, inodes: int64(st.Ffree), at: time.Now()}
	if st.Files == 0 {
		free.inodes = -1
	}
	return free
}

func (d *disk) look() {
	free := d.ask()
	d.last.Store(&free)
}

func (d *disk) loop(interval time.Duration) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-d.end:
			return
		case <-tick.C:
			d.look()
		}
	}
}

// stop ends the goroutine and waits for it, but not for a file system that hangs.
func (d *disk) stop() {
	if d == nil {
		return
	}
	close(d.end)
	select {
	case <-d.done:
	case <-time.After(diskGrace):
	}
}

// free returns the last answer; ok is false when there is none.
func (d *disk) free() (free diskFree, ok bool) {
	if d == nil {
		return free, false
	}
	free = *d.last.Load()
	return free, free.err == nil
}

// room is free for the metrics.
func (d *disk) room() (metrics.Room, bool) {
	free, ok := d.free()
	return metrics.Room{Bytes: free.bytes, Inodes: free.inodes}, ok
}

// components are what /readyz says of the disk.
func (d *disk) components() map[string]func() httpapi.Component {
	if d == nil {
		return nil
	}
	return map[string]func() httpapi.Component{"disk": func() httpapi.Component { return d.component(time.Now()) }}
}

func (d *disk) component(now time.Time) httpapi.Component {
	free, ok := d.free()
	c := httpapi.Component{Status: httpapi.StatusReady, Reason: d.complaint(free, now.Sub(free.at))}
	if c.Reason != "" {
		c.Status = httpapi.StatusNotReady
	}
	if ok {
		c.Room = &httpapi.Room{FreeBytes: free.bytes}
		if free.inodes >= 0 {
			c.FreeInodes = &free.inodes
		}
	}
	return c
}

// complaint says what is wrong with an answer that is so old, or nothing.
func (d *disk) complaint(free diskFree, age time.Duration) string {
	switch {
	case free.err != nil: // a number of the kernel's, which names no path
		return "the file system of the data directory does not say what is free on it: " + free.err.Error()
	case age > diskStuckAfter:
		return fmt.Sprintf("the file system of the data directory has not answered for %d s", int(age.Seconds()))
	}
	var low []string
	if free.bytes < d.minBytes {
		low = append(low, fmt.Sprintf("%s free on the data directory, want at least %s (DS_STORAGE__MIN_FREE_BYTES)",
			readableBytes(free.bytes), readableBytes(d.minBytes)))
	}
	if free.inodes >= 0 && free.inodes < d.minInodes {
		low = append(low, fmt.Sprintf("room for %d more files on the data directory, want at least %d (DS_STORAGE__MIN_FREE_INODES)",
			free.inodes, d.minInodes))
	}
	return strings.Join(low, "; ")
}
