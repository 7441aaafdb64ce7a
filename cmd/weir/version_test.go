package main

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/metrics"
)

func TestVersionLine(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123abcd"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	clean := debug.BuildSetting{Key: "vcs.modified", Value: "false"}
	tests := []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"v1.2.3", nil, "weir v1.2.3 go1.26.8"},
		{"", nil, "weir (devel) go1.26.8"},
		{"v1.2.3", []debug.BuildSetting{revision, clean}, "weir v1.2.3 revision 0123abcd go1.26.8"},
		{"(devel)", []debug.BuildSetting{revision, changed}, "weir (devel) revision 0123abcd with local changes go1.26.8"},
	}
	for _, test := range tests {
		info := &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: test.version}, Settings: test.settings}
		if got := versionLine(info); got != test.want {
			t.Errorf("version %q with %v: got %q, want %q", test.version, test.settings, got, test.want)
		}
	}
}

func TestBuildOf(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Version: "v1.2.3"},
		Settings:  []debug.BuildSetting{{Key: "vcs.revision", Value: "0123abcd"}},
	}
	if got, want := buildOf(info), (metrics.Build{Version: "v1.2.3", Revision: "0123abcd", GoVersion: "go1.26.8"}); got != want {
		t.Errorf("build: got %+v, want %+v", got, want)
	}
	if got, want := buildOf(nil), (metrics.Build{GoVersion: runtime.Version()}); got != want {
		t.Errorf("build of a binary that does not know: got %+v, want %+v", got, want)
	}
}
