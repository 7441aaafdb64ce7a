package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
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
	line := "weir " + cmp.Or(info.Main.Version, "(devel)")
	if revision := setting(info, "vcs.revision"); revision != "" {
		line += " revision " + revision
	}
	if setting(info, "vcs.modified") == "true" {
		line += " with local changes"
	}
	return line + " " + info.GoVersion
}

// setting returns a build setting, or "".
func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
