package vfs_test

import (
	"fmt"
	"testing"

	"github.com/weirstreams/weir/store/internal/vfs"
)

// TestGather: a few files are left to be synced one by one, and a group of many can be
// synced where the file system has groups.
func TestGather(t *testing.T) {
	d := vfs.OS(t.TempDir())
	if group, err := vfs.Gather(d, 2); group != nil || err != nil {
		t.Errorf("a group of two files: got %v and error %v, want none", group, err)
	}
	const many = 1000
	group, err := vfs.Gather(d, many)
	must(t, err)
	for i := range many {
		f, err := d.OpenWrite(fmt.Sprint(i))
		must(t, err)
		_, err = f.WriteAt([]byte{byte(i)}, 0)
		must(t, err)
		must(t, f.Close())
	}
	if group != nil {
		must(t, group.Sync())
		must(t, group.Close())
		if err := group.Sync(); err == nil {
			t.Error("sync of a group that has ended: got no error, want one")
		}
	}
}

func TestReleases(t *testing.T) {
	for release, want := range map[string]bool{
		"5.8.0": true, "5.8": true, "5.10.0-28-amd64": true, "6.1.0": true, "10.0": true,
		"5.7.19": false, "4.19.0": false, "": false, "Linux": false, "6": false,
	} {
		if got := vfs.ReleaseIsFrom(release, 5, 8); got != want {
			t.Errorf("release %q from 5.8 on: got %v, want %v", release, got, want)
		}
	}
}
