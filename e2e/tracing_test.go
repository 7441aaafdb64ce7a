package e2e_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
	"github.com/weirstreams/weir/e2e/internal/wire"
)

// traceCollector takes traces over OTLP, as a real collector does.
type traceCollector struct {
	*httptest.Server
	arrived chan struct{} // gets one whenever there is something new

	mu       sync.Mutex // guards what follows
	spans    []map[string]string
	requests int
}

func startCollector(t *testing.T) *traceCollector {
	t.Helper()
	c := &traceCollector{arrived: make(chan struct{}, 1)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("traces: %v", err)
			return
		}
		// An ExportTraceServiceRequest, which is the same on the wire.
		var traces tracepb.TracesData
		if err := proto.Unmarshal(body, &traces); err != nil {
			t.Errorf("traces: got %d bytes, want an export request: %v", len(body), err)
		}
		c.add(&traces)
	}))
	t.Cleanup(c.Close)
	return c
}

// add keeps spans as maps: their attributes, those of the server, and their name,
// trace and parent.
func (c *traceCollector) add(traces *tracepb.TracesData) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	for _, of := range traces.ResourceSpans {
		for _, scope := range of.ScopeSpans {
			for _, span := range scope.Spans {
				flat := map[string]string{"name": span.Name, "trace": hex.EncodeToString(span.TraceId), "parent": hex.EncodeToString(span.ParentSpanId)}
				for _, kv := range append(of.Resource.Attributes, span.Attributes...) {
					flat[kv.Key] = kv.Value.GetStringValue()
					if flat[kv.Key] == "" {
						flat[kv.Key] = fmt.Sprint(kv.Value.GetIntValue())
					}
				}
				c.spans = append(c.spans, flat)
			}
		}
	}
	select {
	case c.arrived <- struct{}{}:
	default:
	}
}

// find returns the spans that have all of what is wanted.
func (c *traceCollector) find(want map[string]string) (found []map[string]string) {
	c.mu.Lock()
	defer c.mu.Unlock()
search:
	for _, span := range c.spans {
		for key, value := range want {
			if span[key] != value {
				continue search
			}
		}
		found = append(found, span)
	}
	return found
}

// await waits for a span that has all of what is wanted.
func (c *traceCollector) await(t *testing.T, want map[string]string) {
	t.Helper()
	timeout := time.After(patience)
	for len(c.find(want)) == 0 {
		select {
		case <-c.arrived:
		case <-timeout:
			t.Fatalf("spans: got none with %v", want)
		}
	}
}

const streamRoute = "/v1/stream/{stream}"

// TestTraces makes requests of every kind to a server that sends traces, and looks
// for the span of each. Answers take different ways to the client; the status of
// each must be the one that the client saw.
func TestTraces(t *testing.T) {
	c := startCollector(t)
	server := startServer(t, "file-durable", env{
		"OTEL_EXPORTER_OTLP_ENDPOINT": c.URL, "OTEL_BSP_SCHEDULE_DELAY": "20",
		"DS_INSTANCE_ID": "weir-0", "DS_SERVER__LONG_POLL_TIMEOUT_SECS": "0.05",
	})
	a := newAPI(t, server.URL())
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	a.want(201, "PUT", "small", wire.Header{"Content-Type": plainText, "traceparent": "00-" + trace + "-" + parent + "-01"}, "x")
	a.append("small", plainText, "y")
	a.want(200, "GET", "small?offset=-1", nil, "")
	a.want(204, "GET", "small?offset=now&live=long-poll", nil, "")
	a.want(200, "HEAD", "small", nil, "")
	a.want(404, "GET", "missing", nil, "")
	a.create("large", octets, strings.Repeat("z", 3<<20))
	a.want(200, "GET", "large?offset=-1", nil, "")
	a.want(204, "DELETE", "large", nil, "")

	for _, want := range []map[string]string{
		{"http.request.method": "PUT", "url.path": "/v1/stream/small", "http.response.status_code": "201", "trace": trace, "parent": parent},
		{"http.request.method": "POST", "url.path": "/v1/stream/small", "http.response.status_code": "204"},
		{"http.request.method": "GET", "url.path": "/v1/stream/small", "http.response.status_code": "200"},
		{"http.request.method": "GET", "url.path": "/v1/stream/small", "http.response.status_code": "204", "weir.live": "long-poll"},
		{"http.request.method": "HEAD", "url.path": "/v1/stream/small", "http.response.status_code": "200"},
		{"http.request.method": "GET", "url.path": "/v1/stream/missing", "http.response.status_code": "404"},
		{"http.request.method": "GET", "url.path": "/v1/stream/large", "http.response.status_code": "200"},
		{"http.request.method": "DELETE", "url.path": "/v1/stream/large", "http.response.status_code": "204"},
	} {
		want["name"], want["http.route"] = want["http.request.method"]+" "+streamRoute, streamRoute
		want["service.name"], want["service.instance.id"] = "weir", "weir-0"
		want["server.address"], want["network.protocol.version"] = "127.0.0.1", "1.1"
		c.await(t, want)
		if got := len(c.find(want)); got != 1 {
			t.Errorf("spans with %v: got %d, want 1", want, got)
		}
	}
	checkTracedSubscription(t, c, a)
	a.want(200, "HEAD", "small", nil, "")
	server.Stop()
	if got := len(c.find(map[string]string{"http.request.method": "HEAD"})); got != 2 {
		t.Errorf("spans of HEAD when the server has ended: got %d, want the last one too", got)
	}
}

// checkTracedSubscription wants the span of an SSE connection while the connection
// lives on: it was handed over, as without traces.
func checkTracedSubscription(t *testing.T, c *traceCollector, a api) {
	t.Helper()
	live := follow(t, a, "small", "now")
	c.await(t, map[string]string{"weir.live": "sse", "http.response.status_code": "200", "name": "GET " + streamRoute})
	a.append("small", plainText, "after the span")
	if batch, err := live.Next(); err != nil || batch.Data != "after the span" {
		t.Errorf("SSE behind its span: got %q, %v, want the append", batch.Data, err)
	}
}

// TestNoTracesUnlessAskedFor runs a server that knows of a collector only by a
// variable that is about something else.
func TestNoTracesUnlessAskedFor(t *testing.T) {
	c := startCollector(t)
	server := startServer(t, "memory", env{"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": c.URL, "OTEL_BSP_SCHEDULE_DELAY": "1"})
	a := newAPI(t, server.URL())
	a.create("s", plainText, "x")
	server.Stop()
	if c.requests != 0 {
		t.Errorf("collector: got %d requests, want none", c.requests)
	}
}

// TestTracesWithoutCollector has the traces sent to where nobody is, or to one who
// never answers. Neither requests nor the end of the server may notice, and the log
// says it once.
func TestTracesWithoutCollector(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, addr := range map[string]string{
		"nobody": fmt.Sprint("127.0.0.1:", weirtest.FreePort(t)),
		"silent": silent.Addr().String(),
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t, "memory", env{
				"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://" + addr + "/v1/traces",
				"OTEL_BSP_SCHEDULE_DELAY":            "1", "OTEL_BSP_MAX_QUEUE_SIZE": "64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "16",
			})
			a := newAPI(t, server.URL())
			a.create("s", plainText, "")
			slowest := time.Duration(0)
			for range 2000 {
				begin := time.Now()
				a.append("s", plainText, "x")
				slowest = max(slowest, time.Since(begin))
			}
			if slowest > 5*time.Second {
				t.Errorf("slowest append: got %s, want none to wait for the collector", slowest)
			}
			begin := time.Now()
			server.Stop()
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("the server took %s to stop, want it not to wait for the collector", took)
			}
			if got := strings.Count(server.Log(), "traces were not taken"); got != 1 {
				t.Errorf("log: got %d complaints, want 1:\n%s", got, server.Log())
			}
		})
	}
}

// TestMistakenTracesAreNoReasonToStop starts a server whose environment names a
// collector that cannot be one.
func TestMistakenTracesAreNoReasonToStop(t *testing.T) {
	server := startServer(t, "memory", env{"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"})
	a := newAPI(t, server.URL())
	a.create("s", plainText, "x")
	if _, err := a.client.ReadAll(context.Background(), "s", "-1"); err != nil {
		t.Error(err)
	}
	if log := server.Log(); !strings.Contains(log, "there will be no traces") || !strings.Contains(log, "OTEL_EXPORTER_OTLP_ENDPOINT is no URL") {
		t.Errorf("log: got %s, want it to say that there are no traces, and why", log)
	}
}
