package stream

import "github.com/weirstreams/weir/store"

// judgeProducerLocked is the state machine of idempotent producers (section
// 5.2.1): it refuses, finds a duplicate, or lets the append pass.
func (s *Stream) judgeProducerLocked(p *store.ProducerAppend) verdict {
	last, known := s.historyLocked().producers[p.ID]
	v := verdict{restsOn: last.at, seq: last.seq}
	switch {
	case !known && p.Seq != 0:
		v.err = gap(0, p.Seq)
	case !known:
	case p.Epoch < last.epoch:
		v.err = refuse(CodeStaleEpoch, "another instance of this producer has taken over with a higher epoch")
		v.err.Epoch = last.epoch
	case p.Epoch > last.epoch && p.Seq != 0:
		v.err = refuse(CodeInvalidProducer, "the first append of a new Producer-Epoch must have Producer-Seq 0")
	case p.Epoch > last.epoch:
	case p.Seq <= last.seq:
		v.duplicate = true
	case p.Seq > last.seq+1:
		v.err = gap(last.seq+1, p.Seq)
	}
	return v
}

func gap(expected, received int64) *Error {
	err := refuse(CodeProducerGap, "earlier appends of this producer are missing; send those from Producer-Expected-Seq on first")
	err.ExpectedSeq, err.ReceivedSeq = expected, received
	return err
}
