package source_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/source"
)

func TestClassify(t *testing.T) {
	codes := map[string]source.Class{
		"08006": source.Retry, "57P01": source.Retry, "57P02": source.Retry, "57P03": source.Retry,
		"53300": source.Retry, "53400": source.Retry, "55006": source.Retry, "40001": source.Retry,
		"25006": source.Retry, "28000": source.Retry,
		"58030": source.Once, "XX000": source.Once, "99999": source.Once, "": source.Once,
		"28P01": source.Stop, "3D000": source.Stop, "42704": source.Stop, "42501": source.Stop,
		"0A000": source.Stop, "22023": source.Stop, "54000": source.Stop, "55000": source.Stop,
		"57P04": source.Stop,
	}
	for code, want := range codes {
		err := fmt.Errorf("step: %w", &pgconn.PgError{Code: code})
		if got := source.Classify(err); got != want {
			t.Errorf("SQLSTATE %q: got %s, want %s", code, got, want)
		}
	}
	others := map[error]source.Class{
		io.EOF:                          source.Retry,
		io.ErrUnexpectedEOF:             source.Retry,
		os.ErrDeadlineExceeded:          source.Retry,
		context.DeadlineExceeded:        source.Retry,
		&net.DNSError{IsNotFound: true}: source.Retry,
		source.ErrEnded:                 source.Retry,
		source.ErrSilent:                source.Retry,
		source.ErrFrame:                 source.Once,
		source.ErrStopped:               source.Stop,
		source.ErrSlotName:              source.Stop,
	}
	for err, want := range others {
		if got := source.Classify(fmt.Errorf("step: %w", err)); got != want {
			t.Errorf("%v: got %s, want %s", err, got, want)
		}
	}
	if got := source.Classify(x509.UnknownAuthorityError{}); got != source.Stop {
		t.Errorf("untrusted certificate: got %s, want stop", got)
	}
}

func TestBackoffPauses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := source.Backoff{
			Min: time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(t, "min")),
			Max: time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "max")),
		}
		least := max(b.Min, 250*time.Millisecond)
		most := b.Max
		if most == 0 {
			most = 30 * time.Second
		}
		limit := least
		for range rapid.IntRange(1, 100).Draw(t, "failures") {
			limit = min(2*limit, max(most, least))
			got, class := b.Failed(io.EOF, noon)
			if got < least || got > limit || class != source.Retry {
				t.Fatalf("got %s, %s, want retry within [%s, %s]", got, class, least, limit)
			}
		}
	})
}

func TestBackoffResetsAfterAHealthyMinute(t *testing.T) {
	for _, c := range []struct {
		up   time.Duration
		most time.Duration
	}{{59 * time.Second, 30 * time.Second}, {60 * time.Second, 500 * time.Millisecond}} {
		longest := time.Duration(0)
		for range 200 {
			var b source.Backoff
			for range 20 {
				b.Failed(io.EOF, noon)
			}
			b.Connected(noon)
			got, _ := b.Failed(io.EOF, noon.Add(c.up))
			longest = max(longest, got)
		}
		if longest > c.most || longest < c.most/2 {
			t.Errorf("up for %s: longest pause of 200 was %s, want about %s", c.up, longest, c.most)
		}
	}
}

func TestBackoffRemembersClasses(t *testing.T) {
	refused := &pgconn.PgError{Code: "28P01"}
	internal := &pgconn.PgError{Code: "XX000"}
	var b source.Backoff
	for i, step := range []struct {
		err  error
		want source.Class
	}{
		{refused, source.Retry}, {refused, source.Retry}, {refused, source.Retry}, {refused, source.Stop},
		{io.EOF, source.Retry}, {refused, source.Retry},
		{internal, source.Once}, {errors.New("reset"), source.Retry}, {internal, source.Stop},
	} {
		if _, got := b.Failed(step.err, noon); got != step.want {
			t.Errorf("step %d, %v: got %s, want %s", i, step.err, got, step.want)
		}
	}
	b.Connected(noon)
	if _, got := b.Failed(internal, noon.Add(time.Minute)); got != source.Once {
		t.Errorf("after a healthy minute: got %s, want once", got)
	}
}
