package stream_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// model is what the protocol says the streams are. A stream is a list of units,
// bytes or JSON messages, each of which knows the append that it came with.
type model map[string]*modelStream

type modelStream struct {
	contentType string
	units       []unit
	appends     int // made so far, those inherited included
	closed      bool
	closedBy    *store.ProducerAppend
	seq         string
	producers   map[string]store.ProducerState
	forks       int
	source      *modelStream
	sourceName  string
	anchor      int // of a fork, as it was asked for
	sub         int
	deleted     bool
}

type unit struct {
	bytes string
	from  int // which append
}

func (s *modelStream) bytes() string {
	var b strings.Builder
	for _, u := range s.units {
		b.WriteString(u.bytes)
	}
	return b.String()
}

// index returns which unit begins at a position; ok tells whether one does, or
// the stream ends there.
func (s *modelStream) index(pos int) (i int, ok bool) {
	at := 0
	for i, u := range s.units {
		if at >= pos {
			return i, at == pos
		}
		at += len(u.bytes)
	}
	return len(s.units), at == pos
}

// body is what one request may carry, and the units that it is stored as; none
// when it is not valid.
type body struct {
	text  string
	units []string
}

var bodies = map[string][]body{
	octets: {{"a", []string{"a"}}, {"bcd", []string{"b", "c", "d"}}, {"\x00\xff", []string{"\x00", "\xff"}}},
	json: {
		{`1`, []string{`1,`}}, {`[2,"x,y"]`, []string{`2,`, `"x,y",`}}, {` [{"k":[1,2]} , [3] , 4] `, []string{`{"k":[1,2]},`, `[3],`, `4,`}},
		{`[]`, nil}, {`[1,`, nil},
	},
}

func (m model) find(name string) (*modelStream, stream.Code) {
	s := m[name]
	switch {
	case s == nil:
		return nil, stream.CodeNotFound
	case s.deleted:
		return nil, stream.CodeGone
	default:
		return s, ""
	}
}

func (m model) create(name, contentType string, closed bool) stream.Code {
	if s := m[name]; s != nil {
		if s.deleted || s.source != nil || s.closed != closed || s.contentType != contentType {
			return stream.CodeExists
		}
		return ""
	}
	m[name] = &modelStream{contentType: contentType, closed: closed, producers: map[string]store.ProducerState{}}
	return ""
}

func (m model) fork(name, source string, anchor, sub int) stream.Code {
	if s := m[name]; s != nil {
		if s.deleted || s.closed || s.sourceName != source || s.anchor != anchor || s.sub != sub {
			return stream.CodeExists
		}
		return ""
	}
	src, code := m.find(source)
	switch code {
	case stream.CodeNotFound:
		return stream.CodeSourceNotFound
	case stream.CodeGone:
		return stream.CodeSourceGone
	}
	at, ok := src.index(anchor)
	switch {
	case anchor > len(src.bytes()):
		return stream.CodeInvalidFork
	case !ok:
		return stream.CodeInvalidOffset
	case sub > 0 && (at+sub > len(src.units) || src.units[at].from != src.units[at+sub-1].from):
		return stream.CodeInvalidFork
	}
	src.forks++
	m[name] = &modelStream{
		contentType: src.contentType, units: slices.Clone(src.units[:at+sub]), appends: src.appends,
		producers: map[string]store.ProducerState{},
		source:    src, sourceName: source, anchor: anchor, sub: sub,
	}
	return ""
}

// append applies one append; duplicate tells that it was made before.
func (m model) append(name string, b body, p *store.ProducerAppend, seq string, closes bool) (code stream.Code, duplicate bool) {
	s, code := m.find(name)
	if code != "" {
		return code, false
	}
	if b.text == "" && !closes {
		return stream.CodeInvalidBody, false
	}
	if s.closed {
		if p == nil && b.text == "" || p != nil && s.closedBy != nil && *p == *s.closedBy {
			return "", true
		}
		return stream.CodeClosed, false
	}
	if code, duplicate := s.judge(p); code != "" || duplicate {
		return code, duplicate
	}
	if b.text != "" && seq != "" && seq <= s.seq {
		return stream.CodeSeqRegression, false
	}
	if b.text != "" && b.units == nil {
		return stream.CodeInvalidBody, false
	}
	s.apply(b, p, seq, closes)
	return "", false
}

func (s *modelStream) judge(p *store.ProducerAppend) (code stream.Code, duplicate bool) {
	if p == nil {
		return "", false
	}
	last, known := s.producers[p.ID]
	switch {
	case !known && p.Seq > 0:
		return stream.CodeProducerGap, false
	case !known:
		return "", false
	case p.Epoch < last.Epoch:
		return stream.CodeStaleEpoch, false
	case p.Epoch > last.Epoch && p.Seq > 0:
		return stream.CodeInvalidProducer, false
	case p.Epoch > last.Epoch:
		return "", false
	case p.Seq <= last.Seq:
		return "", true
	case p.Seq > last.Seq+1:
		return stream.CodeProducerGap, false
	}
	return "", false
}

func (s *modelStream) apply(b body, p *store.ProducerAppend, seq string, closes bool) {
	s.appends++
	for _, u := range b.units {
		s.units = append(s.units, unit{u, s.appends})
	}
	if p != nil {
		s.producers[p.ID] = store.ProducerState{Epoch: p.Epoch, Seq: p.Seq}
	}
	if b.text != "" && seq != "" {
		s.seq = seq
	}
	if closes {
		s.closed, s.closedBy = true, p
	}
}

func (m model) delete(name string) stream.Code {
	s, code := m.find(name)
	if code != "" {
		return code
	}
	s.deleted = true
	m.collect(s)
	return ""
}

// collect frees a deleted stream that no fork needs, and so on upwards.
func (m model) collect(s *modelStream) {
	for s != nil && s.deleted && s.forks == 0 {
		maps.DeleteFunc(m, func(_ string, other *modelStream) bool { return other == s })
		if s.source != nil {
			s.source.forks--
		}
		s = s.source
	}
}
