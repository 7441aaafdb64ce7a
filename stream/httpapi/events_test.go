package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
)

// event is one dispatched event of an event stream, or a comment.
type event struct{ kind, id, data string }

const comment = "comment"

// control is what the data of a control event says.
type control struct {
	StreamNextOffset, StreamCursor string
	UpToDate, StreamClosed         bool
}

// subscription is an SSE connection.
type subscription struct {
	*wire
	header http.Header
	lines  lineReader
}

// lineReader reads the lines of a body.
type lineReader struct {
	r       io.Reader
	pending string
}

func (l *lineReader) line() (string, error) {
	buf := make([]byte, 256<<10)
	for {
		if line, rest, ok := strings.Cut(l.pending, "\n"); ok {
			l.pending = rest
			return line, nil
		}
		n, err := l.r.Read(buf)
		l.pending += string(buf[:n])
		if n == 0 && err != nil {
			return "", err
		}
	}
}

// subscribe opens an SSE connection, whose answer must be a stream of events.
func (s *server) subscribe(name, query string, headers ...string) *subscription {
	s.t.Helper()
	w := s.dial()
	w.send(request("GET", "/v1/stream/"+name+"?live=sse&"+query, "", headers...))
	res := w.head("GET")
	if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || got != "text/event-stream" {
		b, _ := io.ReadAll(res.Body)
		s.t.Fatalf("subscribe: got %d %s %s, want a stream of events", res.StatusCode, got, b)
	}
	return &subscription{wire: w, header: res.Header, lines: lineReader{r: res.Body}}
}

// tryNext returns the next event or comment, or why there is none.
func (s *subscription) tryNext() (event, error) {
	var e event
	var data []string
	for {
		line, err := s.lines.line()
		if err != nil {
			return e, err
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && (e != event{} || data != nil):
			e.data = strings.Join(data, "\n")
			return e, nil
		case line != "" && field == "":
			e.kind = comment
		case field == "event":
			e.kind = value
		case field == "id":
			e.id = value
		case field == "data":
			data = append(data, value)
		}
	}
}

// next is tryNext for an event that has to come.
func (s *subscription) next() event {
	s.t.Helper()
	e, err := s.tryNext()
	if err != nil {
		s.t.Fatalf("next event: %v", err)
	}
	return e
}

// data returns the payload of the next data event, and the control event behind
// it.
func (s *subscription) data() (string, control) {
	s.t.Helper()
	e := s.next()
	if e.kind != "data" {
		s.t.Fatalf("next event: got %+v, want data", e)
	}
	c := s.control()
	if e.id != c.StreamNextOffset {
		s.t.Errorf("id of a data event: got %q, want the next offset %q", e.id, c.StreamNextOffset)
	}
	return e.data, c
}

// control returns the next event, which must be one of control.
func (s *subscription) control() control {
	s.t.Helper()
	e := s.next()
	var c control
	if err := json.Unmarshal([]byte(e.data), &c); err != nil || e.kind != "control" {
		s.t.Fatalf("next event: got %+v, want control", e)
	}
	if e.id != c.StreamNextOffset {
		s.t.Errorf("id of a control event: got %q, want its next offset %q", e.id, c.StreamNextOffset)
	}
	return c
}

// end fails the test unless the response ends here, and well.
func (s *subscription) end() {
	s.t.Helper()
	if e, err := s.tryNext(); err != io.EOF {
		s.t.Errorf("end of events: got %+v, %v, want none", e, err)
	}
}
