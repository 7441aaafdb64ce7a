package acidstore_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// flipStore is a small store with something of everything, and what it holds.
type flipStore struct {
	dir    string
	shards int
	want   contents
	files  []*flipFile
}

// flipFile is one of its files.
type flipFile struct {
	name    string // relative to the directory
	path    string
	whole   []byte
	regions []acidstore.Region
}

// newFlipStore makes a store that was closed in order, or killed with changes in
// its journals.
func newFlipStore(t *testing.T, shards int, killed bool) *flipStore {
	t.Helper()
	f := &flipStore{dir: fastDir(t), shards: shards}
	s := open(t, f.dir, shards)
	f.fill(t, s)
	s.Tidy()
	cleared(t, s)
	if killed {
		for i := range 3 {
			mustCommit(t, s, flipName(i), store.Change{Bytes: []byte("in the journal"), Producer: &store.ProducerAppend{ID: "p", Epoch: 1, Seq: int64(i)},
				Mark: "journal", MarkValue: "m"})
		}
		s.Drain()
	}
	f.want = look(t, s)
	for i := range shards {
		f.files = append(f.files, &flipFile{name: s.File(i), path: filepath.Join(f.dir, s.File(i))})
	}
	if killed {
		s.Abandon()
	} else {
		closeStore(t, s)
	}
	for _, file := range f.files {
		if err := file.read(); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// read notes what a file holds.
func (f *flipFile) read() (err error) {
	f.whole = nil
	if f.whole, err = f.wholePages(); err == nil {
		f.regions, err = acidstore.Regions(f.path)
	}
	return err
}

// fastDir is a folder in memory, if there is one.
func fastDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "acidstore-flip-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// flipName is long, so that few names take two leaves.
func flipName(i int) string { return fmt.Sprintf("s%02d-", i) + strings.Repeat("n", 400) }

const flipStreams = 12

func (f *flipStore) fill(t *testing.T, s *acidstore.Store) {
	t.Helper()
	for i := range flipStreams {
		mustCreate(t, s, flipName(i), store.Change{Bytes: []byte(strings.Repeat(fmt.Sprint("bytes of ", i, " "), 20)), Expires: int64(i%3) * 1000})
		mustAppend(t, s, flipName(i), "more")
	}
	for i := range 4 {
		mustCommit(t, s, flipName(i%2), store.Change{Bytes: []byte("produced"), Producer: &store.ProducerAppend{ID: fmt.Sprint("p", i), Epoch: 1, Seq: 7}})
	}
	mustCommit(t, s, flipName(2), store.Change{Mark: "mark", MarkValue: "value", Close: true})
	mustAppend(t, s, flipName(3), strings.Repeat("large ", 3000))
	mustFork(t, s, "fork", flipName(4), 5)
	mustFork(t, s, "fork of a fork", "fork", 5)
	mustCreate(t, s, "gone", text(strings.Repeat("gone", 300)))
	mustDelete(t, s, "gone")
}

// flip changes one bit of a file. What is mapped changes too.
func (f *flipFile) flip(at int64, bit int) error {
	return f.put(at, f.whole[at]^1<<bit)
}

// unflip takes a flipped bit back.
func (f *flipFile) unflip(at int64) error { return f.put(at, f.whole[at]) }

// restore makes the files what they were, as far as there were pages.
func (f *flipStore) restore() error {
	for _, file := range f.files {
		to, err := os.OpenFile(file.path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		_, err = to.WriteAt(file.whole, 0)
		if err := errors.Join(err, to.Close()); err != nil {
			return err
		}
	}
	return nil
}

// wholePages reads those pages of a file that are in use.
func (f *flipFile) wholePages() (b []byte, err error) {
	b, err = os.ReadFile(f.path)
	if n := len(f.whole); n > 0 {
		return b[:min(n, len(b))], err
	}
	return b[:pages(b)*pageBytes], err
}

// put writes one byte of a file.
func (f *flipFile) put(at int64, b byte) error {
	file, err := os.OpenFile(f.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte{b}, at)
	return errors.Join(err, file.Close())
}
