package backup_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/internal/vfs"
)

// TestDamagedBackupIsRefused damages each file of a backup, in each of some ways.
// Restore names the file and leaves nothing that looks like a store.
func TestDamagedBackupIsRefused(t *testing.T) {
	good := received(t, few)
	for name, content := range tree(t, good) {
		if strings.HasSuffix(name, "/") {
			continue
		}
		for kind, damaged := range map[string]func(file string) error{
			"missing": os.Remove,
			"longer":  func(file string) error { return os.WriteFile(file, []byte(content+"x"), 0o640) },
			"cut": func(file string) error {
				if content == "" {
					return os.Remove(file)
				}
				return os.Truncate(file, int64(len(content)-1))
			},
			"flipped": func(file string) error {
				if content == "" {
					return os.Remove(file)
				}
				b := []byte(content)
				b[len(b)/2] ^= 1
				return os.WriteFile(file, b, 0o640)
			},
		} {
			from := filepath.Join(t.TempDir(), "b")
			if err := os.CopyFS(from, os.DirFS(good)); err != nil {
				t.Fatal(err)
			}
			if err := damaged(filepath.Join(from, name)); err != nil {
				t.Fatal(err)
			}
			to := t.TempDir()
			_, err := backup.RestoreFS(t.Context(), vfs.OS(from), newFastFS(to), well)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s %s: got error %v, want one that names it", name, kind, err)
			}
			if all := tree(t, to); hasStreams(all) || len(all) > 0 && backup.Unfinished(to) == nil {
				t.Errorf("%s %s: got a directory that looks finished, with %v", name, kind, all)
			}
		}
	}
}

// TestUnverified keeps what does not verify out of its place.
func TestUnverified(t *testing.T) {
	rot := errors.New("rot")
	to := t.TempDir()
	_, err := backup.RestoreFS(t.Context(), vfs.OS(received(t, few)), newFastFS(to), func(backup.Manifest) error { return rot })
	if !errors.Is(err, rot) || hasStreams(tree(t, to)) || backup.Unfinished(to) == nil {
		t.Errorf("restore: got error %v and %v, want %v and no streams in their place", err, tree(t, to), rot)
	}
}

func TestDirectoryMustBeFree(t *testing.T) {
	from := received(t, few)
	for _, name := range []string{"file", "acid", "notes"} {
		to := t.TempDir()
		if err := os.WriteFile(filepath.Join(to, name), nil, 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := backup.Restore(t.Context(), from, to, func(string, backup.Manifest) error { return nil }, nil)
		if err == nil || !strings.Contains(err.Error(), "not empty") || !strings.Contains(err.Error(), name) {
			t.Errorf("restore beside %s: got error %v, want one that says so", name, err)
		}
	}
}

// TestTruncatedArchive cuts an archive at every block and within.
func TestTruncatedArchive(t *testing.T) {
	packed := archive(t, map[string]string{"file/a": "some bytes", "file/b": strings.Repeat("x", 700)})
	end := bytes.LastIndexByte(packed, '}') // of the manifest, which proves the rest
	for n := 0; n < end; n += 200 {
		dir := t.TempDir()
		_, err := receive(t.Context(), newFastFS(dir), "b", packed[:n])
		if len(tree(t, dir)) > 0 {
			t.Fatalf("first %d of %d bytes: got %v, want nothing left", n, len(packed), tree(t, dir))
		}
		if !errors.Is(err, backup.ErrIncomplete) {
			t.Errorf("first %d of %d bytes: got error %v, want %v", n, len(packed), err, backup.ErrIncomplete)
		}
	}
}

// entries makes an archive by hand.
func entries(t *testing.T, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestHostileArchive wants nothing outside of the folder, and no link, whatever an
// archive says.
func TestHostileArchive(t *testing.T) {
	reg := func(name string) tar.Header { return tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o640} }
	for name, headers := range map[string][]tar.Header{
		"above":           {reg("../outside")},
		"above, deep":     {reg("file/../../outside")},
		"absolute":        {reg("/tmp/outside")},
		"unclean":         {reg("file//a")},
		"dot":             {reg("file/./a")},
		"hidden":          {reg("file/.a")},
		"backslash":       {reg(`file\..\a`)},
		"control":         {reg("file/a\nb")},
		"no folder":       {reg("LOCK")},
		"list too early":  {reg("sums/000002.sha256")},
		"wrong list":      {reg("file/a"), reg("sums/000001.sha256")},
		"long":            {reg("file/" + strings.Repeat("a", 300))},
		"deep":            {reg("file/" + strings.Repeat("a/", 20) + "b")},
		"twice":           {reg("file/a"), reg("file/a")},
		"file as folder":  {reg("file/a"), reg("file/a/b")},
		"symbolic link":   {{Typeflag: tar.TypeSymlink, Name: "file/a", Linkname: "/etc"}},
		"hard link":       {{Typeflag: tar.TypeLink, Name: "file/a", Linkname: "/etc/passwd"}},
		"device":          {{Typeflag: tar.TypeChar, Name: "file/a"}},
		"folder":          {{Typeflag: tar.TypeDir, Name: "file/a/"}},
		"manifest of air": {reg("BACKUP.json")},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			_, err := receive(t.Context(), newFastFS(dir), "b", entries(t, headers...))
			if err == nil {
				t.Error("receive: got no error, want it refused")
			}
			if left := tree(t, dir); len(left) > 0 {
				t.Errorf("after it was refused: got %v, want nothing left", left)
			}
		})
	}
}
