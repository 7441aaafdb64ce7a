package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/weirstreams/weir/cmd/weir/config"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// unreachable are two pipelines whose databases nobody answers for.
const unreachable = `
- {slot: shop, database_url: host=127.0.0.1 port=1, tables: public.*}
- {slot: billing, database_url: host=127.0.0.1 port=2, tables: public.*}
`

// startIngesting starts a server with these pipelines.
func startIngesting(t *testing.T, pipelines string, environ ...string) operated {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipelines.yaml")
	if err := os.WriteFile(path, []byte(pipelines), 0o600); err != nil {
		t.Fatal(err)
	}
	return startOperated(t, append(environ, "DS_SYNC__CONFIG_FILE="+path)...)
}

// until asks until the answer has a part, and returns its status and all of it.
func until(t *testing.T, method, url, part string) (int, string) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); ; <-tick.C {
		status, body := fetch(t, method, url)
		if strings.Contains(body, part) {
			return status, body
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s %s: got status %d and %s, want %s in it", method, url, status, body, part)
		}
	}
}

// TestPipelinesDoNotMakeUnready: a server whose databases are gone serves its streams.
func TestPipelinesDoNotMakeUnready(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := startIngesting(t, unreachable)
	const gone = `{"state":"connecting","last_error_code":"E100"}`
	status, body := until(t, http.MethodGet, "http://"+s.public+"/readyz", `"ingestion":{"status":"ready","pipelines":{"billing":`+gone+`,"shop":`+gone+`}}`)
	if status != http.StatusOK || !strings.Contains(body, `{"status":"ready","components"`) {
		t.Errorf("got status %d and %s, want %d and the server ready", status, body, http.StatusOK)
	}
	if _, metrics := fetch(t, http.MethodGet, "http://"+s.admin+"/metrics"); !strings.Contains(metrics, `weir_ready{component="ingestion",`) {
		t.Errorf("got no weir_ready of the ingestion in\n%s\nwant it", metrics)
	}
	if err := s.stop(); err != nil {
		t.Errorf("got the end %v, want no error", err)
	}
}

// A server without pipelines does not speak of any.
func TestReadyWithoutPipelines(t *testing.T) {
	s := startOperated(t)
	if _, body := fetch(t, http.MethodGet, "http://"+s.public+"/readyz"); strings.Contains(body, "ingestion") {
		t.Errorf("got %s, want no word of an ingestion", body)
	}
	if err := s.stop(); err != nil {
		t.Errorf("got the end %v, want no error", err)
	}
}

// TestPipelinesOfAFile: each has its place in the status and the metrics, takes its own
// orders, and keeps its files apart.
func TestPipelinesOfAFile(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	s := startIngesting(t, unreachable, "DS_STORAGE__MODE=file-fast", "DS_STORAGE__DATA_DIR="+dir)
	until(t, http.MethodGet, "http://"+s.admin+"/sync/status", `"pipeline":"billing"`)
	_, metrics := fetch(t, http.MethodGet, "http://"+s.admin+"/metrics")
	for _, name := range []string{"shop", "billing"} {
		if !strings.Contains(metrics, `,pipeline="`+name+`",state="connecting"} 1`) {
			t.Errorf("got no state of %s in\n%s\nwant it to connect", name, metrics)
		}
		if _, err := os.Stat(filepath.Join(dir, "sync", name)); err != nil {
			t.Errorf("got %v, want a directory of %s", err, name)
		}
	}
	if status, body := fetch(t, http.MethodPost, "http://"+s.admin+"/sync/pause"); status != http.StatusBadRequest {
		t.Errorf("pause of no pipeline: got status %d and %s, want %d", status, body, http.StatusBadRequest)
	}
	if err := s.stop(); err != nil {
		t.Errorf("got the end %v, want no error", err)
	}
}

// What is wrong with several pipelines is said at once, and those that are right are
// closed.
func TestPipelinesThatCannotBeMade(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	cfg := loadConfig(t, "DS_SYNC__DATABASE_URL=host=h", "DS_SYNC__TABLES=a.*", "DS_STORAGE__MODE=file-fast", "DS_STORAGE__DATA_DIR="+dir)
	good, first, second := cfg.Sync, cfg.Sync, cfg.Sync
	good.Source.Slot, first.Source.Slot, second.Source.Slot = "good", "first", "second"
	first.Flow.TxStreaming, second.Routes.RoutesFile = "spool", filepath.Join(t.TempDir(), "missing.yaml")
	engine := stream.New(memstore.New(nil), nil)
	defer engine.Close()

	cfg.Pipelines = []config.Sync{good, first, second}
	_, err := newIngestion(cfg, engine, zerolog.Nop())
	if err == nil || !strings.Contains(err.Error(), "pipeline first: DS_SYNC__TX_STREAMING") || !strings.Contains(err.Error(), "pipeline second: read routes file") {
		t.Errorf("got %v, want what is wrong with both", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "sync", "good", "keys.seal")); err != nil {
		t.Errorf("got %v, want the index of the one that is right closed", err)
	}
}

// A pipeline that does not end does not keep the server from its end.
func TestIngestionEndsInTime(t *testing.T) {
	release := make(chan struct{})
	i := &ingestion{log: zerolog.Nop(), cancel: func() {}}
	i.running.Go(func() { <-release })
	i.stop(time.Millisecond)
	close(release)
	i.stop(time.Minute)
}
