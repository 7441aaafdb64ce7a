package bench

import (
	"fmt"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// audience is all readers of a run and what they were delivered. A reader gets
// each message of its stream once and in order; whatever it gets otherwise, or
// does not get, is counted.
type audience struct {
	run      *run
	size     int // of every message, in bytes
	members  []*member
	latency  *figures.Latency // from sending a message to its delivery
	since    int64            // messages sent before this have no part in latency
	received int64            // deliveries since the last reset
	missed   int64            // numbers that were jumped over
	repeated int64            // numbers that came again, or too late
	garbled  int64            // data that is no message
	// heard, unless nil, is told of every delivery.
	heard func(now int64)
}

// member is what the audience knows of one reader.
type member struct {
	audience *audience
	stream   int
	last     int64 // number of the newest message it got
}

func newAudience(r *run, size int) *audience {
	return &audience{run: r, size: size, latency: figures.NewLatency()}
}

// join makes a member for a reader of the stream.
func (a *audience) join(stream int) *member {
	m := &member{audience: a, stream: stream}
	a.members = append(a.members, m)
	return m
}

// take takes messages as they were delivered, one behind the other.
func (m *member) take(p []byte) {
	a := m.audience
	now := a.run.now()
	for len(p) > 0 {
		if len(p) < a.size {
			a.garbled++
			return
		}
		seq, sent, ok := parseMessage(p[:a.size])
		p = p[a.size:]
		if !ok {
			a.garbled++
			continue
		}
		m.count(seq)
		a.received++
		if sent >= a.since {
			a.latency.Add(now - sent)
		}
		if a.heard != nil {
			a.heard(now)
		}
	}
}

// count holds a number against the one before it.
func (m *member) count(seq int64) {
	switch {
	case seq == m.last+1:
		m.last = seq
	case seq > m.last:
		m.audience.missed += seq - m.last - 1
		m.last = seq
	default:
		m.audience.repeated++
	}
}

// reset forgets what was measured. What was lost or repeated is not forgotten: it
// is wrong at any time.
func (a *audience) reset() {
	a.since = a.run.now()
	a.received = 0
	a.latency.Reset()
}

// outstanding returns how many messages have yet to be delivered, sent being the
// number of the newest one in each stream.
func (a *audience) outstanding(sent []int64) int64 {
	n := int64(0)
	for _, m := range a.members {
		n += max(0, sent[m.stream]-m.last)
	}
	return n
}

// add adds the deliveries to the figures. outstanding messages never came.
func (a *audience) add(s *figures.Sheet, w window, outstanding int64) {
	s.Count("deliveries", "deliveries", a.received)
	s.Number("per_second", "rate", float64(a.received)/w.seconds(), "deliveries/s")
	s.Latency("delivery_", "delivery", a.latency)
	s.Count("lost", "lost", a.missed+outstanding)
	s.Count("repeated", "repeated", a.repeated)
	s.Count("garbled", "garbled", a.garbled)
	millions := float64(a.received) / 1e6
	if w.measured {
		s.Number("server_cpu_seconds_per_million", "server CPU per million", w.serverCPU().Seconds()/millions, "s")
	}
	s.Number("client_cpu_seconds_per_million", "own CPU per million", w.ownCPU().Seconds()/millions, "s")
}

// wrong says in words what is wrong with the deliveries, if anything is.
func (a *audience) wrong(outstanding int64) string {
	if a.missed+outstanding+a.repeated+a.garbled == 0 {
		return ""
	}
	return fmt.Sprintf("deliveries: %d lost, %d repeated or out of order, %d garbled", a.missed+outstanding, a.repeated, a.garbled)
}
