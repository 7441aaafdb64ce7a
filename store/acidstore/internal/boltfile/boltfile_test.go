package boltfile_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"
	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store/acidstore/internal/boltfile"
)

// database is a file of bbolt's that the test writes and this package reads.
type database struct {
	db   *bolt.DB
	path string
	want map[string]map[string]string // by bucket and key
}

func newDatabase(t testing.TB, dir string) *database {
	path := filepath.Join(dir, "db")
	db, err := bolt.Open(path, 0o600, &bolt.Options{PageSize: boltfile.PageBytes, NoFreelistSync: true, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return &database{db: db, path: path, want: make(map[string]map[string]string)}
}

// put and remove change one key of a bucket, which is made when it is not there.
func (d *database) put(tx *bolt.Tx, bucket, key, value string) error {
	b, err := tx.CreateBucketIfNotExists([]byte(bucket))
	if err != nil {
		return err
	}
	if d.want[bucket] == nil {
		d.want[bucket] = make(map[string]string)
	}
	d.want[bucket][key] = value
	return b.Put([]byte(key), []byte(value))
}

func (d *database) remove(tx *bolt.Tx, bucket, key string) error {
	if d.want[bucket] == nil {
		return nil
	}
	delete(d.want[bucket], key)
	return tx.Bucket([]byte(bucket)).Delete([]byte(key))
}

// fill makes a file with trees of several levels and with small buckets.
func fill(t testing.TB, d *database) {
	err := d.db.Update(func(tx *bolt.Tx) error {
		for i := range 500 {
			if err := d.put(tx, "tall", fmt.Sprintf("%0500d", i), "v"); err != nil {
				return err
			}
		}
		for i := range 20 {
			if err := d.put(tx, "wide", fmt.Sprint("key ", i), string(bytes.Repeat([]byte{byte(i)}, 5000*(i%3)+1))); err != nil {
				return err
			}
		}
		return d.put(tx, "small", "key", "value")
	})
	if err != nil {
		t.Fatal(err)
	}
}

// read opens the file and returns the state that counts.
func (d *database) read(t testing.TB) (*os.File, *boltfile.Meta) {
	f, err := os.Open(d.path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	ms, err := boltfile.ReadMetas(f)
	if err != nil {
		t.Fatal(err)
	}
	m, err := ms.Newest()
	if err != nil {
		t.Fatal(err)
	}
	return f, m
}

// contents reads all entries of a bucket, forward.
func contents(b *boltfile.Bucket) (map[string]string, error) {
	got := make(map[string]string)
	c := b.Cursor()
	ok, err := c.Seek(nil)
	for ; ok && err == nil; ok, err = c.Next() {
		v, err := c.Value()
		if err != nil {
			return nil, err
		}
		got[string(c.Key())] = string(v)
	}
	return got, err
}

// compare looks at a file by itself: its entries, its pages, and its free ones.
func (d *database) compare(t testing.TB, crown *boltfile.Crown) error {
	f, m := d.read(t)
	r, err := boltfile.NewReader(f, m, crown)
	if err != nil {
		return err
	}
	census, err := boltfile.NewCensus(r, m)
	if err != nil {
		return err
	}
	for name, want := range d.want {
		b := r.Bucket([]byte(name))
		got, err := contents(b)
		if err != nil || !maps.Equal(got, want) {
			return fmt.Errorf("bucket %q: got %d entries and error %v, want %d", name, len(got), err, len(want))
		}
		b.Walk(nil, func(l *boltfile.Leaf) bool {
			if d := census.Add(l); d != nil {
				err = d
			}
			if e := l.ZeroRest(); e != nil {
				err = e
			}
			return true
		}, func(d *boltfile.Damage) { err = d })
		if err != nil {
			return fmt.Errorf("bucket %q: %w", name, err)
		}
		if err := seekAll(b, want); err != nil {
			return fmt.Errorf("bucket %q: %w", name, err)
		}
	}
	return census.Compare(f)
}

// seekAll looks for keys, and for what lies before and behind them.
func seekAll(b *boltfile.Bucket, want map[string]string) error {
	keys := slices.Sorted(maps.Keys(want))
	c := b.Cursor()
	for i := 0; i < len(keys); i += 7 {
		k := keys[i]
		if ok, err := c.Seek([]byte(k)); !ok || err != nil || string(c.Key()) != k {
			return fmt.Errorf("seek %q: got %v at %q and error %v", k, ok, c.Key(), err)
		}
		if ok, err := c.SeekBack([]byte(k + "\x00")); !ok || err != nil || string(c.Key()) != k {
			return fmt.Errorf("seek back from behind %q: got %v at %q and error %v", k, ok, c.Key(), err)
		}
		ok, err := c.Seek([]byte(k + "\x00"))
		if err != nil || ok != (i+1 < len(keys)) || ok && string(c.Key()) != keys[i+1] {
			return fmt.Errorf("seek behind %q: got %v at %q and error %v", k, ok, c.Key(), err)
		}
	}
	return nil
}

// TestReader reads what bbolt has written, with and without a list of free pages.
func TestReader(t *testing.T) {
	t.Parallel()
	d := newDatabase(t, t.TempDir())
	fill(t, d)
	for _, list := range []bool{false, true} {
		d.db.NoFreelistSync = !list
		if err := d.db.Update(func(tx *bolt.Tx) error { return d.put(tx, "small", "list", fmt.Sprint(list)) }); err != nil {
			t.Fatal(err)
		}
		if _, m := d.read(t); (m.Freelist != boltfile.NoFreelist) != list {
			t.Errorf("list of free pages: got %d, want one: %v", m.Freelist, list)
		}
		if err := d.compare(t, nil); err != nil {
			t.Errorf("with list %v: %v", list, err)
		}
	}
}

// TestCrownFollows: after any transactions the crown that has followed them is the
// one that is read anew, and one that was taken back is the one before.
func TestCrownFollows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp("", "crown")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(dir)
		d := newDatabase(t, dir)
		fill(t, d)
		f, m := d.read(t)
		crown, err := boltfile.NewCrown(f, m)
		if err != nil {
			rt.Fatal(err)
		}
		crown.Keep(rapid.IntRange(0, 5).Draw(rt, "kept"))
		for range rapid.IntRange(1, 5).Draw(rt, "transactions") {
			d.transaction(rt)
			follow(t, rt, d, crown)
		}
	})
}

// transaction does anything.
func (d *database) transaction(rt *rapid.T) {
	d.db.NoFreelistSync = rapid.Bool().Draw(rt, "without list")
	err := d.db.Update(func(tx *bolt.Tx) error {
		bucket := rapid.SampledFrom([]string{"tall", "wide", "small", "new"}).Draw(rt, "bucket")
		first, n := rapid.IntRange(0, 550).Draw(rt, "first"), rapid.IntRange(1, 400).Draw(rt, "count")
		remove := rapid.Bool().Draw(rt, "remove")
		for i := first; i < first+n; i++ {
			key := fmt.Sprintf("%0500d", i)
			if remove {
				if err := d.remove(tx, bucket, key); err != nil {
					return err
				}
			} else if err := d.put(tx, bucket, key, "new value"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		rt.Fatal(err)
	}
}

func follow(t *testing.T, rt *rapid.T, d *database, crown *boltfile.Crown) {
	f, m := d.read(t)
	defer f.Close()
	_, before := crown.Sum()
	if err := crown.Follow(f, m, rapid.Bool().Draw(rt, "forget")); err != nil {
		rt.Fatal(err)
	}
	if rapid.Bool().Draw(rt, "undo") {
		crown.Undo()
		if _, got := crown.Sum(); got != before {
			rt.Fatalf("sum after what was taken back: got %x, want %x", got, before)
		}
		if err := crown.Follow(f, m, false); err != nil {
			rt.Fatal(err)
		}
	}
	anew, err := boltfile.NewCrown(f, m)
	if err != nil {
		rt.Fatal(err)
	}
	txid, got := crown.Sum()
	if wantTxid, want := anew.Sum(); got != want || txid != wantTxid {
		rt.Fatalf("transaction %d, sum %x: want %d and %x", txid, got, wantTxid, want)
	}
	if err := d.compare(t, crown); err != nil {
		rt.Fatal(err)
	}
	if err := crown.VouchFreelist(f); err != nil {
		rt.Fatal(err)
	}
}
