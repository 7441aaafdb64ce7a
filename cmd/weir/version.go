package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/weirstreams/weir/cmd/weir/metrics"
)

// versionCommand prints what this binary was built from.
func versionCommand(_ context.Context, in invocation) int {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return in.finish(errors.New("this binary was built without version information"))
	}
	_, err := fmt.Fprintln(in.stdout, versionLine(info))
	return in.finish(err)
}

// versionLine is the module's version, the revision if the build knew it, and
// the Go release.
func versionLine(info *debug.BuildInfo) string {
	line := "weir " + versionOf(info)
	if revision := setting(info, "vcs.revision"); revision != "" {
		line += " revision " + revision
	}
	if setting(info, "vcs.modified") == "true" {
		line += " with local changes"
	}
	return line + " " + info.GoVersion
}

// buildOf is the same for the metrics, as far as it is known; info may be nil.
func buildOf(info *debug.BuildInfo) metrics.Build {
	if info == nil {
		return metrics.Build{GoVersion: runtime.Version()}
	}
	return metrics.Build{
		Version:   versionOf(info),
		Revision:  setting(info, "vcs.revision"),
		GoVersion: info.GoVersion,
	}
}

// versionOf is the version of the module, which a build from a working tree may
// not know.
func versionOf(info *debug.BuildInfo) string { return cmp.Or(info.Main.Version, "(devel)") }

// setting returns a build setting, or "".
func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
