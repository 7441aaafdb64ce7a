package assemble

import "context"

// Copied lets add append messages to what a stream gets next and change its note.
// They are no changes and have no position: what is stored as the stream's position
// stays that of its last change. It is called between transactions, and what add has
// appended is staged by the next Flush. After an error of add nothing is changed.
func (a *Assembler) Copied(ctx context.Context, stream []byte, add func(buf []byte, note string) ([]byte, string, error)) error {
	if len(stream) > a.opts.MaxNameBytes {
		return ErrStreamName
	}
	s, err := a.out.find(ctx, a.opts.Sink, stream)
	if err != nil {
		return err
	}
	from := len(s.buf)
	buf, note, err := add(s.buf, s.note)
	if err != nil {
		s.buf = s.buf[:from]
		return err
	}
	if len(buf) == from && note == s.note {
		return nil
	}
	s.buf, s.note = buf, note
	s.era++
	a.out.buffer(s)
	s.whole, s.wholeHigh = len(s.buf), s.high
	a.out.bytes += len(s.buf) - from
	return nil
}

// Settle returns when everything that was appended to the buffers is durable. It is
// called between transactions.
func (a *Assembler) Settle() error {
	if !a.Empty() {
		if err := a.Flush(); err != nil {
			return err
		}
	}
	return a.opts.Settle()
}
