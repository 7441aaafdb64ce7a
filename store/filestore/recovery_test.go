package filestore_test

import (
	"strings"
	"testing"

	"github.com/weirstreams/weir/store/filestore"
)

// recoveries name where what happened was when the process ended, and what must
// come back. Steps run in order; "|" is a checkpoint.
var recoveries = []struct {
	name  string
	steps string
	want  map[string]string
	refs  map[string]int
}{
	{"nothing", "", nil, nil},
	{"log only", "+a=x a<y +b=z", map[string]string{"a": "xy", "b": "z"}, nil},
	{"catalogue only", "+a=x a<y |", map[string]string{"a": "xy"}, nil},
	{"both", "+a=x | a<y +b=z", map[string]string{"a": "xy", "b": "z"}, nil},
	{"appended over several checkpoints", "+a=1 | a<2 | a<3 | a<4", map[string]string{"a": "1234"}, nil},
	{"deleted in the log", "+a=x | -a", nil, nil},
	{"created and deleted in the log", "+a=x -a", nil, nil},
	{"deleted before the checkpoint", "+a=x | -a |", nil, nil},
	{"name used again in the log", "+a=first | -a +a=second", map[string]string{"a": "second"}, nil},
	{"name used again before the checkpoint", "+a=first | -a +a=second |", map[string]string{"a": "second"}, nil},
	{"name used again, all in one log", "+a=1 -a +a=2 -a +a=3", map[string]string{"a": "3"}, nil},
	{"name used again behind a checkpoint", "+a=1 -a +a=2 | a<x -a +a=3 a<y", map[string]string{"a": "3y"}, nil},
	{"fork in the log", "+a=x a>b", map[string]string{"a": "x", "b": ""}, map[string]int{"a": 1}},
	{"fork in the catalogue", "+a=x a>b |", map[string]string{"a": "x", "b": ""}, map[string]int{"a": 1}},
	{"fork of what is in the catalogue", "+a=x | a>b", map[string]string{"a": "x", "b": ""}, map[string]int{"a": 1}},
	{"fork deleted in the log", "+a=x a>b | -b", map[string]string{"a": "x"}, map[string]int{"a": 0}},
	{"forks on both sides", "+a=x a>b | a>c -b a>d", map[string]string{"a": "x", "c": "", "d": ""}, map[string]int{"a": 2}},
	{"fork created and deleted in the log", "+a=x | a>b -b", map[string]string{"a": "x"}, map[string]int{"a": 0}},
	{"name of a fork used again", "+a=x a>b | -b a>b", map[string]string{"a": "x", "b": ""}, map[string]int{"a": 1}},
	{"name of a source used again", "+a=x a>b | -b -a +a=y a>b", map[string]string{"a": "y", "b": ""}, map[string]int{"a": 1}},
	{"source gone before its fork", "+a=x a>b | -a +a=y -b", map[string]string{"a": "y"}, map[string]int{"a": 0}},
	{"fork of a fork", "+a=x a>b | b>c -c b>d", map[string]string{"a": "x", "b": "", "d": ""}, map[string]int{"a": 1, "b": 1}},
}

// perform runs the steps of a recovery.
func perform(t *testing.T, s *filestore.Store, steps string) {
	t.Helper()
	for _, step := range strings.Fields(steps) {
		switch op := strings.IndexAny(step, "|+-<>"); step[op] {
		case '|':
			mustCheckpoint(t, s)
		case '+':
			name, bytes, _ := strings.Cut(step[1:], "=")
			mustCreate(t, s, name, bytes)
		case '-':
			mustDelete(t, s, step[1:])
		case '<':
			mustAppend(t, s, step[:op], step[op+1:])
		case '>':
			mustFork(t, s, step[op+1:], step[:op])
		}
	}
}

// The point at which the last checkpoint of a case is cut short: a file system
// operation that it does not come to any more.
var cuts = map[string]hook{
	"done":                     nil,
	"before the data":          func(op, name string) error { return refuse(op == "openwrite" && under(name, "data")) },
	"before the catalogue":     func(op, name string) error { return refuse(op == "create" && under(name, "catalogue")) },
	"before the manifest":      func(op, name string) error { return refuse(op == "rename") },
	"before the log is cut":    func(op, name string) error { return refuse(op == "remove" && under(name, "wal")) },
	"before a deletion's file": func(op, name string) error { return refuse(op == "remove" && under(name, "data")) },
}

func under(name, folder string) bool { return strings.HasPrefix(name, "file/"+folder+"/") }

func refuse(now bool) error {
	if now {
		return errKilled
	}
	return nil
}

// TestRecovery plays every case, and before the crash tries one more checkpoint,
// which gets to each point in turn. Recovery is then itself repeated.
func TestRecovery(t *testing.T) {
	for _, c := range recoveries {
		for point, cut := range cuts {
			t.Run(c.name+"/"+point, func(t *testing.T) {
				s, fs := open(t, newMemFS(), synced(quiet))
				perform(t, s, c.steps)
				if cut != nil {
					fs.set(cutFrom(cut))
					s.Checkpoint()
				}
				for range 2 {
					disk := crash(s, fs, false)
					s, fs = open(t, disk, synced(quiet))
					wantRecovered(t, s, c.want, c.refs)
				}
				mustCheckpoint(t, s)
				wantRecovered(t, s, c.want, c.refs)
				mustClose(t, s)
			})
		}
	}
}

// cutFrom lets everything fail once the hook has refused something.
func cutFrom(h hook) hook {
	cut := false
	return func(op, name string) error {
		cut = cut || changes(op) && h(op, name) != nil
		return refuse(cut && changes(op))
	}
}

func wantRecovered(t *testing.T, s *filestore.Store, want map[string]string, wantRefs map[string]int) {
	t.Helper()
	wantContent(t, s, want)
	for name, n := range wantRefs {
		if got := refs(t, s, name); got != n {
			t.Errorf("references to %q: got %d, want %d", name, got, n)
		}
	}
}
