package tracing_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector takes traces as OpenTelemetry's would. What it got is to be looked at
// when nobody sends any more.
type collector struct {
	*httptest.Server
	got []*tracepb.ResourceSpans
}

// startCollector starts a collector and has the environment name it.
func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			t.Errorf("request to the collector: got %s and %v, want whole ones of /v1/traces", r.URL, err)
		}
		// An ExportTraceServiceRequest, which is the same on the wire.
		var traces tracepb.TracesData
		if err := proto.Unmarshal(body, &traces); err != nil {
			t.Errorf("request to the collector: %v", err)
		}
		c.got = append(c.got, traces.ResourceSpans...)
	}))
	t.Cleanup(c.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	return c
}

// spans returns all spans, in the order in which they have ended.
func (c *collector) spans() (all []*tracepb.Span) {
	for _, of := range c.got {
		for _, scope := range of.ScopeSpans {
			all = append(all, scope.Spans...)
		}
	}
	return all
}

// attributes returns attributes as text.
func attributes(list []*commonpb.KeyValue) map[string]string {
	all := make(map[string]string)
	for _, kv := range list {
		switch v := kv.Value.Value.(type) {
		case *commonpb.AnyValue_StringValue:
			all[kv.Key] = v.StringValue
		case *commonpb.AnyValue_IntValue:
			all[kv.Key] = fmt.Sprint(v.IntValue)
		default:
			all[kv.Key] = fmt.Sprintf("unexpected type %T", v)
		}
	}
	return all
}
