package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream/httpapi"
)

// Large bodies that are on their way share a budget. What does not fit is refused,
// small bodies are not asked, and all of it is given back.
func TestBodiesShareABudget(t *testing.T) {
	const size = 512 << 10
	bodies := limits.NewBudget(2 * size)
	s := serve(t, httpapi.Options{MaxAppendBytes: size, Bodies: bodies})
	s.must(201, "PUT", "s", "", asText)
	large := strings.Repeat("x", size)

	half := s.dial()
	request := request("POST", "/v1/stream/s", large, asText)
	half.send(request[:len(request)-1])
	for deadline := time.Now().Add(patience); bodies.Taken() != size; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("memory of a body: got %d taken, want %d", bodies.Taken(), size)
		}
	}
	a := s.do("POST", "s", large, asText)
	wantProblem(t, a, 503, "bodies-memory")
	wantHeaders(t, a, map[string]string{"Retry-After": "1", "Connection": ""})
	chunked := s.raw("POST /v1/stream/s HTTP/1.1\r\nHost: h\r\n" + asText + "\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" + large + "\r\n0\r\n\r\n")
	wantProblem(t, chunked, 503, "bodies-memory")
	s.must(204, "POST", "s", strings.Repeat("x", 32<<10), asText)

	half.send(request[len(request)-1:])
	if a := half.answer("POST"); a.StatusCode != 204 {
		t.Errorf("body that came first: got %d %s, want 204", a.StatusCode, a.body)
	}
	s.must(204, "POST", "s", large, asText)
	if got := bodies.Taken(); got != 0 {
		t.Errorf("memory of bodies when none is on its way: got %d taken, want 0", got)
	}
}
