package e2e_test

import (
	"strings"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// probe is a request that shows a state and leaves it as it was.
type probe struct {
	method string
	stream string
	header wire.Header
	body   string
	status int
	// answer lists headers the answer must have; the value TAIL stands for the
	// stream's tail.
	answer wire.Header
}

// stateProbes are for the states of arrangeStates.
func stateProbes() []probe {
	plain := wire.Header{"Content-Type": plainText}
	isClosed := wire.Header{"Stream-Closed": "true", "Stream-Next-Offset": "TAIL"}
	return []probe{
		{"POST", "bytes", plain, "x", 409, wire.Header{"Stream-Closed": ""}},
		{"POST", "json", wire.Header{"Content-Type": jsonType}, "{", 400, nil},

		{"POST", "closed", plain, "x", 409, isClosed},
		{"POST", "closed", closing, "", 204, isClosed},
		{"POST", "closed-empty", plain, "x", 409, isClosed},
		{"POST", "closed-at-birth", plain, "x", 409, isClosed},
		{"PUT", "closed-at-birth", plain, "", 409, nil},
		{"PUT", "closed-at-birth", and(closing, "Content-Type", plainText), "", 200, isClosed},
		{"POST", "closed-by-producer", and(producer("p", 0, 1), "Stream-Closed", "true"), "last", 204, isClosed},
		{"POST", "closed-by-producer", producer("p", 0, 2), "x", 409, isClosed},

		{"POST", "producer", producer("p", 4, 0), "b", 204, wire.Header{"Producer-Epoch": "4", "Producer-Seq": "1"}},
		{"POST", "producer", producer("p", 4, 1), "c", 204, wire.Header{"Producer-Epoch": "4", "Producer-Seq": "1"}},
		{"POST", "producer", producer("p", 4, 3), "x", 409, wire.Header{"Producer-Expected-Seq": "2", "Producer-Received-Seq": "3"}},
		{"POST", "producer", producer("p", 3, 1), "x", 403, wire.Header{"Producer-Epoch": "4"}},
		{"POST", "producer", producer("p", 5, 1), "x", 400, nil},
		{"POST", "two-producers", producer("p", 0, 1), "p1", 204, wire.Header{"Producer-Seq": "1"}},
		{"POST", "two-producers", producer("q", 7, 0), "q0", 204, wire.Header{"Producer-Seq": "0"}},
		{"POST", "two-producers", producer("r", 0, 1), "x", 409, wire.Header{"Producer-Expected-Seq": "0"}},
		{"POST", "seq", and(plain, "Stream-Seq", "b05"), "x", 409, nil},
		{"POST", "seq", and(plain, "Stream-Seq", "b04"), "x", 409, nil},

		{"PUT", "ttl", and(plain, "Stream-TTL", "3600"), "", 200, nil},
		{"PUT", "ttl", and(plain, "Stream-TTL", "3601"), "", 409, nil},
		{"PUT", "expires", and(plain, "Stream-Expires-At", farAway), "", 200, nil},
		{"PUT", "expires", plain, "", 409, nil},

		{"GET", "deleted", nil, "", 404, nil},
		{"POST", "recreated", producer("p", 0, 1), "x", 409, nil},

		{"PUT", "fork", fork("source"), "", 200, nil},
		{"PUT", "fork", fork("bytes"), "", 409, nil},
		{"PUT", "fork", plain, "", 409, nil},
		{"GET", "soft-deleted", nil, "", 410, nil},
		{"POST", "soft-deleted", plain, "x", 410, nil},
		{"PUT", "soft-deleted", plain, "", 409, nil},
		{"DELETE", "soft-deleted", nil, "", 410, nil},
		{"PUT", "fork-of-nothing", fork("soft-deleted"), "", 409, nil},
	}
}

func (p probe) check(a api, tail string) {
	a.t.Helper()
	resp := a.do(p.method, p.stream, p.header, p.body)
	if resp.Status != p.status {
		a.t.Errorf("%s %s %v: got status %d, want %d: %s",
			p.method, p.stream, p.header, resp.Status, p.status, resp.Body)
		return
	}
	for name, want := range p.answer {
		want = strings.ReplaceAll(want, "TAIL", tail)
		if got := resp.Header.Get(name); got != want {
			a.t.Errorf("%s %s %v: got %s %q, want %q", p.method, p.stream, p.header, name, got, want)
		}
	}
}
