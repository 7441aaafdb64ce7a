package weirproc_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/weirproc"
)

const streaming = `{"level":"info","from":"0/1","message":"streaming"}` + "\n"

func TestLogSaysWhenChangesAreRead(t *testing.T) {
	for _, pieces := range [][]string{{streaming}, {"{}\n" + streaming[:9], streaming[9:]}, {"no JSON\n", streaming}} {
		if at, failure, _ := weirproc.Heard(pieces...); at.IsZero() || failure != "" {
			t.Errorf("%q: got %v and failure %q, want a time and no failure", pieces, at, failure)
		}
	}
	for _, pieces := range [][]string{nil, {streaming[:len(streaming)-1]}, {`{"message":"not streaming"}` + "\n"}} {
		if at, _, _ := weirproc.Heard(pieces...); !at.IsZero() {
			t.Errorf("%q: got %v, want no time", pieces, at)
		}
	}
}

func TestLogSaysWhatFailed(t *testing.T) {
	const first, second = `{"level":"error","message":"a"}`, `{"level":"error","message":"b"}`
	if _, got, _ := weirproc.Heard(streaming, first+"\n"+second+"\n"); got != first {
		t.Errorf("got failure %q, want %q", got, first)
	}
	if _, got, _ := weirproc.Heard(streaming, `{"level":"warn","message":"a"}`+"\n"); got != "" {
		t.Errorf("got failure %q of a warning, want none", got)
	}
}

func TestLogIsBounded(t *testing.T) {
	endless := strings.Repeat("x", 1<<20)
	if _, _, got := weirproc.Heard(endless, endless+"\n", strings.Repeat("line\n", 1000)); len(got) > 1<<16 {
		t.Errorf("kept %d bytes, want few", len(got))
	}
}

func TestEnvironmentIsItsOwn(t *testing.T) {
	t.Setenv("DS_LIMITS__MAX_STREAM_BYTES", "17")
	t.Setenv("OTHER", "stays")
	got := weirproc.Environment(map[string]string{"DS_STORAGE__MODE": "acid"}, "127.0.0.1:1")
	for _, want := range []string{"OTHER=stays", "DS_STORAGE__MODE=acid", "DS_ADMIN__LISTEN=127.0.0.1:1", "DS_SERVER__PORT=0"} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q in it", got, want)
		}
	}
	if slices.Contains(got, "DS_LIMITS__MAX_STREAM_BYTES=17") {
		t.Error("got a DS_* variable of this process, want only those that were given")
	}
}
