package acidstore_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
)

// TestSpoiltPages damages whole pages of small stores: the same is asked as of
// flipped bits.
func TestSpoiltPages(t *testing.T) {
	t.Parallel()
	page := func(b []byte, i int) []byte { return b[i*pageBytes : (i+1)*pageBytes] }
	for what, spoil := range map[string]func(b []byte, i int) []byte{
		"zeroed": func(b []byte, i int) []byte { clear(page(b, i)); return b },
		"swapped": func(b []byte, i int) []byte {
			before := bytes.Clone(page(b, i-1))
			copy(page(b, i-1), page(b, i))
			copy(page(b, i), before)
			return b
		},
		"copied": func(b []byte, i int) []byte { copy(page(b, i), page(b, i-1)); return b },
		"cut":    func(b []byte, i int) []byte { return b[:i*pageBytes] },
	} {
		for how, killed := range map[string]bool{"closed": false, "killed": true} {
			t.Run(what+" "+how, func(t *testing.T) {
				t.Parallel()
				f := newFlipStore(t, 1, killed)
				file := f.files[0]
				for _, g := range file.regions {
					i := int(g.Node / pageBytes)
					if g.From != g.Node || i < 3 || g.Kind == acidstore.FreeRegion {
						continue
					}
					mustWrite(t, file.path, spoil(bytes.Clone(file.whole), i))
					found, err := f.check()
					if err != nil || len(found) == 0 || found[0].File != file.name {
						t.Errorf("page %d: check: got %v and error %v, want damage of %s", i, found, err, file.name)
					}
					if _, err := f.start(file, acidstore.Region{}); err != nil {
						t.Errorf("page %d: %v", i, err)
					}
					mustWrite(t, file.path, file.whole)
				}
			})
		}
	}
}

// TestCheckIsCalm: nothing is found in stores that are well, and nothing changes.
func TestCheckIsCalm(t *testing.T) {
	t.Parallel()
	for how, killed := range map[string]bool{"closed": false, "killed": true} {
		f := newFlipStore(t, 2, killed)
		before := tree(t, f.dir)
		if found, err := f.check(); err != nil || len(found) > 0 {
			t.Errorf("%s: got %+v and error %v, want nothing", how, found, err)
		}
		for path, b := range tree(t, f.dir) {
			if before[path] != b {
				t.Errorf("%s: %s was changed", how, path)
			}
		}
	}
	dir := t.TempDir()
	if err := acidstore.Check(t.Context(), dir, store.ScrubOptions{}); !errors.Is(err, acidstore.ErrNoStore) {
		t.Errorf("without a store: got error %v, want %v", err, acidstore.ErrNoStore)
	}
	s := open(t, dir, 1)
	if err := acidstore.Check(t.Context(), dir, store.ScrubOptions{}); !errors.Is(err, store.ErrInUse) {
		t.Errorf("of a store in use: got error %v, want %v", err, store.ErrInUse)
	}
	closeStore(t, s)
	pace := errors.New("enough")
	err := acidstore.Check(t.Context(), dir, store.ScrubOptions{Pace: func(_ context.Context, bytes int) error {
		if bytes <= 0 || bytes > 8<<20 {
			t.Errorf("pace: got %d bytes, want some, and a few MiB at most", bytes)
		}
		return pace
	}})
	if !errors.Is(err, pace) {
		t.Errorf("with a pace that ends it: got error %v, want %v", err, pace)
	}
}

// TestDisagreement: what is well by itself and does not fit together is found too.
func TestDisagreement(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*bolt.Tx) error
		want   string
	}{
		"lost name":  {func(tx *bolt.Tx) error { return tx.Bucket(namesBucket).Delete([]byte("fork")) }, "does not lead to it"},
		"lost state": {func(tx *bolt.Tx) error { return tx.Bucket(streamsBucket).Delete([]byte(forkID + "\x01")) }, "state is missing"},
		"lost due time": {func(tx *bolt.Tx) error {
			return tx.Bucket([]byte("due")).Delete([]byte("\x00\x00\x00\x00\x00\x00\x00\x09" + sourceID))
		}, "not in the order"},
		"lost edge":        {func(tx *bolt.Tx) error { return tx.Bucket([]byte("forks")).Delete([]byte(sourceID + forkID)) }, "not among them"},
		"wrong references": {func(tx *bolt.Tx) error { return seal(tx, "sources", sourceID, []byte{7, 0, 0, 0, 0, 0, 0, 0}) }, "counts 7 forks, want 1"},
		"wrong count":      {func(tx *bolt.Tx) error { return count(tx, 1) }, "names, want 3"},
		"low sequence":     {func(tx *bolt.Tx) error { return tx.Bucket(streamsBucket).SetSequence(1) }, "was the last one"},
		"of no stream":     {func(tx *bolt.Tx) error { return seal(tx, "streams", "\x00\x00\x00\x00\x00\x00\x00\x02\x03", nil) }, ""},
	} {
		dir, file := kept(t)
		damage(t, filepath.Join(dir, file), c.change)
		var found []store.CorruptionError
		err := acidstore.Check(t.Context(), dir, store.ScrubOptions{Report: func(d store.CorruptionError) { found = append(found, d) }})
		if got := fmt.Sprint(found); err != nil || (c.want != "") != (len(found) > 0) || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %v and error %v, want a report with %q", name, got, err, c.want)
		}
	}
}

// TestQuarantine: a stream whose state is damaged while the journal has changes of
// it keeps nobody else from starting, and keeps the changes for when it is mended.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 1)
	mustCreate(t, s, "bad", text(strings.Repeat("b", 2000)))
	mustCreate(t, s, "good", text("good"))
	s.Tidy()
	mustAppend(t, s, "bad", " and more")
	mustAppend(t, s, "good", " and more")
	path := filepath.Join(dir, s.File(0))
	s.Abandon()
	value := valueOf(t, path, "streams", sourceID+"\x01")
	flipped := flipInFile(t, path, value)
	for range 3 {
		s = open(t, dir, 1)
		if _, err := s.Open("bad"); !isCorruption(err) {
			t.Errorf("open of the damaged stream: got error %v, want damage", err)
		}
		if _, err := create(s, "bad", plain, text("anew")); err == nil {
			t.Error("create in the place of the damaged stream: got no error")
		}
		mustAppend(t, s, "good", ".")
		s.Tidy()
		closeStore(t, s)
	}
	mustWrite(t, path, bytes.ReplaceAll(mustRead(t, path), flipped, value))
	s = open(t, dir, 1)
	wantContent(t, s, map[string]string{"bad": strings.Repeat("b", 2000) + " and more", "good": "good and more..."})
	wantWhole(t, s)
	closeStore(t, s)
}

func isCorruption(err error) bool {
	_, ok := errors.AsType[*store.CorruptionError](err)
	return ok
}

// valueOf returns a value in a shard file that nobody has open.
func valueOf(t *testing.T, path, bucket, key string) (value []byte) {
	t.Helper()
	db, err := bolt.Open(path, 0, &bolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_ = db.View(func(tx *bolt.Tx) error {
		value = bytes.Clone(tx.Bucket([]byte(bucket)).Get([]byte(key)))
		return nil
	})
	if value == nil {
		t.Fatalf("%s has no %q", bucket, key)
	}
	return value
}
