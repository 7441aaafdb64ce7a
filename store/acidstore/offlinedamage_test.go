package acidstore_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/internal/vfs"
)

var (
	namesBucket   = []byte("names")
	streamsBucket = []byte("streams")
)

// What is damaged is named, and nothing of it is carried over.
func TestOfflineMeetsDamage(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	all := fill(t, base, 2)
	if _, _, err := acidstore.Compact(t.Context(), base, nil); err != nil {
		t.Fatal(err)
	}
	const first, state = "\x00\x00\x00\x00\x00\x00\x00\x00\x00", "\x01" // what follows the identity
	for _, c := range []struct {
		name   string
		stream string // the one that is damaged
		damage func(tx *bolt.Tx, id []byte) error
		named  bool // the error names the stream
		want   string
	}{
		{"bytes", "many", func(tx *bolt.Tx, id []byte) error { return flip(tx, "streams", string(id)+first) }, true, "checksum does not match"},
		{"state", "marks", func(tx *bolt.Tx, id []byte) error { return flip(tx, "streams", string(id)+state) }, true, "checksum does not match"},
		{"producer", "producers", func(tx *bolt.Tx, id []byte) error { return flip(tx, "streams", string(id)+"\x02producer 3") }, true, "checksum does not match"},
		{"name", "empty", func(tx *bolt.Tx, _ []byte) error { return flip(tx, "names", "empty") }, true, "checksum does not match"},
		{"due time", "expiring/1", func(tx *bolt.Tx, id []byte) error {
			return flip(tx, "due", "\x00\x00\x00\x00\x00\x00\x13\x87"+string(id))
		}, false, "checksum does not match"},
		{"count of streams", "plain/0", func(tx *bolt.Tx, _ []byte) error { return flip(tx, "about", "count") }, false, "checksum does not match"},
		{"lost state", "closed", func(tx *bolt.Tx, id []byte) error { return tx.Bucket(streamsBucket).Delete([]byte(string(id) + state)) }, true, "state is missing"},
		{"lost name", "closed", func(tx *bolt.Tx, _ []byte) error { return tx.Bucket(namesBucket).Delete([]byte("closed")) }, false, "names, want"},
		{"lost name, counted off", "closed", unname, false, "have a name and"},
		{"lost stream", "closed", lose, false, "names, want"},
		{"name of another", "seq", func(tx *bolt.Tx, _ []byte) error { return lead(tx, "seq", all.streams[neighbour("seq")].meta.ID) }, true, "leads to another stream"},
		{"value of no stream", "plain/1", func(tx *bolt.Tx, _ []byte) error { return seal(tx, "streams", string(idKey(1<<40))+first, nil) }, false, "state is missing"},
		{"malformed key", "plain/1", func(tx *bolt.Tx, id []byte) error { return seal(tx, "due", string(id), nil) }, false, "malformed"},
		{"stream of another shard", "plain/2", func(tx *bolt.Tx, _ []byte) error { return intrude(tx, stranger("plain/2")) }, true, "belongs to another shard"},
	} {
		for tool, run := range tools {
			t.Run(tool+"/"+c.name, func(t *testing.T) {
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(base)); err != nil {
					t.Fatal(err)
				}
				file := fileOf(t, dir, c.stream)
				damage(t, filepath.Join(dir, file), func(tx *bolt.Tx) error { return c.damage(tx, idKey(all.streams[c.stream].meta.ID)) })
				err := run(t.Context(), dir, vfs.OS(dir), smallPiece, nil)
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) {
					t.Fatalf("got %v, want %q of %s", err, c.want, file)
				}
				var damaged *store.CorruptionError
				if c.named && !errors.As(err, &damaged) {
					t.Fatalf("got %v, want damage", err)
				}
				if c.named && damaged.Stream == "" {
					t.Errorf("got damage of no stream, want one: %v", err)
				}
				expectFiles(t, dir, 2)
			})
		}
	}
}

// A page that bbolt cannot read is an error that names the file.
func TestOfflineMeetsDamagedPage(t *testing.T) {
	t.Parallel()
	for tool, run := range tools {
		t.Run(tool, func(t *testing.T) {
			dir := t.TempDir()
			fill(t, dir, 2)
			if _, _, err := acidstore.Compact(t.Context(), dir, nil); err != nil {
				t.Fatal(err)
			}
			file := fileOf(t, dir, "many")
			path := filepath.Join(dir, file)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			// Every page with bytes of the stream loses its header.
			for page := b; len(page) > 0; page = page[4096:] {
				if bytes.Contains(page[:4096], []byte("append 50 of many")) {
					clear(page[:16])
				}
			}
			if err := os.WriteFile(path, b, 0o640); err != nil {
				t.Fatal(err)
			}
			err = run(t.Context(), dir, vfs.OS(dir), smallPiece, nil)
			if err == nil || !strings.Contains(err.Error(), file) {
				t.Fatalf("got %v, want damage of %s", err, file)
			}
			expectFiles(t, dir, 2)
		})
	}
}

// fileOf returns the shard file of a stream.
func fileOf(t *testing.T, dir, stream string) string {
	t.Helper()
	folder, shards, _, err := acidstore.Generations(dir)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s/%03d.db", folder, acidstore.ShardOf(stream, shards))
}

// damage changes a shard file.
func damage(t *testing.T, path string, f func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit of a value.
func flip(tx *bolt.Tx, bucket, key string) error {
	b := tx.Bucket([]byte(bucket))
	v := bytes.Clone(b.Get([]byte(key)))
	if len(v) == 0 {
		return fmt.Errorf("%s has no %q", bucket, key)
	}
	v[len(v)-1] ^= 4
	return b.Put([]byte(key), v)
}

// seal puts a value with a good checksum.
func seal(tx *bolt.Tx, bucket, key string, payload []byte) error {
	return tx.Bucket([]byte(bucket)).Put([]byte(key), acidstore.Sealed([]byte(bucket), []byte(key), payload))
}

// lead makes a name lead to the stream of an identity.
func lead(tx *bolt.Tx, name string, id uint64) error {
	return seal(tx, "names", name, binary.LittleEndian.AppendUint64(nil, id))
}

// lose takes a stream away without counting it off.
func lose(tx *bolt.Tx, id []byte) error {
	c := tx.Bucket(streamsBucket).Cursor()
	for k, _ := c.Seek(id); bytes.HasPrefix(k, id); k, _ = c.Seek(id) {
		if err := c.Delete(); err != nil {
			return err
		}
	}
	return tx.Bucket(namesBucket).Delete([]byte("closed"))
}

// unname takes a name away and counts it off.
func unname(tx *bolt.Tx, _ []byte) error {
	if err := tx.Bucket(namesBucket).Delete([]byte("closed")); err != nil {
		return err
	}
	return count(tx, -1)
}

// count changes the count of streams.
func count(tx *bolt.Tx, by int) error {
	n := binary.LittleEndian.Uint64(tx.Bucket([]byte("about")).Get([]byte("count"))[4:])
	return seal(tx, "about", "count", binary.LittleEndian.AppendUint64(nil, n+uint64(by)))
}

// intrude adds a stream with a state that has its name.
func intrude(tx *bolt.Tx, name string) error {
	const id = 1 << 40
	if err := errors.Join(lead(tx, name, id), count(tx, 1)); err != nil {
		return err
	}
	key, value := acidstore.StateOf(name, id)
	return tx.Bucket(streamsBucket).Put(key, value)
}

// neighbour returns another stream of the same shard, stranger one of the other.
func neighbour(name string) string { return plainIn(acidstore.ShardOf(name, 2)) }
func stranger(name string) string  { return plainIn(1-acidstore.ShardOf(name, 2)) + "/new" }

func plainIn(shard int) string {
	for i := 0; ; i++ {
		if name := fmt.Sprintf("plain/%d", i); acidstore.ShardOf(name, 2) == shard && acidstore.ShardOf(name+"/new", 2) == shard {
			return name
		}
	}
}
