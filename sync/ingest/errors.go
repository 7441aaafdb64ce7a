package ingest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/assemble"
	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/sink"
	"github.com/weirstreams/weir/sync/ingest/source"
	"github.com/weirstreams/weir/sync/ingest/watch"
)

// stopError is an error that trying again does not mend.
type stopError struct{ error }

func (e stopError) Unwrap() error { return e.error }

func stop(err error) error { return stopError{err} }

// final are errors of which somebody has to change something.
var final = []error{
	sink.ErrForeign, sink.ErrGeneration, event.ErrNoKey, event.ErrNoColumn, event.ErrOldRows, event.ErrKeyedStreams, assemble.ErrLogChanged, event.ErrUnknownValue, assemble.ErrTruncated, assemble.ErrStreamName,
	assemble.ErrRowTooLarge, assemble.ErrNotFull, ErrManyStreams, watch.ErrStopped, pgoutput.ErrMalformed, pgoutput.ErrVersion, pgoutput.ErrUnknownRelation,
}

// classify says what to do about the end of a session, but for what source.Backoff
// counts: a password that was refused may be on its way.
func classify(err error) source.Class {
	if _, ok := errors.AsType[stopError](err); ok {
		return source.Stop
	}
	if source.PasswordRefused(err) {
		return source.Retry
	}
	if found, ok := errors.AsType[findings](err); ok {
		return found.class()
	}
	if _, ok := errors.AsType[*pgoutput.ShapeError](err); ok {
		return source.Stop
	}
	for _, f := range final {
		if errors.Is(err, f) {
			return source.Stop
		}
	}
	return source.Classify(err)
}

// findings are what stands in the way of a session, as an error.
type findings []checks.Finding

func (f findings) Error() string {
	texts := make([]string, len(f))
	for i, one := range f {
		texts[i] = fmt.Sprintf("%s %s", one.Code, one.Text)
	}
	return strings.Join(texts, "\n")
}

// class is Stop if one of them is, so that what can be mended by waiting is not
// waited for in vain.
func (f findings) class() source.Class {
	for _, one := range f {
		if one.Then == checks.Stop || one.Then == checks.PerSetting {
			return source.Stop
		}
	}
	return source.Retry
}

// patience is how long the findings in an error ask to wait before the next attempt, 0
// if there are none that do.
func patience(err error) (least time.Duration) {
	found, _ := errors.AsType[findings](err)
	for _, one := range found {
		least = max(least, one.After)
	}
	return least
}

// programLimit is the SQLSTATE of a message that Postgres cannot make because it
// would be larger than 1 GiB.
const programLimit = "54000"

// errUnsendable says what to do about a row that is too large for Postgres itself.
// A column list alone does not help: that row is decoded with the publication as it
// was when the row was written.
var errUnsendable = errors.New("the slot is at a row of more than 1 GiB as text, where bytea counts twice, and Postgres cannot send it: " +
	"make the row smaller, or leave its column out by a column list of the publication, and then POST /sync/resync, which copies the tables anew; " +
	"or POST /sync/skip-to, which leaves changes out")

// unsendable says it of the end of a stream that such a row has ended.
func unsendable(err error) error {
	server, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || server.Code != programLimit {
		return err
	}
	return fmt.Errorf("%w: %w", errUnsendable, err)
}
