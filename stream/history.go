package stream

import "github.com/weirstreams/weir/store"

// history is what earlier appends have left for later ones to be judged by, as
// far as it is staged. Streams whose writers send no sequence and no producer have
// none.
type history struct {
	lastSeq   string
	seqAt     uint64 // the change that set lastSeq
	producers map[string]producer
	closedBy  *store.ProducerAppend
	closedAt  uint64 // the change that closed the stream
	writer    stagedWriter
	veiled    int64 // bytes that have settled and that readers do not see
}

// producer is the staged state of one idempotent producer.
type producer struct {
	epoch, seq int64
	at         uint64 // the change that set it
}

// historyOf is the history of a stream of which everything has settled.
func historyOf(m *store.Meta) *history {
	if m.LastSeq == "" && m.ClosedBy == nil && len(m.Producers) == 0 && len(m.Marks) == 0 {
		return nil
	}
	h := &history{
		lastSeq: m.LastSeq, closedBy: m.ClosedBy,
		writer: parseWriter(m.Marks[writerMark]), veiled: veiled(m),
	}
	for id, p := range m.Producers {
		h.setProducer(id, producer{epoch: p.Epoch, seq: p.Seq})
	}
	return h
}

func (h *history) setProducer(id string, p producer) {
	if h.producers == nil {
		h.producers = make(map[string]producer)
	}
	h.producers[id] = p
}

// apply moves the history over the change with the given number.
func (h *history) apply(c *store.Change, number uint64) {
	if p := c.Producer; p != nil {
		h.setProducer(p.ID, producer{epoch: p.Epoch, seq: p.Seq, at: number})
	}
	if c.Close {
		h.closedBy, h.closedAt = c.Producer, number
	}
	if c.Seq != "" {
		h.lastSeq, h.seqAt = c.Seq, number
	}
	if c.Mark == writerMark {
		h.writer = parseWriter(c.MarkValue)
	}
}

// historyLocked returns the history to look at, which is empty when there is none.
func (s *Stream) historyLocked() history {
	if s.history == nil {
		return history{}
	}
	return *s.history
}
