package stream_test

import (
	"testing"

	"github.com/weirstreams/weir/stream"
)

// TestForkAgain repeats a request for a fork with one thing changed. What is left
// out matches what was left out before.
func TestForkAgain(t *testing.T) {
	const noon = "2999-01-01T12:00:00Z"
	e := newEngine(t, nil)
	source := lasting("s", 1000)
	source.ContentType = json
	source.Body = []byte(`[1,2,3]`)
	create(t, e, source)
	create(t, e, plain("other", json))
	create(t, e, plain("plain", json))

	tests := []struct {
		name          string
		first, second func(r *stream.CreateRequest)
		want          stream.Code
	}{
		{"equal", nil, nil, ""},
		{"offset left out", nil, func(r *stream.CreateRequest) { r.Fork.Offset = nil; r.Fork.Sub = 0 }, stream.CodeExists},
		{"other offset", nil, at(2), stream.CodeExists},
		{"other sub-offset", nil, func(r *stream.CreateRequest) { r.Fork.Sub = 2 }, stream.CodeExists},
		{"other source", nil, func(r *stream.CreateRequest) { r.Fork.Source = "other" }, stream.CodeExists},
		{"missing source", nil, func(r *stream.CreateRequest) { r.Fork.Source = "missing" }, stream.CodeExists},
		{"no fork", nil, func(r *stream.CreateRequest) { r.Fork = nil }, stream.CodeExists},
		{"inherited type named", nil, func(r *stream.CreateRequest) { r.ContentType = json }, ""},
		{"other type", nil, func(r *stream.CreateRequest) { r.ContentType = text }, stream.CodeExists},
		{"inherited window named", nil, func(r *stream.CreateRequest) { r.TTL = 1000 }, ""},
		{"other window", nil, func(r *stream.CreateRequest) { r.TTL = 999 }, stream.CodeExists},
		{"own window", window(7), window(7), ""},
		{"own window left out", window(7), nil, stream.CodeExists},
		{"own end", end(noon), end("2999-01-01T11:00:00-01:00"), ""},
		{"own end left out", end(noon), nil, stream.CodeExists},
		{"closed", func(r *stream.CreateRequest) { r.Closed = true }, func(r *stream.CreateRequest) { r.Closed = true }, ""},
		{"closed or open", func(r *stream.CreateRequest) { r.Closed = true }, nil, stream.CodeExists},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			create(t, e, changed(test.first))
			_, created, err := e.Create(changed(test.second))
			wantCode(t, "second request", err, test.want)
			if created {
				t.Error("second request: got a new stream, want the one that exists")
			}
			remove(t, e, "f")
		})
	}
	_, _, err := e.Create(forkOf("plain", "s", 0, 0))
	wantCode(t, "fork at the name of an ordinary stream", err, stream.CodeExists)
	remove(t, e, "s")
	wantState(t, e, "s", stream.CodeNotFound)
}

func at(pos stream.Offset) func(r *stream.CreateRequest) {
	return func(r *stream.CreateRequest) { r.Fork.Offset = &pos }
}

func window(seconds int64) func(r *stream.CreateRequest) {
	return func(r *stream.CreateRequest) { r.TTL = seconds }
}

func end(at string) func(r *stream.CreateRequest) {
	return func(r *stream.CreateRequest) { r.ExpiresAt = at }
}

// changed is the request that forks s after its first message, with a change.
func changed(change func(r *stream.CreateRequest)) *stream.CreateRequest {
	r := forkOf("f", "s", 0, 1)
	if change != nil {
		change(r)
	}
	return r
}

// A fork at the tail of its source matches the same request also after the
// source has grown, closed, or gone.
func TestForkAtTailAgain(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	put(t, e, "s", "one")
	r := forkOf("f", "s", 0, 0)
	r.Fork.Offset = nil
	create(t, e, r)
	put(t, e, "s", "two")
	closeStream(t, e, "s")
	remove(t, e, "s")
	info, created, err := e.Create(r)
	if err != nil || created || info.Tail != 3 {
		t.Errorf("got %+v, created %v, %v, want the fork that exists", info, created, err)
	}
	_, _, err = e.Create(forkOf("f", "s", 6, 0))
	wantCode(t, "the same fork at the present tail", err, stream.CodeExists)
	_, _, err = e.Create(forkOf("f", "s", 3, 0))
	wantCode(t, "the same fork, its offset named", err, "")
}
