package filestore_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
)

// flipModes are the two ways of keeping a log.
var flipModes = map[string]filestore.Options{"fast": quiet, "durable": synced(quiet)}

// TestEveryBit turns over every bit of every file of a small store, one at a time.
// A check names the place. A start refuses, naming the file, and removes nothing;
// or what it serves is right, or an error. So does a store that was open already,
// and its scrub finds the bit.
func TestEveryBit(t *testing.T) {
	for mode, o := range flipModes {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			disk := flipWorld(t, o)
			f := newFlipper(t, disk, o)
			for _, name := range disk.sortedFiles() {
				if mode == "fast" && !isLog(name) {
					continue // the same as in the other mode
				}
				node := disk.names[name]
				bits := 8 * len(node.data)
				for bit := 0; bit < bits && !t.Failed(); bit += bitStep(bits) {
					node.data[bit/8] ^= 1 << (bit % 8)
					f.check(name, int64(bit/8))
					f.start(name, "a flipped bit")
					node.data[bit/8] ^= 1 << (bit % 8)
				}
			}
			f.running()
		})
	}
}

// flipper tries damaged bits on one disk.
type flipper struct {
	t     *testing.T
	disk  *memFS
	o     filestore.Options
	want  world
	owner map[string]string // the stream of each data file
	used  map[string]int    // bytes of each file up to the zeros at its end
}

func isLog(name string) bool { return path.Dir(name) == "file/wal" }

func newFlipper(t *testing.T, disk *memFS, o filestore.Options) *flipper {
	f := &flipper{t: t, disk: disk, o: o, owner: map[string]string{}, used: map[string]int{}}
	s, _ := open(t, disk.all(), o)
	defer mustClose(t, s)
	f.want = worldOf(t, s)
	for _, name := range worldNames {
		h := mustOpen(t, s, name)
		f.owner[filestore.DataFile(h.Meta().ID)] = name
		h.Release()
	}
	for name, data := range disk.files() {
		f.used[name] = len(strings.TrimRight(data, "\x00"))
	}
	return f
}

// check asks for a report of the byte. In zeros ahead of the log a note will do.
func (f *flipper) check(name string, at int64) {
	for _, d := range f.findings() {
		if d.File == name && d.Offset <= at && d.Stream == cmp.Or(f.owner[name], d.Stream) && (!d.Note || int(at) >= f.used[name]) {
			return
		}
	}
	f.t.Errorf("check with byte %d of %s flipped: got %v, want the place named", at, name, f.findings())
}

// findings are what a check reports, which changes nothing.
func (f *flipper) findings() (found []store.CorruptionError) {
	before := f.disk.files()
	err := filestore.CheckFS(context.Background(), f.disk, store.ScrubOptions{
		Report: func(d store.CorruptionError) { found = append(found, d) },
	})
	if err != nil {
		f.t.Errorf("check: got error %v, want none", err)
	}
	if !maps.Equal(f.disk.files(), before) {
		f.t.Error("check: got other files than before, want them untouched")
	}
	return found
}

// start opens a copy of the disk, on which something was done to a file.
func (f *flipper) start(name, done string) {
	disk := f.disk.all()
	before := disk.files()
	o := f.o
	s, err := filestore.OpenFS(disk, &o)
	if err != nil {
		if !strings.Contains(err.Error(), path.Base(name)) && !strings.Contains(err.Error(), path.Dir(name)) {
			f.t.Errorf("start with %s of %s: got error %v, want the file named", done, name, err)
		}
		if !maps.Equal(disk.files(), before) {
			f.t.Errorf("start with %s of %s: got other files, want them untouched", done, name)
		}
		return
	}
	if wrong := f.want.compare(s); wrong != "" {
		f.t.Errorf("started with %s of %s: %s", done, name, wrong)
	}
	if err := s.Close(); err != nil {
		f.t.Errorf("close with %s of %s: %v", done, name, err)
	}
}

// running turns bits over under a store that is open.
func (f *flipper) running() {
	disk := f.disk.all()
	s, fs := open(f.t, disk, f.o)
	defer func() { crash(s, fs, true) }()
	for _, name := range disk.sortedFiles() {
		node := disk.names[name]
		used := len(node.data)
		if isLog(name) {
			used = len(strings.TrimRight(string(node.data), "\x00"))
		}
		for bit := 0; bit < 8*used && !f.t.Failed(); bit += bitStep(8 * used) {
			node.data[bit/8] ^= 1 << (bit % 8)
			found := scrub(f.t, s)
			if len(found) == 0 || found[0].File != name || found[0].Offset > int64(bit/8) || found[0].Stream != cmp.Or(f.owner[name], found[0].Stream) {
				f.t.Errorf("scrub with bit %d of %s flipped: got %v, want the place named", bit, name, found)
			}
			if wrong := f.want.compare(s); wrong != "" {
				f.t.Errorf("open with bit %d of %s flipped: %s", bit, name, wrong)
			}
			node.data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

// TestCheckpointsGoOn deletes and writes to streams over damage of the catalogue:
// what can be changed at all is also written. The names are so long that extents
// have blocks of their own.
func TestCheckpointsGoOn(t *testing.T) {
	disk := newMemFS()
	s, _ := open(t, disk, quiet)
	var names []string
	for i := range 6 {
		names = append(names, fmt.Sprint(i, strings.Repeat("-", 2000)))
		mustCreate(t, s, names[i], "bytes")
	}
	mustClose(t, s)
	for _, name := range disk.sortedFiles() {
		if path.Ext(name) != ".table" {
			continue
		}
		node := disk.names[name]
		for bit := 0; bit < 8*len(node.data); bit += 301 {
			node.data[bit/8] ^= 1 << (bit % 8)
			changeAll(t, disk.all(), names, name)
			node.data[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func changeAll(t *testing.T, disk *memFS, names []string, damaged string) {
	t.Helper()
	s, err := filestore.OpenFS(disk, &quiet)
	if err != nil {
		return
	}
	for i, name := range names {
		h, err := s.Open(name)
		if err != nil {
			continue
		}
		if i%2 == 0 {
			err = <-stage(h.Delete)
		} else {
			err = <-stageAppend(h, "more")
		}
		h.Release()
		if err != nil {
			t.Errorf("change stream %d over damage of %s: %v", i, damaged, err)
		}
	}
	mustCreate(t, s, "fresh", "bytes")
	if err := s.Checkpoint(); err != nil {
		t.Errorf("checkpoint over damage of %s: %v", damaged, err)
	}
	mustClose(t, s)
}
