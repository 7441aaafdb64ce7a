package e2e_test

import (
	"fmt"
	"strconv"
)

// model is what the protocol says a server's text streams must be after a
// history of requests. Its methods apply one request and return the status it
// must be answered with.
type model struct {
	streams map[string]*modelStream
}

// modelStream is one stream, which may live on without a name of its own while
// forks need it.
type modelStream struct {
	name      string
	body      string
	points    []point // offsets handed out, in order; the last is the tail
	closed    bool
	forks     int
	source    *modelStream // nil unless it is a fork
	deleted   bool         // by its owner, while forks need it
	seq       string
	producers map[string]producerState
}

// point is an offset and how many bytes lie before it.
type point struct {
	offset string
	length int
}

type producerState struct {
	epoch, seq int
}

func newModel() *model {
	return &model{streams: make(map[string]*modelStream)}
}

func (s *modelStream) grow(text, tail string) {
	s.body += text
	s.points = append(s.points, point{tail, len(s.body)})
}

func (s *modelStream) tail() string {
	return s.points[len(s.points)-1].offset
}

// find returns the stream, or the status that says why it cannot be used.
func (m *model) find(name string) (*modelStream, int) {
	s := m.streams[name]
	switch {
	case s == nil:
		return nil, 404
	case s.deleted:
		return nil, 410
	default:
		return s, 0
	}
}

// status of a PUT of a plain, open text stream.
func (m *model) statusCreate(name string) int {
	s := m.streams[name]
	switch {
	case s == nil:
		return 201
	case s.deleted, s.closed, s.source != nil:
		return 409
	default:
		return 200
	}
}

func (m *model) create(name, text, tail string) {
	s := &modelStream{name: name, producers: make(map[string]producerState)}
	s.grow(text, tail)
	m.streams[name] = s
}

// statusFork tells what forking source onto a name that is free gives.
func (m *model) statusFork(source string) int {
	switch _, status := m.find(source); status {
	case 0:
		return 201
	case 410:
		return 409
	default:
		return status
	}
}

func (m *model) fork(source *modelStream, name string, at point) {
	source.forks++
	s := &modelStream{name: name, source: source, producers: make(map[string]producerState)}
	s.grow(source.body[:at.length], at.offset)
	m.streams[name] = s
}

// statusProducer is the table of chapter 6.2 of the protocol.
func (s *modelStream) statusProducer(id string, epoch, seq int) int {
	last, known := s.producers[id]
	switch {
	case s.closed:
		return 409
	case !known && seq == 0:
		return 200
	case !known:
		return 409
	case epoch < last.epoch:
		return 403
	case epoch > last.epoch && seq != 0:
		return 400
	case epoch > last.epoch:
		return 200
	case seq <= last.seq:
		return 204
	case seq == last.seq+1:
		return 200
	default:
		return 409
	}
}

// statusAppend is for an append with Stream-Seq seq, or without one if empty.
func (s *modelStream) statusAppend(seq string) int {
	if s.closed || seq != "" && seq <= s.seq {
		return 409
	}
	return 204
}

// remove deletes a stream that is there. It returns the names that are free
// afterwards.
func (m *model) remove(s *modelStream) []string {
	if s.forks > 0 {
		s.deleted = true
		return nil
	}
	delete(m.streams, s.name)
	freed := []string{s.name}
	if source := s.source; source != nil {
		source.forks--
		if source.deleted {
			freed = append(freed, m.remove(source)...)
		}
	}
	return freed
}

func (s *modelStream) String() string {
	return fmt.Sprintf("%s (%d bytes, closed %s, %d forks)", s.name, len(s.body), strconv.FormatBool(s.closed), s.forks)
}
