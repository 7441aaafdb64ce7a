package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

const unservedMessage = "which are not served"

// openIn opens the store of a mode in dir, closes it again, and returns the log
// of the start.
func openIn(t *testing.T, dir string, mode config.Mode) string {
	t.Helper()
	var out bytes.Buffer
	cfg := loadConfig(t, "DS_STORAGE__MODE="+string(mode), "DS_STORAGE__DATA_DIR="+dir, "DS_STORAGE__ACID_SHARD_COUNT=1")
	st, err := openStore(cfg, zerolog.New(&out))
	if err != nil {
		t.Fatalf("open in mode %s: got %v, want no error", mode, err)
	}
	if err := st.Close(); err != nil {
		t.Fatalf("close in mode %s: got %v, want no error", mode, err)
	}
	return out.String()
}

func TestStreamsOfAnotherModeAreMentioned(t *testing.T) {
	tests := []struct {
		first, then config.Mode
		want        string // in the warning; empty for no warning
	}{
		{config.FileFast, config.FileDurable, ""},
		{config.FileDurable, config.FileFast, ""},
		{config.Acid, config.Acid, ""},
		{config.FileFast, config.Acid, `"served_by":"file-fast or file-durable"`},
		{config.FileDurable, config.Acid, `"folder":"file"`},
		{config.Acid, config.FileFast, `"served_by":"acid"`},
		{config.Acid, config.FileDurable, `"mode":"file-durable"`},
	}
	for _, test := range tests {
		t.Run(string(test.first)+" then "+string(test.then), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if log := openIn(t, dir, test.first); strings.Contains(log, unservedMessage) {
				t.Errorf("log in a new directory: got %s, want no warning", log)
			}
			log := openIn(t, dir, test.then)
			if got, want := strings.Count(log, unservedMessage), min(len(test.want), 1); got != want {
				t.Errorf("log: got %d warnings in %s, want %d", got, log, want)
			}
			if !strings.Contains(log, test.want) {
				t.Errorf("log: got %s, want it to contain %s", log, test.want)
			}
		})
	}
}

func TestAnEmptyFolderIsNotMentioned(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "acid"), 0o750); err != nil {
		t.Fatal(err)
	}
	if log := openIn(t, dir, config.FileFast); strings.Contains(log, unservedMessage) {
		t.Errorf("log: got %s, want no warning", log)
	}
}
