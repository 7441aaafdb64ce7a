package crashfs_test

import (
	"github.com/weirstreams/weir/store/internal/vfs"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// call makes a call of a kind on the file a, which f is.
func call(fs *crashfs.FS, f vfs.File, op crashfs.Op) error {
	switch op {
	case crashfs.OpCreate:
		return second(fs.Create("b"))
	case crashfs.OpOpenWrite:
		return second(fs.OpenWrite("b"))
	case crashfs.OpLock:
		return second(fs.Lock("LOCK"))
	case crashfs.OpWrite:
		return second(f.WriteAt([]byte("x"), 0))
	case crashfs.OpTruncate:
		return f.Truncate(1)
	case crashfs.OpSync:
		return f.Sync()
	case crashfs.OpSyncAll:
		fs.GatherFrom(1)
		group, err := vfs.Gather(fs, 1)
		if err != nil {
			return err
		}
		defer group.Close()
		return group.Sync()
	case crashfs.OpSyncDir:
		return fs.SyncDir(".")
	case crashfs.OpRename:
		return fs.Rename("a", "b")
	case crashfs.OpRemove:
		return fs.Remove("a")
	case crashfs.OpMkdir:
		return fs.MkdirAll("x")
	case crashfs.OpOpen:
		return second(fs.Open("a"))
	case crashfs.OpRead:
		return second(f.ReadAt(make([]byte, 1), 0))
	case crashfs.OpClose:
		return f.Close()
	case crashfs.OpList:
		return second(fs.List("."))
	default:
		return second(fs.Stat("a"))
	}
}
