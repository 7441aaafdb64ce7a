package earlier

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// A directory holds the database and, while nobody has it open, its seal: one line
// that says which bytes the database had when it was closed.
//
//	keys.bolt
//	keys.seal   "weir key index 2 <bytes> <CRC-32C in hex>\n"
//
// The database is never synced while it is written. It is used again only with a seal
// that fits; without one, after a crash, or with another version, it is removed. The
// seal goes before the first write, and comes back after the last.
const (
	databaseName = "keys.bolt"
	sealName     = "keys.seal"
	sealFormat   = "weir key index 2 %d %08x\n"
)

// openSealed opens the database of a directory, which it creates. Nobody else may
// have the directory open.
func openSealed(dir string) (*boltTable, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	sealed := isSealed(dir)
	if err := breakSeal(dir); err != nil {
		return nil, err
	}
	if sealed {
		if t, err := openBolt(dir); err == nil {
			return t, nil
		}
	}
	err := os.Remove(filepath.Join(dir, databaseName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return openBolt(dir)
}

func isSealed(dir string) bool {
	found, err := os.ReadFile(filepath.Join(dir, sealName))
	if err != nil {
		return false
	}
	f, err := os.Open(filepath.Join(dir, databaseName))
	if err != nil {
		return false
	}
	defer f.Close()
	want, err := sealOf(f)
	return err == nil && string(found) == want
}

// sealOf reads the database: damage that the disk has done to it shows here.
func sealOf(f io.Reader) (string, error) {
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.Copy(h, f)
	return fmt.Sprintf(sealFormat, n, h.Sum32()), err
}

// breakSeal removes the seal, and returns when it cannot come back.
func breakSeal(dir string) error {
	err := os.Remove(filepath.Join(dir, sealName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	return syncPath(dir)
}

// seal seals a database that has been closed. A crash in here leaves no seal, or one
// that fits only if all bytes of the database have reached the disk.
func seal(dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	line, err := sealOf(f)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	path := filepath.Join(dir, sealName)
	if err := os.WriteFile(path, []byte(line), 0o600); err != nil {
		return err
	}
	return errors.Join(syncPath(path), syncPath(dir))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
