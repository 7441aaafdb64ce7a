package wal_test

import (
	"testing"

	"github.com/weirstreams/weir/store/filestore/wal"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// BenchmarkFlush appends and flushes batches of 64 records with 300 bytes. It
// keeps the log short, so that the disk is not filled.
func BenchmarkFlush(b *testing.B) {
	l, _, err := wal.Open(vfs.OS(b.TempDir()), dir, storeID, 1, nil, ignore)
	must(b, err)
	encode := payload(make([]byte, 300))
	b.SetBytes(64 * 300)
	b.ReportAllocs()
	for b.Loop() {
		for range 64 {
			if _, err := l.Append(encode); err != nil {
				b.Fatal(err)
			}
		}
		must(b, l.Flush())
		if l.Size() > 256<<20 {
			must(b, l.Trim(l.Next()))
		}
	}
	must(b, l.Close())
}

// BenchmarkReplay opens a log of 64 MiB with records of 300 bytes.
func BenchmarkReplay(b *testing.B) {
	fs := vfs.OS(b.TempDir())
	l, _, err := wal.Open(fs, dir, storeID, 1, nil, ignore)
	must(b, err)
	encode := payload(make([]byte, 300))
	for l.Size() < 64<<20-1<<20 {
		for range 1000 {
			_, err := l.Append(encode)
			must(b, err)
		}
		must(b, l.Flush())
	}
	b.SetBytes(l.Size())
	must(b, l.Close())
	for b.Loop() {
		l, _, err := wal.Open(fs, dir, storeID, 1, nil, ignore)
		must(b, err)
		must(b, l.Close())
	}
}
