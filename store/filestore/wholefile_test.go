package filestore_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore"
)

// TestWholeFiles damages each file of a small store as a whole or in large part. A
// check reports it; a start refuses, or serves what is right, or errors.
//
// That records are missing at the very end of the log cannot be told from a crash
// that came before them. There is no report then, and streams may be as they were
// before.
func TestWholeFiles(t *testing.T) {
	for what, change := range map[string]func(data []byte) [][]byte{
		"nothing left":   func([]byte) [][]byte { return [][]byte{{}} },
		"only zeros":     func(data []byte) [][]byte { return [][]byte{make([]byte, len(data))} },
		"zeros in parts": zeroedParts,
		"the end cut":    cutOff,
		"zeros behind":   func(data []byte) [][]byte { return [][]byte{append(slices.Clone(data), make([]byte, 100)...)} },
		"halves swapped": func(data []byte) [][]byte {
			return [][]byte{slices.Concat(data[len(data)/2:], data[:len(data)/2])}
		},
	} {
		t.Run(what, func(t *testing.T) {
			f := newFlipper(t, flipWorld(t, quiet), quiet)
			for _, name := range f.disk.sortedFiles() {
				node := f.disk.names[name]
				whole := node.data
				for _, node.data = range change(whole) {
					f.damaged(name, what, string(whole))
				}
				node.data = whole
			}
		})
	}
}

func zeroedParts(data []byte) (out [][]byte) {
	const part = 64
	for at := 0; at < len(data); at += part {
		p := slices.Clone(data)
		clear(p[at:min(at+part, len(p))])
		out = append(out, p)
	}
	return out
}

func cutOff(data []byte) (out [][]byte) {
	for n := 1; n < len(data); n += 1 + len(data)/100 {
		out = append(out, slices.Clone(data[:n]))
	}
	return out
}

// damaged expects what was done to a file to be found, and to do no harm.
func (f *flipper) damaged(name, what, whole string) {
	now := string(f.disk.names[name].data)
	harmless := strings.TrimRight(now, "\x00") == strings.TrimRight(whole, "\x00") && (isLog(name) || len(now) > len(whole))
	lost := isLog(name) && strings.HasPrefix(whole, strings.TrimRight(now, "\x00")) // at its end
	if !harmless && !lost && !f.reports(name) {
		f.t.Errorf("%s of %s: got %v, want it reported", what, name, f.findings())
	}
	if !isLog(name) {
		f.start(name, what)
		return
	}
	all := f.want
	f.want = world{"closed": all["closed"], "due": all["due"], "source": all["source"]} // not in the log
	f.start(name, what)
	f.want = all
}

// reports says whether a check finds something in a file, or for a file that is
// missing in its folder.
func (f *flipper) reports(name string) bool {
	for _, d := range f.findings() {
		if strings.HasPrefix(name, d.File) {
			return true
		}
	}
	return false
}

// TestMissingFiles removes each file, and exchanges it with another of its folder
// or kind.
func TestMissingFiles(t *testing.T) {
	f := newFlipper(t, flipWorld(t, quiet), quiet)
	files := f.disk.sortedFiles()
	for _, name := range files {
		node := f.disk.names[name]
		delete(f.disk.names, name)
		if !f.reports(name) {
			t.Errorf("%s missing: got %v, want it reported", name, f.findings())
		}
		f.start(name, "the loss")
		f.disk.names[name] = node
		for _, other := range files {
			if other == name || isLog(other) != isLog(name) {
				continue
			}
			f.disk.names[name], f.disk.names[other] = f.disk.names[other], node
			if !f.reports(name) && !f.reports(other) {
				t.Errorf("%s and %s exchanged: got %v, want it reported", name, other, f.findings())
			}
			f.startEither(name, other)
			f.disk.names[name], f.disk.names[other] = node, f.disk.names[name]
		}
	}
}

// startEither is start, of which the error may name one of two files.
func (f *flipper) startEither(name, other string) {
	disk := f.disk.all()
	o := f.o
	s, err := filestore.OpenFS(disk, &o)
	if err != nil {
		if text := err.Error(); !strings.Contains(text, path.Base(name)) && !strings.Contains(text, path.Base(other)) {
			f.t.Errorf("start with %s and %s exchanged: got error %v, want a file named", name, other, err)
		}
		return
	}
	if wrong := f.want.compare(s); wrong != "" {
		f.t.Errorf("started with %s and %s exchanged: %s", name, other, wrong)
	}
	mustClose(f.t, s)
}
