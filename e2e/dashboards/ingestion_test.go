package dashboards_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

// scrapeIngestion returns the metrics of a server that ingests from Postgres, once it
// has looked at its slot. The slot may be lost, or there would be no safe bytes.
func scrapeIngestion(t *testing.T) string {
	t.Helper()
	pg := pgtest.Start(t, pgtest.Options{Settings: map[string]string{"max_slot_wal_keep_size": "1GB"}})
	pg.Exec(t, `CREATE TABLE t (id int PRIMARY KEY)`)
	s := server{mode: "memory", env: map[string]string{
		"DS_SYNC__DATABASE_URL": pg.URL("postgres", "postgres"), "DS_SYNC__TABLES": "public.*",
	}}
	cfg, admin := s.config(t)
	running := weirtest.Start(t, cfg)
	defer running.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); ; <-tick.C {
		text := ask(t, http.MethodGet, "http://"+admin+"/metrics", token)
		if strings.Contains(text, "\nds_sync_slot_safe_bytes{") {
			return text
		}
		if time.Now().After(deadline) {
			t.Fatalf("got no metrics of a slot, want them in\n%s", text)
		}
	}
}
