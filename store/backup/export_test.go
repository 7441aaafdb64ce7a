package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// ListFiles is how many files a list has at most.
const ListFiles = listFiles

// NewFolderFS is NewFolder on any file system.
func NewFolderFS(fsys vfs.FS, name string) (*Folder, error) { return newFolder(fsys, name) }

// RestoreFS is Restore between any file systems, without the lock.
func RestoreFS(ctx context.Context, from, to vfs.FS, verify func(Manifest) error) (Manifest, error) {
	r := restoration{from: from, to: to, watch: watch{ctx: ctx}, verify: verify}
	return r.run()
}

// Unpack takes an archive apart and returns the files that it would make, in
// memory. One that comes twice is an error of the folder, not of the archive.
func Unpack(packed []byte) (map[string][]byte, Manifest, error) {
	kept := memory{}
	u := unpacker{watch: watch{ctx: context.Background()}, tree: kept}
	m, err := u.unpack(bytes.NewReader(packed))
	return kept, m, err
}

type memory map[string][]byte

func (m memory) folder(name string) error {
	m[name+"/"] = nil
	return nil
}

func (m memory) write(name string, content io.Reader) (sum [sha256.Size]byte, size int64, err error) {
	b, err := io.ReadAll(content)
	m[name] = b
	return sha256.Sum256(b), int64(len(b)), err
}

func (m memory) finish() error { return nil }

// UnfinishedFS is Unfinished on any file system.
func UnfinishedFS(fsys vfs.FS) error { return unfinished(fsys) }

// Round decodes a manifest and encodes it again.
func Round(b []byte) ([]byte, error) {
	m, err := decodeManifest(b)
	if err != nil {
		return nil, err
	}
	return m.encode()
}

// RoundList decodes a list and encodes it again.
func RoundList(b []byte) ([]byte, error) {
	entries, err := decodeList(b)
	if err != nil {
		return nil, err
	}
	return encodeList(entries), nil
}
