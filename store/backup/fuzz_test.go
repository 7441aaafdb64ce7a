package backup_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/backup"
)

// FuzzUnpack puts any entry into a good archive, at any place, or in the place of
// the one there. No file of it lies outside of the folder, and only a whole backup
// passes for one.
func FuzzUnpack(f *testing.F) {
	whole := unpacked(f, archive(f, map[string]string{"file/a": "1", "file/sub/b": "22", "file/c/": ""}))
	f.Add(uint8(0), false, "../outside", byte(tar.TypeReg), []byte("x"))
	f.Add(uint8(0), true, "file/a", byte(tar.TypeReg), []byte("1"))
	f.Add(uint8(1), false, "file/a", byte(tar.TypeSymlink), []byte(nil))
	f.Add(uint8(2), true, "sums/000001.sha256", byte(tar.TypeReg), []byte("1"))
	f.Add(uint8(3), false, "BACKUP.json", byte(tar.TypeReg), []byte("{}"))
	f.Fuzz(func(t *testing.T, at uint8, replace bool, name string, kind byte, content []byte) {
		i := int(at) % (len(whole) + 1)
		rest := whole[i:]
		if replace && len(rest) > 0 {
			rest = rest[1:]
		}
		packed := pack(slices.Concat(whole[:i], []packedFile{{name, kind, content}}, rest))
		files, m, err := backup.Unpack(packed)
		for name := range files {
			if name = strings.TrimSuffix(name, "/"); !fs.ValidPath(name) || !filepath.IsLocal(name) {
				t.Errorf("got a file %q, want only such as lie within the folder", name)
			}
		}
		if err == nil && (m.Files != 2 || string(files["file/a"]) != "1" || string(files["file/sub/b"]) != "22") {
			t.Errorf("got the files %q and manifest %+v without an error, want those of the backup", files, m)
		}
	})
}

// packedFile is an entry of an archive.
type packedFile struct {
	name    string
	kind    byte
	content []byte
}

// unpacked returns the entries of an archive.
func unpacked(t testing.TB, packed []byte) (entries []packedFile) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(packed)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, packedFile{h.Name, h.Typeflag, b})
	}
}

// pack makes an archive. Of entries that cannot be packed it makes what it can.
func pack(entries []packedFile) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Size: int64(len(e.content)), Mode: 0o640}
		if w.WriteHeader(h) == nil {
			w.Write(e.content) // an entry that has no content does not take it
		}
	}
	w.Close()
	return b.Bytes()
}

// FuzzManifest: what is accepted is exactly what would be written.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(tree(f, received(f, few))["BACKUP.json"]))
	f.Add([]byte(`{"format":2}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, err := backup.Round(b); err == nil && !bytes.Equal(again, b) {
			t.Errorf("got %q when written again, want %q", again, b)
		}
	})
}

// FuzzList: likewise.
func FuzzList(f *testing.F) {
	f.Add([]byte(tree(f, received(f, few))["sums/000001.sha256"]))
	f.Add([]byte(strings.Repeat("A", 64) + "  file/a\n"))
	f.Add([]byte(strings.Repeat("0", 64) + "  ../a\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if again, err := backup.RoundList(b); err == nil && !bytes.Equal(again, b) {
			t.Errorf("got %q when written again, want %q", again, b)
		}
	})
}
