package tracing

import (
	"context"
	"time"

	"github.com/rs/zerolog"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// complaintInterval is how often the log says, at most, that spans were lost. A
// collector that is away would otherwise fill it.
const complaintInterval = time.Minute

// exporter sends spans until lasting ends. It logs failures itself, so that none
// reaches the SDK's handler of errors, which is the process's one. All but lasting
// is owned by the goroutine of the batches.
type exporter struct {
	sdktrace.SpanExporter
	lasting context.Context
	log     zerolog.Logger

	lost       int       // spans, since the last complaint
	complained time.Time // zero: never
}

// ExportSpans implements sdktrace.SpanExporter.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.lasting, cancel)()
	if err := e.SpanExporter.ExportSpans(ctx, spans); err != nil {
		e.complain(err, len(spans))
	}
	return nil
}

func (e *exporter) complain(err error, spans int) {
	e.lost += spans
	if now := time.Now(); e.complained.IsZero() || now.Sub(e.complained) >= complaintInterval {
		e.log.Warn().Err(err).Int("spans", e.lost).Msg("traces were not taken and are lost")
		e.lost, e.complained = 0, now
	}
}
