package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/weirstreams/weir/store"
)

// About is what a backup says of where it comes from.
type About struct {
	Mode   string // in which the streams are served
	Server string // the version of this program
}

// Write writes a backup of the store to w as a tar archive. After an error the
// archive is incomplete, and shows it; nothing has been written when the store
// refused to begin.
func Write(ctx context.Context, w io.Writer, st store.Store, about About) (Manifest, error) {
	a := archive{tar: tar.NewWriter(w), buf: make([]byte, copyBytes)}
	a.sums.m = Manifest{Format: manifestFormat, Mode: about.Mode, Server: about.Server, Made: time.Now().UTC()}
	if err := st.Backup(ctx, a.add); err != nil {
		return Manifest{}, err
	}
	if err := a.finish(); err != nil {
		return Manifest{}, err
	}
	return a.sums.m, nil
}

// archive is a backup that is being written.
type archive struct {
	tar  *tar.Writer
	sums tally
	buf  []byte
}

// add writes one file or folder of the store.
func (a *archive) add(f store.BackupFile) error {
	name, isFolder := strings.CutSuffix(f.Name, "/")
	if !validName(name) {
		return fmt.Errorf("write backup: a file of a store cannot be called %q", f.Name)
	}
	if isFolder {
		a.sums.m.Folders = append(a.sums.m.Folders, name)
		return nil
	}
	if err := a.header(name, f.Size); err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(a.tar, h), f.Content, a.buf)
	if err == nil && n < f.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	a.sums.add(entry{name, [sha256.Size]byte(h.Sum(nil))}, f.Size)
	if len(a.sums.pending) == listFiles {
		return a.list()
	}
	return nil
}

func (a *archive) header(name string, size int64) error {
	err := a.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o640, ModTime: a.sums.m.Made.Truncate(time.Second),
	})
	if err != nil {
		return fmt.Errorf("write header of %s: %w", name, err)
	}
	return nil
}

func (a *archive) list() error {
	l, b := a.sums.list()
	return a.small(l.Name, b)
}

// finish writes what proves that the archive is complete.
func (a *archive) finish() error {
	if len(a.sums.pending) > 0 {
		if err := a.list(); err != nil {
			return err
		}
	}
	b, err := a.sums.m.encode()
	if err != nil {
		return err
	}
	if err := a.small(manifestName, b); err != nil {
		return err
	}
	if err := a.tar.Close(); err != nil {
		return fmt.Errorf("end archive: %w", err)
	}
	return nil
}

// small writes a file of our own.
func (a *archive) small(name string, b []byte) error {
	if err := a.header(name, int64(len(b))); err != nil {
		return err
	}
	if _, err := a.tar.Write(b); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
