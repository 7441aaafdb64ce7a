package ingest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest"
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
