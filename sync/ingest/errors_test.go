package ingest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/source"
)

// TestUnsendable: a row that Postgres itself cannot send is explained, and waits for
// somebody; other errors stay what they are.
func TestUnsendable(t *testing.T) {
	server := &pgconn.PgError{Code: "54000", Message: "out of memory"}
	err := ingest.Unsendable(server)
	for _, want := range []string{"1 GiB", "column list", "POST /sync/resync", "54000"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("got %q, want %q in it", err, want)
		}
	}
	if got := ingest.Classify(err); got != source.Stop {
		t.Errorf("got the class %s, want %s", got, source.Stop)
	}
	for _, other := range []error{nil, errors.New("cut"), &pgconn.PgError{Code: "57P01"}} {
		if got := ingest.Unsendable(other); got != other {
			t.Errorf("got %v, want %v as it was", got, other)
		}
	}
}

// TestRefusedPasswordIsAskedForAgain: a rotated password may reach us later than the
// server, so the first refusals stop nothing. Another database does not come by waiting.
func TestRefusedPasswordIsAskedForAgain(t *testing.T) {
	o := ingest.Options{Source: source.Options{URL: "postgres://u@127.0.0.1/d", Pipeline: "p"}}
	for code, want := range map[string]source.Class{"28P01": source.Retry, "3D000": source.Stop} {
		err := ingest.Refused(o, &pgconn.PgError{Code: code})
		if got := ingest.Classify(err); got != want {
			t.Errorf("%s: got the class %s, want %s", code, got, want)
		}
		if !errors.As(err, new(*pgconn.PgError)) {
			t.Errorf("%s: got %v, want the server's error in it, which source.Backoff counts", code, err)
		}
	}
}

// TestPatience: what somebody has to change in the server's files is not looked at all
// the time.
func TestPatience(t *testing.T) {
	o := ingest.Options{Source: source.Options{URL: "postgres://u@127.0.0.1/d", Pipeline: "p"}}
	for err, want := range map[error]time.Duration{
		ingest.Refused(o, &pgconn.PgError{Code: "28000"}): time.Minute, // pg_hba.conf
		ingest.Refused(o, &pgconn.PgError{Code: "57P03"}): 0,
		errors.New("cut"): 0,
	} {
		if got := ingest.Patience(err); got != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
}

// TestMissingColumn: the changes that lack a column of the configuration stay as they
// are, so trying again is in vain.
func TestMissingColumn(t *testing.T) {
	err := fmt.Errorf("key of public.t: column uid: %w", event.ErrNoColumn)
	if got := ingest.Classify(err); got != source.Stop {
		t.Errorf("got the class %s, want %s", got, source.Stop)
	}
}
