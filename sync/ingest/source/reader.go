package source

import (
	"fmt"
	"time"
)

// read runs until the stream ends and says why.
func (r *Receiver) read() error {
	for {
		if err := r.take(); err != nil {
			return err
		}
		if need := r.in.need(); need > 0 {
			r.makeRoom(need)
		}
		n, err := r.in.fill()
		if err != nil {
			return fmt.Errorf("receive: %w", err)
		}
		now := time.Now()
		r.heard.Store(now.UnixNano())
		if r.nap.after(n, now) {
			time.Sleep(napTime)
		}
	}
}

// take looks at every whole message that has come and publishes them as one
// batch. What follows an error is not published: the messages before it are.
func (r *Receiver) take() error {
	from, end := r.in.scanned, r.in.scanned
	var failed error
	for failed == nil {
		end = r.in.scanned
		msg, err := r.in.whole()
		if err == nil && msg == nil {
			break
		}
		if err == nil {
			err = r.note(msg[0], msg[headerSize:])
		}
		failed = err
	}
	if end > from && !r.draining() {
		r.queue.publish(r.in.slab, end, end-from)
	}
	r.received.Store(r.head)
	if r.asked {
		r.asked = false
		poke(r.answer)
	}
	return failed
}

// note keeps what the writer needs to know of a message, and returns an error
// for a message that ends the stream.
func (r *Receiver) note(kind byte, body []byte) error {
	switch kind {
	case msgCopyData:
		return r.noteFrame(body)
	case msgNotice, msgParameter:
		return nil
	case msgError:
		return serverError(body)
	case msgCommandComplete:
		return ErrEnded
	case msgCopyDone:
		if r.draining() {
			return nil // the answer to ours; the command's end follows
		}
		return ErrEnded
	}
	return fmt.Errorf("%w: message 0x%02x", ErrFrame, kind)
}

func (r *Receiver) noteFrame(payload []byte) error {
	frame, err := ParseFrame(payload)
	if err != nil {
		return err
	}
	r.head = max(r.head, uint64(frame.Start), uint64(frame.End))
	r.asked = r.asked || frame.ReplyRequested
	return nil
}

// makeRoom continues in a new slab, after waiting for the consumer if it is
// behind. The silence of that time is ours, not the server's.
func (r *Receiver) makeRoom(need int) {
	if r.draining() {
		r.compact(need)
		return
	}
	r.stalled.Store(true)
	r.in.moveTo(r.queue.grow(r.in.slab, r.in.tail(), need))
	r.heard.Store(time.Now().UnixNano())
	r.stalled.Store(false)
}

// compact continues in a slab of the reader's own: while draining, nobody
// consumes, and the consumer may still be reading the slab before.
func (r *Receiver) compact(need int) {
	s := r.private
	if s == nil || len(s.buf) < need {
		s = &slab{buf: make([]byte, max(need, minSlab))}
		r.private = s
	}
	copy(s.buf, r.in.tail())
	r.in.moveTo(s)
}

// draining reports whether the stream is being ended from our side.
func (r *Receiver) draining() bool {
	select {
	case <-r.stop:
		return true
	default:
		return false
	}
}
