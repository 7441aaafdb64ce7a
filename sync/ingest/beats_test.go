package ingest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// TestBeaten: that heartbeats are not allowed is said once, until they are for a time;
// other failures are said each time.
func TestBeaten(t *testing.T) {
	log := &journal{}
	p, err := ingest.New(ingest.Options{Source: source.Options{URL: "postgres://nobody@localhost/none", Pipeline: "t"}, Log: zerolog.New(log)})
	if err != nil {
		t.Fatal(err)
	}
	refused := fmt.Errorf("emit logical message: %w", &pgconn.PgError{Code: "42501"})
	for i, step := range []struct {
		err                error
		refusals, failures int
	}{
		{nil, 0, 0}, {refused, 1, 0}, {refused, 1, 0}, {errors.New("gone"), 1, 1}, {errors.New("gone"), 1, 2},
		{refused, 2, 2}, {nil, 2, 2}, {refused, 3, 2}, {refused, 3, 2},
	} {
		p.Beaten(t.Context(), step.err)
		refusals, failures := log.count("GRANT EXECUTE"), log.count("cannot send a heartbeat")
		if refusals != step.refusals || failures != step.failures {
			t.Errorf("step %d: got %d and %d lines, want %d and %d", i, refusals, failures, step.refusals, step.failures)
		}
	}
}
