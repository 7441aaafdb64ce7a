package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/backup"
	"github.com/weirstreams/weir/store/filestore"
)

// backupCommand makes a copy of the streams: of a running server through its admin
// listener, else of the data directory itself.
func backupCommand(ctx context.Context, in invocation) int {
	dir, ok := in.folderArgument("backup", "the folder to make")
	if !ok {
		return exitUsage
	}
	w, status := in.goOffline("backing up", readableBytes)
	if status != exitOK {
		return status
	}
	if !w.cfg.Storage.Mode.OnDisk() {
		fmt.Fprintf(in.stderr, "weir: DS_STORAGE__MODE is %s, which keeps nothing on disk: want the mode of the server\n", w.cfg.Storage.Mode)
		return exitUsage
	}
	begin := time.Now()
	folder, err := backup.NewFolder(dir)
	if err != nil {
		return in.finish(err)
	}
	m, err := w.backUp(ctx, folder)
	err = errors.Join(err, folder.Close())
	return w.finish(in, fmt.Sprintf("backed up to %s: %s", dir, amountOf(m, begin)), err)
}

// folderArgument reads the one argument of a command.
func (in invocation) folderArgument(command, what string) (dir string, ok bool) {
	if len(in.args) != 1 || in.args[0] == "" {
		fmt.Fprintf(in.stderr, "weir: %s takes one argument, %s\n", command, what)
		return "", false
	}
	return in.args[0], true
}

// amountOf says how much a backup has and how long it took.
func amountOf(m backup.Manifest, begin time.Time) string {
	return fmt.Sprintf("%d files, %s, in %.1f s", m.Files, readableBytes(m.Bytes), time.Since(begin).Seconds())
}

func (w offlineWork) backUp(ctx context.Context, folder *backup.Folder) (m backup.Manifest, err error) {
	st, err := w.openToBackUp()
	if errors.Is(err, store.ErrInUse) {
		return w.backUpServer(ctx, folder)
	}
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return w.backUpStore(ctx, st, folder)
}

// openToBackUp opens the store, which must be there.
func (w offlineWork) openToBackUp() (store.Store, error) {
	mode := w.cfg.Storage.Mode
	if _, err := os.Stat(filepath.Join(w.dir, layoutOf(mode).folder)); err != nil {
		return nil, fmt.Errorf("it holds no streams of mode %s: %w", mode, err)
	}
	return openStored(mode, w.dir, w.log)
}

// openStored opens the streams that are in a directory. It asks the directory how
// many shards they are kept in.
func openStored(mode config.Mode, dir string, log zerolog.Logger) (store.Store, error) {
	if mode != config.Acid {
		return filestore.Open(dir, &filestore.Options{Sync: true, Log: &log})
	}
	shards, err := acidstore.StoredShards(dir)
	if err != nil {
		return nil, err
	}
	return acidstore.Open(dir, &acidstore.Options{Shards: shards, Log: &log})
}

// backUpServer lets the server that uses the data directory make the copy.
func (w offlineWork) backUpServer(ctx context.Context, folder *backup.Folder) (m backup.Manifest, err error) {
	archive, err := askForBackup(ctx, w.cfg.Admin)
	if err != nil {
		return m, err
	}
	defer archive.Close()
	m, err = folder.Receive(ctx, archive, w.progress.at)
	if errors.Is(err, backup.ErrIncomplete) {
		err = fmt.Errorf("%w; the log of the server says why", err)
	}
	return m, err
}

// backUpStore makes the copy of a store that is open here. It takes the way of
// one that comes from a server.
func (w offlineWork) backUpStore(ctx context.Context, st store.Store, folder *backup.Folder) (backup.Manifest, error) {
	r, pipe := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, err := backup.Write(ctx, pipe, st, aboutBackup(w.cfg.Storage.Mode))
		pipe.CloseWithError(err)
	}()
	m, err := folder.Receive(ctx, r, w.progress.at)
	r.CloseWithError(err)
	<-written
	return m, err
}
