package assemble

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/sync/ingest/earlier"
	"github.com/weirstreams/weir/sync/ingest/event"
	"github.com/weirstreams/weir/sync/ingest/failpoint"
	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/sink"
)

// outbox holds the events that are not staged yet, stream by stream.
type outbox struct {
	streams map[string]*stream
	filled  []*stream // that have something to stage
	kept    []*stream // whose large buffers were empty after the last flush
	bytes   int

	spare      [][]byte // buffers to be used again
	spareBytes int      // their capacity
}

// stream is what goes to one stream next, and how far it has come.
type stream struct {
	name  string
	note  string
	noted string // the note that is staged
	// high is the position of the last event that is stored or in buf.
	high lsn.Position
	buf  []byte
	// whole is how much of buf belongs to whole transactions, wholeHigh the
	// position of the last event there. last is where the events of the last
	// change in buf begin, beforeLast the position of the one before them.
	whole      int
	wholeHigh  lsn.Position
	last       int
	beforeLast lsn.Position

	filled  bool   // it is in outbox.filled
	touched uint64 // the transaction that has touched it last, by its number
	plain   bool   // the last message in buf is no event of ours
	hidden  bool   // readers do not see all that is staged
	show    bool   // the next append shows it, and there is one
	recent  *earlier.Recent
	looked  int // how much of buf recent has read
	era     int // changes whenever others than single rows have changed what is alive
}

const (
	// maxStreams is how many streams are remembered; beyond it all are forgotten
	// when they have nothing to stage, and looked up again when they are needed.
	maxStreams = 1 << 16
	// maxSpare bounds one buffer that is kept, and maxSpareBytes all of them.
	maxSpare      = 64 << 10
	maxSpareBytes = 32 << 20
	// firstBytes is how large a new buffer is, so that most rows fit into it.
	firstBytes = 512
)

func (o *outbox) init() { o.streams = make(map[string]*stream) }

// find returns a stream, with what is stored of it. The name is only read.
func (o *outbox) find(ctx context.Context, k sink.Sink, name []byte) (*stream, error) {
	if s := o.streams[string(name)]; s != nil {
		return s, nil
	}
	st, err := k.State(ctx, string(name))
	if err != nil {
		return nil, err
	}
	s := &stream{name: string(name), note: st.Note, noted: st.Note, hidden: st.Hidden}
	if st.Position != "" {
		if s.high, err = lsn.ParsePosition(st.Position); err != nil {
			return nil, fmt.Errorf("position of stream %s: %w", name, err)
		}
	}
	s.wholeHigh = s.high
	o.streams[s.name] = s
	return s, nil
}

// buffer makes sure that a stream has room to append to.
func (o *outbox) buffer(s *stream) {
	if s.buf == nil {
		s.buf = o.unused()
	}
	if !s.filled {
		s.filled = true
		o.filled = append(o.filled, s)
	}
}

// unused returns a buffer that nobody has.
func (o *outbox) unused() []byte {
	if len(o.spare) == 0 {
		return make([]byte, 0, firstBytes)
	}
	last := len(o.spare) - 1
	b := o.spare[last]
	o.spare = o.spare[:last]
	o.spareBytes -= cap(b)
	return b
}

// added notes that an event was put at the end of a stream's buffer. The two events of
// an update are stored together: once the first is, nothing tells of the row's values
// any more that the second may need.
func (o *outbox) added(s *stream, from int, p lsn.Position) {
	first := p
	first.Sub-- // only a second event has one right before it
	if from == 0 || s.high != first {
		s.last, s.beforeLast = from, s.high
	}
	s.high, s.plain = p, false
	o.bytes += len(s.buf) - from
}

// settle makes what a stream has in its buffer whole, now that the transaction with
// this commit has ended. If all of it was stored before and hidden, nothing is left to
// show it with but an empty append: the session before was sent more than this one.
// What is hidden of a later transaction stays so: it is about to be sent again.
func (o *outbox) settle(s *stream, commit lsn.LSN, mark bool) {
	if len(s.buf) > s.whole {
		if mark && !s.plain {
			o.markLast(s)
		}
		s.whole, s.show = len(s.buf), s.hidden
	} else if s.hidden && s.high.Commit == commit {
		o.buffer(s)
		s.show = true
	}
	s.wholeHigh = s.high
}

// markLast marks the event at the end of a stream's buffer as the last one of its
// transaction there.
func (o *outbox) markLast(s *stream) {
	if s.looked > s.last {
		s.recent, s.looked = nil, 0 // it has read the event as it was
	}
	n := len(s.buf)
	s.buf = event.Last(s.buf)
	o.bytes += len(s.buf) - n
}

// flush stages all there is, which is whole.
func (o *outbox) flush(b sink.Batch) error {
	o.release()
	for i, s := range o.filled {
		if i > 0 {
			failpoint.Hit(failpoint.Between)
		}
		if err := o.stageWhole(b, s); err != nil {
			return err
		}
		o.empty(s)
	}
	o.filled = o.filled[:0]
	o.bytes = 0
	if len(o.streams) > maxStreams {
		clear(o.streams)
	}
	return nil
}

// flushWhole stages what belongs to whole transactions, and leaves the rest.
func (o *outbox) flushWhole(b sink.Batch) error {
	o.release()
	rest := o.filled[:0]
	for _, s := range o.filled {
		if err := o.stageWhole(b, s); err != nil {
			return err
		}
		if s.whole == len(s.buf) {
			o.bytes -= len(s.buf)
			o.empty(s)
			continue
		}
		o.cut(s, s.whole)
		rest = append(rest, s)
	}
	o.filled = rest
	return nil
}

// stageWhole stages what a stream has of whole transactions. That may be nothing: all
// its rows may have been left out.
func (o *outbox) stageWhole(b sink.Batch, s *stream) error {
	if s.whole == 0 && !s.show && s.note == s.noted {
		return nil
	}
	s.hidden, s.show, s.noted = s.hidden && !s.show, false, s.note
	return b.Append(&sink.Append{
		Stream: s.name, Data: s.buf[:s.whole], Position: s.wholeHigh.String(), Note: s.note, Hidden: s.hidden,
	})
}

// flushHidden stages what the open transaction has done, but for the last event of
// each stream: its append will show them all.
func (o *outbox) flushHidden(b sink.Batch, touched []*stream) error {
	for _, s := range touched {
		used := len(s.buf)
		if s.last == 0 || used == 0 {
			o.shrink(s, used)
			continue
		}
		err := b.Append(&sink.Append{
			Stream: s.name, Data: s.buf[:s.last], Position: s.beforeLast.String(), Note: s.note, Hidden: true,
		})
		if err != nil {
			return err
		}
		s.hidden, s.noted = true, s.note
		o.cut(s, s.last)
		o.shrink(s, used)
	}
	return nil
}

// cut takes the first n bytes out of a buffer.
func (o *outbox) cut(s *stream, n int) {
	if n == 0 {
		return
	}
	s.buf = s.buf[:copy(s.buf, s.buf[n:])]
	s.whole, s.last = max(0, s.whole-n), max(0, s.last-n)
	o.bytes -= n
	s.recent, s.looked = nil, 0
}

// shrink takes a large buffer from a stream that has used little of it: a transaction
// may fill one stream after the other.
func (o *outbox) shrink(s *stream, used int) {
	if cap(s.buf) > maxSpare && used < cap(s.buf)/4 {
		s.buf = append(o.unused(), s.buf...)
	}
}

// release takes the large buffers from streams that had nothing to stage since.
func (o *outbox) release() {
	for _, s := range o.kept {
		if !s.filled {
			s.buf = nil
		}
	}
	clear(o.kept)
	o.kept = o.kept[:0]
}

// empty gives a stream's buffer back.
func (o *outbox) empty(s *stream) {
	switch size := cap(s.buf); {
	case size > maxSpare && len(o.filled) <= keepLarge:
		s.buf = s.buf[:0]
		o.kept = append(o.kept, s)
	case 0 < size && size <= maxSpare && o.spareBytes+size <= maxSpareBytes:
		o.spare = append(o.spare, s.buf[:0])
		o.spareBytes += size
		s.buf = nil
	default:
		s.buf = nil
	}
	s.whole, s.last, s.filled, s.recent, s.looked = 0, 0, false, nil, 0
}

// keepLarge is how many streams may be filled for each to keep a large buffer.
const keepLarge = 32
