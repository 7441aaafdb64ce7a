package catalogue_test

import (
	"fmt"
	"testing"

	"github.com/weirstreams/weir/store/filestore/catalogue"
	"github.com/weirstreams/weir/store/internal/vfs"
)

const benchKeys = 1_000_000

// benchKey spreads consecutive numbers over the key space.
func benchKey(buf []byte, i int) []byte {
	return fmt.Appendf(buf[:0], "tenant-%04d/documents/%012d/updates", i%1000, i)
}

func benchBatch(from, n int) *catalogue.Batch {
	b, key, value := new(catalogue.Batch), []byte(nil), make([]byte, 105)
	for i := from; i < from+n; i++ {
		key = benchKey(key, i%benchKeys)
		for j := range value {
			value[j] = byte(i * (j + 7) >> 3)
		}
		b.Put(key, value)
	}
	return b
}

// benchCatalogue holds a million keys in a few tables, on the real disk.
func benchCatalogue(b *testing.B) *catalogue.Catalogue {
	c := mustOpen(b, vfs.OS(b.TempDir()), nil)
	for _, n := range []int{benchKeys, 100_000, 10_000} {
		if err := c.Commit(benchBatch(0, n), []byte("root")); err != nil {
			b.Fatal(err)
		}
	}
	return c
}

func BenchmarkGet(b *testing.B) {
	c := benchCatalogue(b)
	st := c.Stats()
	b.Run("hit", func(b *testing.B) {
		var key []byte
		for i := 0; b.Loop(); i++ {
			key = benchKey(key, i*7919%benchKeys)
			if _, ok, err := c.Get(key); !ok || err != nil {
				b.Fatalf("Get %q: got %v, error %v, want a value", key, ok, err)
			}
		}
		b.ReportMetric(float64(st.MemoryBytes)/benchKeys, "memory-B/key")
		b.ReportMetric(float64(st.Bytes)/benchKeys, "disk-B/key")
	})
	b.Run("miss", func(b *testing.B) {
		var key []byte
		for i := 0; b.Loop(); i++ {
			key = benchKey(key, benchKeys+i)
			if _, ok, err := c.Get(key); ok || err != nil {
				b.Fatalf("Get %q: got %v, error %v, want none", key, ok, err)
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	c := benchCatalogue(b)
	for b.Loop() {
		it := c.Scan(nil, nil)
		n := 0
		for it.Next() {
			n++
		}
		if it.Err() != nil || n != benchKeys {
			b.Fatalf("Scan: got %d keys, error %v, want %d", n, it.Err(), benchKeys)
		}
		it.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchKeys, "ns/key")
}

func BenchmarkOpen(b *testing.B) {
	fsys := vfs.OS(b.TempDir())
	c := mustOpen(b, fsys, nil)
	if err := c.Commit(benchBatch(0, benchKeys), nil); err != nil {
		b.Fatal(err)
	}
	c.Close()
	for b.Loop() {
		mustOpen(b, fsys, nil).Close()
	}
}

// BenchmarkCommit changes existing keys, merges included.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := benchCatalogue(b)
			for i := 0; b.Loop(); i++ {
				if err := c.Commit(benchBatch(i*n, n), []byte("root")); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
			b.ReportMetric(float64(c.Stats().Tables), "tables")
		})
	}
}
