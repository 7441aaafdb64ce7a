package crashlab_test

import (
	"fmt"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/store/storetest/crashfs"
	"github.com/weirstreams/weir/stream"
)

// rig is one life of a server on a file system, with its clients.
type rig struct {
	fs *crashfs.FS
	st *filestore.Store
	e  *stream.Engine
	w  *world

	watchers sync.WaitGroup
	quit     chan struct{}
	resting  chan struct{} // has room for who rests
	ended    bool
	killed   bool // guarded by w.mu

	trouble *trouble // calls that fail, or nil
	restart bool     // the script asks for a restart
}

// pageBytes is small, so that content takes several pages.
const pageBytes = 300

// storeOptions make everything happen in a small workload: checkpoints, rolled
// segments, zeros that run out. The interval is no multiple of the engine's, so
// that the two never tick at once.
func storeOptions(synced bool) *filestore.Options {
	return &filestore.Options{
		Sync:               synced,
		MaxMemoryBytes:     12 << 10,
		CheckpointLogBytes: 6 << 10,
		CheckpointInterval: 7001 * time.Millisecond,
		SegmentBytes:       2 << 10,
		ZeroAheadBytes:     700,
	}
}

// start opens a server. The world is that of its clients.
func start(fs *crashfs.FS, synced bool, w *world) (*rig, error) {
	st, err := filestore.OpenFS(fs, storeOptions(synced))
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	e := stream.New(st, &stream.Options{PageBytes: pageBytes})
	return &rig{fs: fs, st: st, e: e, w: w, quit: make(chan struct{}), resting: make(chan struct{}, 1)}, nil
}

// rest returns when nobody in the bubble can go on. One rests at a time.
func (r *rig) rest() {
	r.resting <- struct{}{}
	synctest.Wait()
	<-r.resting
}

// close ends the server in good order.
func (r *rig) close() error {
	r.ended = true
	close(r.quit)
	r.watchers.Wait()
	r.e.Close()
	return r.st.Close()
}

// kill ends the server so that nothing reaches the disk any more. To one that has
// ended it does nothing.
func (r *rig) kill() {
	r.fs.Kill()
	r.w.mu.Lock()
	r.killed = true
	r.w.mu.Unlock()
	if !r.ended {
		r.close() // says that it was killed
	}
}

// broke reports whether the sync of a folder has failed on a file system.
func broke(fs *crashfs.FS) bool {
	for _, call := range fs.Trace(0, fs.Calls()) {
		if strings.Contains(call, " syncdir ") && strings.HasSuffix(call, " failed") {
			return true
		}
	}
	return false
}

// date is the number of file calls so far.
func (r *rig) date() int { return r.fs.Calls() }

// note writes a line into the journal.
func (r *rig) note(format string, args ...any) {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.note(r.date(), format, args...)
}

// checkpoint lets the interval between two checkpoints pass.
func (r *rig) checkpoint() {
	r.note("a checkpoint is due")
	time.Sleep(storeOptions(false).CheckpointInterval + time.Millisecond)
}

func millis() int64 { return time.Now().UnixMilli() }
