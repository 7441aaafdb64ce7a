package main

import (
	"context"
	"errors"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/backup"
)

// backupTimeout bounds how long the client of a backup may take for each part of
// it.
const backupTimeout = 30 * time.Second

// backupHandler answers with a copy of the store. A request makes the server read
// all it has, so it is a POST, which nothing sends by itself.
type backupHandler struct {
	store store.Store
	about backup.About
	log   zerolog.Logger

	ended context.Context // the server is ending
	end   context.CancelFunc
}

func newBackupHandler(st store.Store, mode config.Mode, log zerolog.Logger) *backupHandler {
	h := &backupHandler{store: st, about: aboutBackup(mode), log: log}
	h.ended, h.end = context.WithCancel(context.Background())
	return h
}

// aboutBackup is what a backup made by this program says of itself.
func aboutBackup(mode config.Mode) backup.About {
	info, _ := debug.ReadBuildInfo()
	return backup.About{Mode: string(mode), Server: buildOf(info).Version}
}

// ServeHTTP implements http.Handler. An answer that cannot be completed is cut, so
// that no client takes it for a whole one.
func (h *backupHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	defer context.AfterFunc(h.ended, stop)()
	out := &patientWriter{w: w, control: http.NewResponseController(w)}
	// What is left of the time for the request would end the context.
	if err := out.control.SetReadDeadline(time.Time{}); err != nil {
		h.log.Error().Err(err).Msg("backup")
		http.Error(w, "the connection allows no long answer", http.StatusInternalServerError)
		return
	}
	begin := time.Now()
	m, err := backup.Write(ctx, out, h.store, h.about)
	if err == nil {
		h.log.Info().Int64("files", m.Files).Int64("bytes", m.Bytes).Dur("took", time.Since(begin)).Msg("backup made")
		return
	}
	h.log.Error().Err(err).Msg("backup failed")
	if out.begun {
		panic(http.ErrAbortHandler)
	}
	// The time for the answer may have passed; then nobody is told but the log.
	_ = out.moveDeadline()
	http.Error(w, err.Error(), backupStatus(err))
}

// backupStatus is the status for a backup that could not begin.
func backupStatus(err error) int {
	switch {
	case errors.Is(err, store.ErrNoFiles):
		return http.StatusNotFound
	case errors.Is(err, store.ErrBackupRunning):
		return http.StatusConflict
	case errors.Is(err, store.ErrClosed), errors.Is(err, context.Canceled):
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// patientWriter gives each part of an answer a time of its own to leave.
type patientWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

// Write implements io.Writer.
func (p *patientWriter) Write(b []byte) (int, error) {
	if !p.begun {
		p.begun = true
		p.w.Header().Set("Content-Type", "application/x-tar")
		p.w.Header().Set("Cache-Control", "no-store")
	}
	if err := p.moveDeadline(); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

func (p *patientWriter) moveDeadline() error {
	return p.control.SetWriteDeadline(time.Now().Add(backupTimeout))
}
