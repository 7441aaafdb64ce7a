package main

import (
	"fmt"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store/acidstore"
)

// offlineWork is what the commands have in common that work on the data directory
// of mode acid while no server uses it.
type offlineWork struct {
	cfg      config.Config
	dir      string
	log      zerolog.Logger
	progress *progress
}

// goOffline reads the configuration for work that is called what, the amount of
// which is shown as amount writes it. Neither the mode nor the number of shards
// that are configured matter: the directory says itself what it holds. Unless the
// status is exitOK, the user has been told what is wrong.
func (in invocation) goOffline(what string, amount func(int64) string) (w offlineWork, status int) {
	cfg, warnings, ok := in.load()
	if !ok {
		return w, exitUsage
	}
	if cfg.Storage.DataDir == "" {
		in.warn(warnings)
		fmt.Fprintln(in.stderr, "weir: DS_STORAGE__DATA_DIR is not set: want the directory that holds the streams")
		return w, exitUsage
	}
	log, err := newLogger(cfg.Log, instanceOf(cfg.Instance), in.stderr)
	if err != nil {
		return w, in.finish(err)
	}
	return offlineWork{
		cfg:      cfg,
		dir:      cfg.Storage.DataDir,
		log:      log,
		progress: &progress{w: in.stderr, terminal: isTerminal(in.stderr), log: log, what: what, amount: amount},
	}, exitOK
}

func (w offlineWork) options() *acidstore.OfflineOptions {
	return &acidstore.OfflineOptions{Log: &w.log, Progress: w.progress.at}
}

// finish ends the work with what there is to say of it, or with its error.
func (w offlineWork) finish(in invocation, result string, err error) int {
	w.progress.end()
	if err != nil {
		return in.finish(fmt.Errorf("data directory %s: %w", w.dir, err))
	}
	_, err = fmt.Fprintln(in.stdout, "weir: "+result)
	return in.finish(err)
}
