// Package status shows operators what the pipelines do, and takes their orders. Start
// with Handler.
//
// It belongs on the admin listener: who reaches it may stop the ingestion and lose
// changes, and it guards nothing itself.
package status

import (
	"encoding/json"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// Pipeline is what is shown and ordered; *ingest.Pipeline is one. It may be used from
// many goroutines.
type Pipeline interface {
	Status() ingest.Status
	Pause()
	Resume()
	Resync()
	Refresh()
	SkipTo(to lsn.LSN) error
}

var _ Pipeline = (*ingest.Pipeline)(nil)

// handler never changes after it was made.
type handler struct {
	pipelines []Pipeline
	log       zerolog.Logger
}

// Handler serves GET /sync/status and the orders as POST: /sync/pause, /sync/resume,
// /sync/resync, /sync/tables and /sync/skip-to.
func Handler(pipelines []Pipeline, log zerolog.Logger) http.Handler {
	h := &handler{pipelines: pipelines, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sync/status", h.status)
	for name, do := range orders {
		mux.HandleFunc("POST /sync/"+name, func(w http.ResponseWriter, r *http.Request) { h.order(w, r, name, do) })
	}
	return mux
}

// status answers with all pipelines.
func (h *handler) status(w http.ResponseWriter, _ *http.Request) {
	all := make([]view, len(h.pipelines))
	for i, p := range h.pipelines {
		all[i] = viewOf(p.Status())
	}
	h.answer(w, http.StatusOK, struct {
		Pipelines []view `json:"pipelines"`
	}{all})
}

func (h *handler) answer(w http.ResponseWriter, status int, body any) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		h.log.Debug().Err(err).Msg("a status was not sent whole")
	}
}
