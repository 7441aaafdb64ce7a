package httpapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// Offsets as they are on the wire.
const (
	start  = "0000000000000000_0000000000000000"
	beyond = "0000000000000000_0000000000000099"
)

// Header lines of valid requests.
const (
	asText = "Content-Type: text/plain"
	asJSON = "Content-Type: application/json"
	closes = "Stream-Closed: true"
)

// refusals is a server with one stream of each kind, and small limits, that
// requests which must all be refused are sent to.
type refusals struct {
	*server
	snapshot string
}

func newRefusals(t *testing.T) *refusals {
	s := serveStore(t, memstore.New(nil), &stream.Options{MaxStreamBytes: 40}, httpapi.Options{
		Names: limits.Names{MaxBytes: 24, MaxSegments: 3}, MaxAppendBytes: 64,
	})
	s.must(201, "PUT", "text", "hello", asText)
	s.must(200, "POST", "text", " world", asText, "Stream-Seq: 5", "Producer-Id: p", "Producer-Epoch: 2", "Producer-Seq: 0")
	s.must(201, "PUT", "json", `[1,"a,b"]`, asJSON)
	s.must(201, "PUT", "closed", "end", asText, closes)
	s.must(201, "PUT", "deleted", "kept", asText)
	s.must(201, "PUT", "fork", "", "Stream-Forked-From: /v1/stream/deleted")
	s.must(204, "DELETE", "deleted", "")
	r := &refusals{server: s}
	r.snapshot = r.state()
	return r
}

// state is everything that a request could change.
func (r *refusals) state() string {
	var b strings.Builder
	st, _ := r.engine.Stats()
	fmt.Fprintf(&b, "%d streams, %d changes", st.Streams, st.Commits)
	for _, name := range []string{"text", "json", "closed", "deleted", "fork"} {
		head, get := r.do("HEAD", name, ""), r.do("GET", name, "")
		for _, a := range []answer{head, get} {
			a.Header.Del("Date")
			fmt.Fprintf(&b, "\n%s: %d %v %q", name, a.StatusCode, a.Header, a.body)
		}
	}
	return b.String()
}

// checkUnchanged compares the state with the one before, line by line.
func (r *refusals) checkUnchanged(t *testing.T) {
	t.Helper()
	now := r.state()
	before := strings.Split(r.snapshot, "\n")
	for i, line := range strings.Split(now, "\n") {
		if line != before[i] {
			t.Errorf("state after the refusal: got %s\nwant %s", line, before[i])
		}
	}
	r.snapshot = now // so that one fault is reported once
}

// refusal is a request, as it goes over the wire, and its answer.
type refusal struct {
	name   string
	raw    string
	status int
	slug   string
	// headers that the answer has besides those of every refusal.
	headers map[string]string
}

// check sends every request and checks the answer, and that nothing changed.
func (r *refusals) check(t *testing.T, all []refusal) {
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			s := *r.server
			s.t = t
			a := s.raw(c.raw)
			wantProblem(t, a, c.status, c.slug)
			wantHeaders(t, a, c.headers)
			if a.Header.Get("Stream-Closed") != "" && c.slug != "closed" {
				t.Error("Stream-Closed: got it on a refusal that is not about closure")
			}
			r.checkUnchanged(t)
		})
	}
}
