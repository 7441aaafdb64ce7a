package tracing_test

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/weirstreams/weir/cmd/weir/tracing"
)

var options = tracing.Options{Instance: "weir-0", Version: "v1.2.3", BasePath: "/v1/stream", Log: zerolog.Nop()}

// start starts the traces, which have to be asked for, and returns a handler that
// answers with a status, or cuts the answer.
func start(t *testing.T) (*tracing.Tracing, func(status int) http.Handler) {
	t.Helper()
	traces, err := tracing.Start(options)
	if err != nil || traces == nil {
		t.Fatalf("start: got %v, %v, want traces", traces, err)
	}
	observe := traces.Observer()
	return traces, func(status int) http.Handler {
		return traces.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, own := w.(*httptest.ResponseRecorder); !own {
				t.Errorf("response: got a %T, want the one that came", w)
			}
			if status == 0 {
				panic(http.ErrAbortHandler)
			}
			observe(r, status)
			w.WriteHeader(http.StatusNoContent) // not what goes over the wire
		}))
	}
}

// serve has a handler serve one request, which may be cut.
func serve(h http.Handler, r *http.Request) {
	defer func() { _ = recover() }()
	h.ServeHTTP(httptest.NewRecorder(), r)
}

func TestOffUnlessAskedFor(t *testing.T) {
	for _, environ := range []map[string]string{
		{},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
		{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "True"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"},
	} {
		t.Run(fmt.Sprint(environ), func(t *testing.T) {
			setenv(t, environ)
			traces, err := tracing.Start(options)
			if traces != nil || err != nil {
				t.Fatalf("start: got %v, %v, want nothing", traces, err)
			}
			own := http.NewServeMux()
			if got := traces.Wrap(own); got != http.Handler(own) {
				t.Errorf("handler: got %T, want the one that was given", got)
			}
			if traces.Observer() != nil {
				t.Error("observer: got one, want none")
			}
			traces.Close(t.Context())
		})
	}
}

func setenv(t *testing.T, environ map[string]string) {
	t.Helper()
	for name, value := range environ {
		t.Setenv(name, value)
	}
}

func TestMistakesInTheEnvironment(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "OTEL_EXPORTER_OTLP_ENDPOINT is no URL"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "is no URL"},
		{"OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://u:secret@collector", "is no URL"},
		{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://u:secret@%zz", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is no URL"},
		{"OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"},
		{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "want http/protobuf"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")
			t.Setenv(test.name, test.value)
			traces, err := tracing.Start(options)
			if traces != nil || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s=%s: got %v, %v, want an error with %q and no secret", test.name, test.value, traces, err, test.want)
			}
		})
	}
}

func TestSpans(t *testing.T) {
	tests := []struct {
		method, target string
		proto          int
		status         int // 0: the answer is cut
		name           string
		has            map[string]string
	}{
		{"GET", "/v1/stream/rooms/1?offset=-1&live=sse", 1, 200, "GET /v1/stream/{stream}", map[string]string{
			"http.request.method": "GET", "http.route": "/v1/stream/{stream}", "url.path": "/v1/stream/rooms/1", "url.scheme": "http",
			"http.response.status_code": "200", "network.protocol.version": "1.1", "weir.live": "sse",
			"server.address": "streams.test", "server.port": "4437",
		}},
		{"POST", "/v1/stream/a%2Fb", 2, 503, "POST /v1/stream/{stream}", map[string]string{
			"http.request.method": "POST", "http.route": "/v1/stream/{stream}", "url.path": "/v1/stream/a%2Fb", "url.scheme": "http",
			"http.response.status_code": "503", "network.protocol.version": "2", "error.type": "503",
			"server.address": "streams.test", "server.port": "4437",
		}},
		{"GET", "/readyz", 1, 404, "GET /readyz", map[string]string{
			"http.request.method": "GET", "http.route": "/readyz", "url.path": "/readyz", "url.scheme": "http",
			"http.response.status_code": "404", "network.protocol.version": "1.1",
			"server.address": "streams.test", "server.port": "4437",
		}},
		{"BREW", "/coffee", 1, 0, "HTTP", map[string]string{
			"http.request.method": "_OTHER", "http.request.method_original": "BREW", "url.path": "/coffee", "url.scheme": "http",
			"network.protocol.version": "1.1", "error.type": "aborted",
			"server.address": "streams.test", "server.port": "4437",
		}},
	}
	c := startCollector(t)
	traces, handler := start(t)
	for _, test := range tests {
		r := httptest.NewRequest(test.method, "http://streams.test:4437"+test.target, nil)
		r.TLS = nil
		r.ProtoMajor, r.ProtoMinor = test.proto, 2-test.proto
		serve(handler(test.status), r)
	}
	traces.Close(t.Context())

	spans := c.spans()
	if len(spans) != len(tests) {
		t.Fatalf("spans: got %d, want %d", len(spans), len(tests))
	}
	for i, test := range tests {
		span := spans[i]
		if span.Name != test.name || span.Kind != tracepb.Span_SPAN_KIND_SERVER {
			t.Errorf("%s %s: got %q of kind %v, want %q of a server", test.method, test.target, span.Name, span.Kind, test.name)
		}
		if got := attributes(span.Attributes); !maps.Equal(got, test.has) {
			t.Errorf("%s %s: got %v, want %v", test.method, test.target, got, test.has)
		}
		failed := test.status == 0 || test.status >= 500
		if got := span.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR; got != failed {
			t.Errorf("%s %s: got %v, want a failure: %v", test.method, test.target, span.Status, failed)
		}
	}
}

func TestSpansTellOfTheServer(t *testing.T) {
	for _, test := range []struct {
		environ map[string]string
		has     map[string]string
	}{
		{nil, map[string]string{"service.name": "weir", "service.instance.id": "weir-0", "service.version": "v1.2.3"}},
		{
			map[string]string{"OTEL_SERVICE_NAME": "streams", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test"},
			map[string]string{"service.name": "streams", "service.instance.id": "weir-0", "deployment.environment.name": "test"},
		},
	} {
		t.Run(fmt.Sprint(test.environ), func(t *testing.T) {
			setenv(t, test.environ)
			c := startCollector(t)
			traces, handler := start(t)
			serve(handler(200), httptest.NewRequest("GET", "/healthz", nil))
			traces.Close(t.Context())
			if len(c.got) != 1 {
				t.Fatalf("got %v, want the spans of one server", c.got)
			}
			got := attributes(c.got[0].Resource.Attributes)
			for name, want := range test.has {
				if got[name] != want {
					t.Errorf("%s: got %q, want %q", name, got[name], want)
				}
			}
		})
	}
}

// A span goes on with the trace that the request belongs to, and is there when that
// one is.
func TestSpansHaveParents(t *testing.T) {
	const trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	for flags, want := range map[string]int{"01": 1, "00": 0} {
		t.Run(flags, func(t *testing.T) {
			c := startCollector(t)
			traces, handler := start(t)
			r := httptest.NewRequest("GET", "/v1/stream/a", nil)
			r.Header.Set("traceparent", "00-"+trace+"-"+parent+"-"+flags)
			serve(handler(200), r)
			traces.Close(t.Context())
			spans := c.spans()
			if len(spans) != want {
				t.Fatalf("spans: got %d, want %d", len(spans), want)
			}
			if want == 1 && (hex.EncodeToString(spans[0].TraceId) != trace || hex.EncodeToString(spans[0].ParentSpanId) != parent) {
				t.Errorf("span: got %v, want it below the request's", spans[0])
			}
		})
	}
}

func TestSamplerOfTheEnvironment(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
	c := startCollector(t)
	traces, handler := start(t)
	const requests = 1000
	for range requests {
		serve(handler(200), httptest.NewRequest("GET", "/v1/stream/a", nil))
	}
	traces.Close(t.Context())
	if got := len(c.spans()); got < requests/8 || got > requests*3/8 {
		t.Errorf("spans of %d requests: got %d, want about a quarter", requests, got)
	}
}

// Clients write paths, so their length in the queue is bounded.
func TestLongPathsAreCut(t *testing.T) {
	c := startCollector(t)
	traces, handler := start(t)
	serve(handler(200), httptest.NewRequest("GET", "/v1/stream/"+strings.Repeat("x", 20_000), nil))
	traces.Close(t.Context())
	if got := len(attributes(c.spans()[0].Attributes)["url.path"]); got != 1024 {
		t.Errorf("path: got %d bytes, want 1024", got)
	}
}

// A collector that takes a connection and never answers holds up neither requests
// nor the end for longer than it is given.
func TestSilentCollector(t *testing.T) {
	stuck := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stuck }))
	defer silent.Close()
	defer close(stuck)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", silent.URL)
	traces, handler := start(t)
	begin := time.Now()
	for range 5000 { // more than the queue holds
		serve(handler(200), httptest.NewRequest("GET", "/v1/stream/a", nil))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	traces.Close(ctx)
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("5000 requests and the end: got %v, want them not to wait for the collector", took)
	}
}
