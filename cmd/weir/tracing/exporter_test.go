package tracing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// away is a collector that is not there.
type away struct{ sdktrace.SpanExporter }

func (away) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error {
	return errors.New("connection refused")
}

// However often the collector fails, the log says so once a minute, and how much
// was lost; and nobody else is told.
func TestFailuresAreLoggedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := &exporter{SpanExporter: away{}, lasting: t.Context(), log: zerolog.New(&out)}
		for range 150 {
			if err := e.ExportSpans(t.Context(), make([]sdktrace.ReadOnlySpan, 2)); err != nil {
				t.Errorf("export: got %v, want the failure to stay here", err)
			}
			time.Sleep(time.Second)
		}
		var lost []int
		for lines := json.NewDecoder(&out); lines.More(); {
			var line struct {
				Spans        int
				Level, Error string
			}
			if err := lines.Decode(&line); err != nil || line.Level != "warn" || line.Error != "connection refused" {
				t.Errorf("log: got %+v, %v, want a warning with the cause", line, err)
			}
			lost = append(lost, line.Spans)
		}
		if len(lost) != 3 || lost[0] != 2 || lost[1] != 120 || lost[2] != 120 {
			t.Errorf("lost spans in the log: got %v, want 2, 120 and 120", lost)
		}
	})
}
