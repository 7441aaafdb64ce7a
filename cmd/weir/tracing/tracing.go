// Package tracing tells an OpenTelemetry collector about the requests that the
// server has answered, one span for each.
//
// It is off unless the environment names a collector: [Start] then returns nil,
// which may be used, and costs a request nothing. The variables are OpenTelemetry's
// own (OTEL_*), which its SDK reads from the process's environment; this package
// looks only at those that say whether and where.
//
// Nothing here makes a request wait, or fail. Ended spans go into a queue of
// bounded size, which one goroutine empties. What does not fit is dropped; what
// cannot be sent is lost, and the log says so, once a minute at most.
package tracing

import (
	"context"
	"fmt"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

const (
	// scope is who made the spans.
	scope = "github.com/weirstreams/weir"
	// maxValue bounds the text of an attribute, in bytes, and with it what the
	// queue holds: clients write the paths.
	maxValue = 1024
)

// Options say what the spans tell of the server.
type Options struct {
	// Instance tells the server from others of its kind.
	Instance string
	// Version is the server's.
	Version string
	// BasePath is the path below which the streams live, without a slash at its
	// end.
	BasePath string
	// Log receives what could not be sent.
	Log zerolog.Logger
}

// Tracing makes spans of requests and sends them. Nil makes none.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	base     string // BasePath and a slash
	cancel   context.CancelFunc
}

// Start begins to send spans, if the environment asks for it, until Close. Without
// that it returns nil. The collector need not be there.
func Start(o Options) (*Tracing, error) {
	on, err := asked()
	if err != nil || !on {
		return nil, err
	}
	about, err := describe(o)
	if err != nil {
		return nil, err
	}
	out, err := otlptracehttp.New(context.Background())
	if err != nil {
		return nil, fmt.Errorf("make exporter of traces: %w", err)
	}
	t := &Tracing{base: o.BasePath + "/"}
	lasting, cancel := context.WithCancel(context.Background())
	t.cancel = cancel
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 {
		limits.AttributeValueLengthLimit = maxValue
	}
	// The sampler is the one that the environment names.
	t.provider = sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(&exporter{SpanExporter: out, lasting: lasting, log: o.Log}),
		sdktrace.WithResource(about),
		sdktrace.WithRawSpanLimits(limits),
	)
	t.tracer = t.provider.Tracer(scope, trace.WithInstrumentationVersion(o.Version), trace.WithSchemaURL(semconv.SchemaURL))
	return t, nil
}

// describe is what every span says of the server. What the environment says of it
// wins.
func describe(o Options) (*resource.Resource, error) {
	own := []attribute.KeyValue{semconv.ServiceName("weir"), semconv.ServiceInstanceID(o.Instance), semconv.ServiceVersion(o.Version)}
	r, err := resource.New(context.Background(),
		resource.WithTelemetrySDK(), resource.WithAttributes(own...), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	return r, nil
}

// Close sends what is left until ctx is done, and gives up the rest. Nothing of it
// runs any more when it returns. The caller has ended all requests before.
func (t *Tracing) Close(ctx context.Context) {
	if t == nil {
		return
	}
	defer t.cancel()
	defer context.AfterFunc(ctx, t.cancel)()
	// The exporter has logged what went wrong. The end of ctx ends it by the other
	// context, which the provider's goroutine works in.
	_ = t.provider.Shutdown(context.WithoutCancel(ctx))
}
