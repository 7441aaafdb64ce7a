package acidstore_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

func scrub(t *testing.T, s *acidstore.Store) []store.CorruptionError {
	t.Helper()
	var found []store.CorruptionError
	err := s.Scrub(t.Context(), store.ScrubOptions{Report: func(d store.CorruptionError) { found = append(found, d) }})
	if err != nil {
		t.Fatalf("scrub: %v", err)
	}
	return found
}

// kept makes a store of one shard with something in every bucket: a stream with
// three chunks and a producer, that has a fork and expires.
func kept(t *testing.T) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "source", store.Change{Bytes: bytes.Repeat([]byte("x"), 150<<10), Expires: 9,
		Producer: &store.ProducerAppend{ID: "p", Seq: 1}})
	mustFork(t, s, "fork", "source", 3)
	file = s.File(0)
	closeStore(t, s)
	return dir, file
}

const (
	sourceID = "\x00\x00\x00\x00\x00\x00\x00\x01"
	forkID   = "\x00\x00\x00\x00\x00\x00\x00\x02"
	second   = "\x00\x00\x00\x00\x00\x00\x01\x00\x00" // the chunk at 64 KiB
)

// TestScrub damages one value in each place and asks for the place.
func TestScrub(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bucket, key, stream string
	}{
		"first chunk": {"streams", sourceID + "\x00" + "\x00\x00\x00\x00\x00\x00\x00\x00", "source"},
		"a chunk":     {"streams", sourceID + second, "source"},
		"state":       {"streams", sourceID + "\x01", "source"},
		"producer":    {"streams", sourceID + "\x02p", "source"},
		"fork":        {"streams", forkID + "\x01", "fork"},
		"name":        {"names", "source", "source"},
		"edge":        {"forks", sourceID + forkID, ""},
		"references":  {"sources", sourceID, ""},
		"due time":    {"due", "\x00\x00\x00\x00\x00\x00\x00\x09" + sourceID, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, file := kept(t)
			s := open(t, dir, 1)
			wantWhole(t, s)
			closeStore(t, s)
			path := filepath.Join(dir, file)
			var value []byte
			damage(t, path, func(tx *bolt.Tx) error {
				value = bytes.Clone(tx.Bucket([]byte(c.bucket)).Get([]byte(c.key)))
				return nil
			})
			if value == nil {
				t.Fatalf("%s has no %q", c.bucket, c.key)
			}
			s = open(t, dir, 1) // counts that are damaged are met here already
			flipped := flipInFile(t, path, value)
			wantReport(t, scrub(t, s), store.CorruptionError{File: file, Stream: c.stream}, mustRead(t, path), flipped)
			closeStore(t, s)
		})
	}
}

// flipInFile flips a bit of a value wherever it is in a file, as it may be there
// twice when the tree has changed, and returns what it is then.
func flipInFile(t *testing.T, path string, value []byte) []byte {
	t.Helper()
	flipped := bytes.Clone(value)
	flipped[len(value)-1] ^= 4
	b := mustRead(t, path)
	mustWrite(t, path, bytes.ReplaceAll(b, value, flipped))
	return flipped
}

// wantReport asks for a report of the stream, and for offsets that lead to the
// damaged value.
func wantReport(t *testing.T, found []store.CorruptionError, want store.CorruptionError, file, damaged []byte) {
	t.Helper()
	reported := false
	for _, d := range found {
		if d.File != want.File || d.Reason == "" {
			t.Errorf("scrub: got %+v, want a report on %s with a reason", d, want.File)
		}
		if d.Offset != -1 && (d.Offset < 0 || d.Offset > int64(len(file)) || !bytes.HasPrefix(file[d.Offset:], damaged)) {
			t.Errorf("scrub: got offset %d, want where the damaged value lies, or -1", d.Offset)
		}
		reported = reported || d.Stream == want.Stream
	}
	if !reported {
		t.Errorf("scrub: got %+v, want a report of stream %q", found, want.Stream)
	}
}

// TestScrubFindsWhatIsMissing takes one value away.
func TestScrubFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"chunk": sourceID + second, "state": sourceID + "\x01"} {
		dir, file := kept(t)
		damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error {
			return tx.Bucket(streamsBucket).Delete([]byte(key))
		})
		s := open(t, dir, 1)
		found := scrub(t, s)
		if len(found) != 1 || found[0].Stream != "source" || !strings.Contains(found[0].Reason, "missing") {
			t.Errorf("scrub without a %s: got %+v, want one report of what is missing", name, found)
		}
		closeStore(t, s)
	}
}

// TestReadOfDamaged: bytes whose checksum is wrong are not given out, and those of
// other chunks and other streams are.
func TestReadOfDamaged(t *testing.T) {
	t.Parallel()
	dir, file := kept(t)
	damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error { return flip(tx, "streams", sourceID+second) })
	s := open(t, dir, 1)
	h := mustOpen(t, s, "source")
	if _, err := h.Read(0, 1000); err != nil {
		t.Errorf("read of the first chunk: %v", err)
	}
	b, err := readAll(h)
	var d *store.CorruptionError
	if !errors.As(err, &d) || d.File != file || d.Stream != "source" {
		t.Errorf("read of all: got %d bytes and error %v, want damage of the stream in %s", len(b), err, file)
	}
	if _, _, err := h.AppendAt(140 << 10); !errors.As(err, &d) {
		t.Errorf("append at a damaged chunk: got error %v, want damage", err)
	}
	h.Release()
	mustAppend(t, s, "source", "behind")
	mustAppend(t, s, "fork", "own")
	s.Tidy()
	h = mustOpen(t, s, "source")
	pieces, err := h.Read(150<<10, 150<<10+6)
	if err != nil || string(pieces[0].Mem) != "behind" {
		t.Errorf("read behind the damage: got %v and error %v, want what was added", pieces, err)
	}
	h.Release()
	closeStore(t, s)
}

func TestScrubEnds(t *testing.T) {
	t.Parallel()
	dir, _ := kept(t)
	s := open(t, dir, 1)
	defer closeStore(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Scrub(ctx, store.ScrubOptions{Report: func(store.CorruptionError) {}}); !errors.Is(err, context.Canceled) {
		t.Errorf("scrub with a context that has ended: got error %v, want %v", err, context.Canceled)
	}
}
