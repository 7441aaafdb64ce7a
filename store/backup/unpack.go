package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// unpacker takes an archive apart. It believes nothing of it: names have to be
// such that they lie within the folder, and checksums are of what was received.
type unpacker struct {
	watch watch
	tree  files
	sums  tally
}

// files is where the files of an archive go to: see tree.
type files interface {
	folder(name string) error
	write(name string, content io.Reader) (sum [sha256.Size]byte, size int64, err error)
	finish() error
}

// unpack reads an archive to its end and puts its files into the tree. They are
// durable, and the archive was complete, when it returns a manifest.
func (u *unpacker) unpack(r io.Reader) (m Manifest, err error) {
	archive := tar.NewReader(r)
	complete := false
	for {
		h, err := archive.Next()
		switch {
		case errors.Is(err, io.EOF) && complete:
			return m, u.tree.finish()
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return m, fmt.Errorf("%w: it ends after %d files", ErrIncomplete, u.sums.m.Files)
		case err != nil:
			return m, fmt.Errorf("read archive: %w", err)
		case complete:
			return m, fmt.Errorf("read archive: %q follows %s, which is the last", h.Name, manifestName)
		}
		if m, complete, err = u.entry(h, archive); err != nil {
			return m, err
		}
	}
}

// entry takes one entry of the archive. last is set with the manifest.
func (u *unpacker) entry(h *tar.Header, content io.Reader) (m Manifest, last bool, err error) {
	switch {
	case h.Typeflag != tar.TypeReg || isSparse(h):
		return m, false, fmt.Errorf("read archive: %q is no ordinary file", h.Name)
	case h.Name == manifestName:
		m, err = u.manifest(h, content)
		return m, true, err
	case h.Name == listName(len(u.sums.m.Lists)):
		return m, false, u.list(h, content)
	case !validName(h.Name):
		return m, false, fmt.Errorf("read archive: no store has a file %q", h.Name)
	}
	return m, false, u.file(h, content)
}

// isSparse reports whether a file claims to have more bytes than the archive has
// for it.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

func (u *unpacker) file(h *tar.Header, content io.Reader) error {
	if len(u.sums.pending) == listFiles {
		return fmt.Errorf("read archive: no list of checksums after %d files", listFiles)
	}
	sum, size, err := u.tree.write(h.Name, u.watch.reader(content))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it ends within %s", ErrIncomplete, h.Name)
	}
	if err != nil {
		return err
	}
	u.sums.add(entry{h.Name, sum}, size)
	return nil
}

// list compares a list with what was received since the one before.
func (u *unpacker) list(h *tar.Header, content io.Reader) error {
	got, err := u.small(h, content, maxListBytes)
	if err != nil {
		return err
	}
	files := u.sums.pending
	l, want := u.sums.list()
	if !bytes.Equal(got, want) {
		return differing(l.Name, files, got)
	}
	_, _, err = u.tree.write(l.Name, bytes.NewReader(got))
	return err
}

// differing says which of the files that came is not the one in their list.
func differing(list string, files []entry, b []byte) error {
	wanted, err := decodeList(b)
	if err != nil {
		return &DamageError{list, err.Error()}
	}
	for i, f := range files {
		if i < len(wanted) && wanted[i].name == f.name && wanted[i].sum != f.sum {
			return &DamageError{f.name, "its checksum does not match"}
		}
	}
	return &DamageError{list, "it is about other files than those before it"}
}

// manifest compares the manifest with all that was received.
func (u *unpacker) manifest(h *tar.Header, content io.Reader) (Manifest, error) {
	b, err := u.small(h, content, maxManifestBytes)
	if err != nil {
		return Manifest{}, err
	}
	m, err := decodeManifest(b)
	if err != nil {
		return m, err
	}
	if len(u.sums.pending) > 0 || !slices.Equal(m.Lists, u.sums.m.Lists) {
		return m, &DamageError{manifestName, "it is about other files than those before it"}
	}
	for _, dir := range m.Folders {
		if err := u.tree.folder(dir); err != nil {
			return m, err
		}
	}
	_, _, err = u.tree.write(manifestName, bytes.NewReader(b))
	return m, err
}

// small reads a file of our own.
func (u *unpacker) small(h *tar.Header, content io.Reader, most int64) ([]byte, error) {
	if h.Size > most {
		return nil, &DamageError{h.Name, fmt.Sprintf("it has %d bytes, the longest has %d", h.Size, most)}
	}
	b, err := io.ReadAll(content)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%w: it ends within %s", ErrIncomplete, h.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("read archive: %w", err)
	}
	return b, nil
}
