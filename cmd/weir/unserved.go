package main

import (
	"os"
	"path/filepath"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// layout is one way in which streams lie in a data directory.
type layout struct {
	folder string // of the tier, below the data directory
	modes  string // that serve it, for people
}

// The layouts, each in a folder of its own, so that a directory can hold both.
var (
	fileLayout = layout{"file", "file-fast or file-durable"}
	acidLayout = layout{"acid", "acid"}
)

// layoutOf is the layout that a mode on disk serves.
func layoutOf(mode config.Mode) layout {
	if mode == config.Acid {
		return acidLayout
	}
	return fileLayout
}

// warnUnserved says so once when the data directory holds streams that the mode
// does not serve. Both layouts in one directory is no mistake by itself, but
// whoever has switched modes by accident sees an empty server and wonders.
func warnUnserved(storage config.Storage, log zerolog.Logger) {
	other := fileLayout
	if layoutOf(storage.Mode) == other {
		other = acidLayout
	}
	// What cannot be looked into is for the mode that serves it to complain of.
	entries, err := os.ReadDir(filepath.Join(storage.DataDir, other.folder))
	if err != nil || len(entries) == 0 {
		return
	}
	log.Warn().Str("mode", string(storage.Mode)).Str("folder", other.folder).Str("served_by", other.modes).
		Msg("the data directory also holds streams of another mode, which are not served")
}
