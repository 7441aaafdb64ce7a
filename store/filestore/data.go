package filestore

import (
	"fmt"
	"io"
	"path"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// A stream's data file holds its own bytes exactly as readers get them, from the
// first on; a fork's first byte is the one behind the divergence. Its name is
// made of the stream's identity alone. 256 folders share the files.

func dataFolder(id uint64) string { return fmt.Sprintf("%s/%02x", dataDir, byte(id)) }

func dataFile(id uint64) string { return path.Join(dataFolder(id), fmt.Sprintf("%016x", id)) }

// limited returns a reader of the next n bytes of f, of the kind that the kernel
// can send when f is a real file.
func limited(f vfs.File, n int64) io.Reader {
	if o := vfs.OSFile(f); o != nil {
		return &io.LimitedReader{R: o, N: n}
	}
	return &io.LimitedReader{R: f, N: n}
}
