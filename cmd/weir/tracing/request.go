package tracing

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// Spans are those of the semantic conventions for HTTP servers. A span begins when
// the request's header is there and ends with the handler: when the answer was
// given to the connection, which for SSE is the end of the response, or on plain
// HTTP/1.1 the moment when the connection is handed over to the one who writes to
// all subscribers.

// statusKey leads to the place in a request's context where its status is noted.
type statusKey struct{}

// Wrap makes a span of each request that next serves. The handler says by Observe
// which status it answered with; the response is left alone, as what is done to it
// depends on its real type. Nil returns next itself.
func (t *Tracing) Wrap(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		method, route := methodOf(r.Method), t.routeOf(r.URL.EscapedPath())
		ctx, span := t.tracer.Start(ctx, spanName(method, route), trace.WithSpanKind(trace.SpanKindServer))
		if !span.IsRecording() {
			next.ServeHTTP(w, r)
			return
		}
		span.SetAttributes(attributesOf(r, method, route)...)
		status := new(int)
		answered := false
		// A handler that cuts the connection does so by a panic.
		defer func() { end(span, *status, answered) }()
		next.ServeHTTP(w, r.WithContext(context.WithValue(ctx, statusKey{}, status)))
		answered = true
	})
}

// Observer returns what notes the status of a request, from the goroutine that
// serves it. It is nil when there are no spans.
func (t *Tracing) Observer() func(r *http.Request, status int) {
	if t == nil {
		return nil
	}
	return func(r *http.Request, status int) {
		if place, ok := r.Context().Value(statusKey{}).(*int); ok {
			*place = status
		}
	}
}

func end(span trace.Span, status int, answered bool) {
	if status != 0 {
		span.SetAttributes(semconv.HTTPResponseStatusCode(status))
	}
	switch {
	case !answered:
		span.SetAttributes(semconv.ErrorTypeKey.String("aborted"))
		span.SetStatus(codes.Error, "the answer was cut")
	case status >= http.StatusInternalServerError:
		span.SetAttributes(semconv.ErrorTypeKey.String(strconv.Itoa(status)))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

// otherMethod stands for all methods that HTTP does not know: anybody may invent
// some.
const otherMethod = "_OTHER"

func methodOf(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return otherMethod
	}
}

// routeOf is the path of a request with the stream's name left open, or "" for a
// path that leads nowhere.
func (t *Tracing) routeOf(path string) string {
	switch {
	case strings.HasPrefix(path, t.base):
		return t.base + "{stream}"
	case path == "/healthz", path == "/readyz":
		return path
	default:
		return ""
	}
}

// spanName is one of few: no stream's name is in it.
func spanName(method, route string) string {
	if method == otherMethod {
		method = "HTTP"
	}
	return strings.TrimSuffix(method+" "+route, " ")
}

func attributesOf(r *http.Request, method, route string) []attribute.KeyValue {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	all := []attribute.KeyValue{
		semconv.HTTPRequestMethodKey.String(method),
		semconv.URLPath(r.URL.EscapedPath()),
		semconv.URLScheme(scheme),
		semconv.NetworkProtocolVersion(protocolOf(r)),
	}
	if method == otherMethod {
		all = append(all, semconv.HTTPRequestMethodOriginal(r.Method))
	}
	if route != "" {
		all = append(all, semconv.HTTPRoute(route))
	}
	if live := r.URL.Query().Get("live"); live != "" {
		all = append(all, attribute.String("weir.live", live))
	}
	return append(all, serverOf(r.Host)...)
}

// protocolOf is the version of HTTP as the conventions write it.
func protocolOf(r *http.Request) string {
	if r.ProtoMajor >= 2 {
		return strconv.Itoa(r.ProtoMajor)
	}
	return strconv.Itoa(r.ProtoMajor) + "." + strconv.Itoa(r.ProtoMinor)
}

// serverOf takes the server's address and port from the host that was asked for.
func serverOf(host string) []attribute.KeyValue {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	if name == "" {
		return nil
	}
	all := []attribute.KeyValue{semconv.ServerAddress(name)}
	if n, err := strconv.ParseUint(port, 10, 16); err == nil {
		all = append(all, semconv.ServerPort(int(n)))
	}
	return all
}
