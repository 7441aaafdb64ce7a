package filestore_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/filestore"
)

// logFile returns the last segment of the log.
func (m *memFS) logFile() (name string, node *inode) {
	for _, name = range m.sortedFiles() {
		if isLog(name) {
			node = m.names[name]
			break
		}
	}
	return name, node
}

// TestFlippedRecordNamesItsStream turns over a bit of each record at the end of the
// log: of a stream that the log creates, and of one that the catalogue has.
func TestFlippedRecordNamesItsStream(t *testing.T) {
	for _, stream := range []string{"new", "old"} {
		s, fs := open(t, newMemFS(), quiet)
		mustCreate(t, s, "old", "1")
		mustCheckpoint(t, s)
		if stream == "new" {
			mustCreate(t, s, "new", "last bytes")
		} else {
			mustAppend(t, s, "old", "last bytes")
		}
		disk := crash(s, fs, true)
		file, node := disk.logFile()
		node.data[len(node.data)-4] ^= 1
		_, err := filestore.OpenFS(disk, &quiet)
		for _, want := range []string{file, "is flipped", `stream "` + stream + `"`, `"weir check"`, "backup"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("open: got error %v, want %s in it", err, want)
			}
		}
	}
}

// TestGapInTheLogIsToldOf loses a record of three in the log: the first is served,
// the last kept in a file.
func TestGapInTheLogIsToldOf(t *testing.T) {
	s, fs := open(t, newMemFS(), quiet)
	perform(t, s, "+first=1 +second=2 +third=3")
	disk := crash(s, fs, true)
	_, node := disk.logFile()
	at := bytes.Index(node.data, []byte("second"))
	clear(node.data[at-8 : at+8])
	var log bytes.Buffer
	o := quiet
	logger := zerolog.New(&log)
	o.Log = &logger
	s, _ = open(t, disk, o)
	wantContent(t, s, map[string]string{"first": "1"})
	mustClose(t, s)
	for _, want := range []string{`"level":"warn"`, `"later_records":1`, `"kept_in":"file/lost/`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("log: got %s, want %s in it", log.String(), want)
		}
	}
	wantFindings(t, disk, "note: file/lost/")
}
