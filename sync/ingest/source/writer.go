package source

import (
	"fmt"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

const (
	// confirmGap is the least time between two reports that only say that the
	// confirmed position moved: 100 a second.
	confirmGap = 10 * time.Millisecond

	// writeTime bounds one write. A status is 39 bytes: a peer that does not
	// take it within that time is gone.
	writeTime = 10 * time.Second

	// lastWords is how long the reader may still look for the server's reason
	// after a write has failed.
	lastWords = time.Second
)

// pace is how often the writer speaks and how long it listens.
type pace struct {
	interval time.Duration // between two reports, whatever happens
	silence  time.Duration // without a byte, after which the server is given up
}

// Limits of the two, and what a server without a timeout is held to.
const (
	maxInterval    = 10 * time.Second
	minSilence     = 20 * time.Second
	defaultTimeout = 60 * time.Second // the server's own default
)

// newPace derives what is not given from the server's wal_sender_timeout; 0
// means that the server never gives up, and we then behave as for its default.
func newPace(interval, timeout time.Duration) pace {
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	if interval <= 0 {
		interval = min(timeout/3, maxInterval)
	}
	return pace{interval: interval, silence: max(2*timeout, minSilence)}
}

// runWriter owns every write to the socket until the stream ends. The timer is
// its own, so reports go out also while the reader waits for the consumer.
func (r *Receiver) runWriter() {
	defer r.runs.Done()
	tick := time.NewTicker(r.pace.interval)
	defer tick.Stop()
	later := time.NewTimer(confirmGap)
	defer later.Stop()
	for {
		var err error
		select {
		case <-r.done:
			return
		case <-r.stop:
			r.farewell()
			return
		case <-tick.C:
			err = r.report()
		case <-r.answer:
			err = r.send(false)
		case <-r.advance:
			// Zero and below fire at once: the gap is counted from the last
			// report of any kind.
			later.Reset(confirmGap - time.Since(r.last))
		case <-later.C:
			err = r.sendConfirmed()
		}
		if err != nil {
			r.giveUp(err)
			return
		}
	}
}

// report is the regular status. It asks for a sign of life, except while we do
// not read: the answers would only pile up in the server.
func (r *Receiver) report() error {
	if r.stalled.Load() {
		return r.send(false)
	}
	quiet := time.Since(time.Unix(0, r.heard.Load()))
	if quiet > r.pace.silence {
		return fmt.Errorf("%w for %s", ErrSilent, quiet.Round(time.Second))
	}
	return r.send(true)
}

// sendConfirmed reports the confirmed position unless it is known.
func (r *Receiver) sendConfirmed() error {
	if r.confirmed.Load() == r.reported {
		return nil
	}
	return r.send(false)
}

// send writes one status. Flush and apply are what was confirmed and nothing
// else: a position that was merely received is only ever the write position.
func (r *Receiver) send(reply bool) error {
	confirmed := r.confirmed.Load()
	now := time.Now()
	r.out = appendCopyData(r.out[:0], statusSize)
	r.out = AppendStatus(r.out, Status{
		Write: lsn.LSN(max(r.received.Load(), confirmed)),
		Flush: lsn.LSN(confirmed),
		Apply: lsn.LSN(confirmed),
		Clock: now,
		Reply: reply,
	})
	r.reported, r.last = confirmed, now
	return r.write()
}

// farewell reports a last time and ends our side of the copy. The reader goes
// on until the server has ended its side.
func (r *Receiver) farewell() {
	err := r.send(false)
	if err == nil {
		r.out = appendCopyDone(r.out[:0])
		err = r.write()
	}
	if err != nil {
		r.giveUp(err)
	}
}

func (r *Receiver) write() error {
	if err := r.conn.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return fmt.Errorf("send status: %w", err)
	}
	if _, err := r.conn.Write(r.out); err != nil {
		return fmt.Errorf("send status: %w", err)
	}
	return nil
}

// giveUp ends the stream from the writer's side. A failed write is often the
// echo of an error that the server has already sent, so the reader gets a
// moment to find it.
func (r *Receiver) giveUp(err error) {
	r.reason.CompareAndSwap(nil, &closeReason{err})
	if err := r.conn.SetReadDeadline(time.Now().Add(lastWords)); err != nil {
		r.conn.Close()
	}
}
