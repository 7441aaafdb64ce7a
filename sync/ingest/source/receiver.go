package source

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

var (
	// ErrEnded says that the server ended the stream in good order, as it does
	// when it shuts down. It is no fault: connect again.
	ErrEnded = errors.New("the server ended the stream")

	// ErrStopped says that [Receiver.Stop] or [Receiver.Close] was called.
	ErrStopped = errors.New("receiver stopped")

	// ErrSilent says that the server has not sent a byte for too long, although
	// it was asked to.
	ErrSilent = errors.New("the server is silent")
)

// Receiver is one running replication stream. Next belongs to one consumer;
// every other method may be called from any goroutine.
//
// The consumer may take its time: the Receiver then stops reading, and the
// server waits, but progress is still reported and the connection stays up.
type Receiver struct {
	conn    net.Conn
	queue   *queue
	pace    pace
	runs    sync.WaitGroup
	done    chan struct{} // closed when the reader has ended
	stop    chan struct{} // closed when we end the stream
	stopped sync.Once
	ended   error                       // why the reader ended; set before done is closed
	reason  atomic.Pointer[closeReason] // why we gave up, if we did

	// Shared by the reader and the writer, each swapped whole.
	received  atomic.Uint64 // highest LSN seen
	confirmed atomic.Uint64 // LSN that may be forgotten
	heard     atomic.Int64  // Unix nanoseconds of the last byte
	stalled   atomic.Bool   // the reader waits for the consumer

	// Wake-ups of the writer, one pending at most.
	answer  chan struct{} // the server asked for a status
	advance chan struct{} // confirmed has moved

	// Owned by the reader.
	in      intake
	nap     nap
	head    uint64
	asked   bool
	private *slab

	// Owned by the writer.
	out      []byte
	reported uint64    // flush position last sent
	last     time.Time // when a status was last sent
}

// closeReason makes an error something that can be swapped atomically.
type closeReason struct{ err error }

// Next returns the next frame. It waits for one if need be; ctx ends only that
// wait. When the stream has ended and all frames before the end were returned,
// it returns why: [ErrEnded] in good order, [ErrStopped] after Stop or Close,
// the server's *pgconn.PgError, or what happened to the connection.
//
// Data of a frame is lent until the following call.
func (r *Receiver) Next(ctx context.Context) (Frame, error) {
	for {
		msg, err := r.queue.next(ctx)
		if err != nil {
			return Frame{}, err
		}
		if msg[0] == msgCopyData {
			return ParseFrame(msg[headerSize:])
		}
	}
}

// Buffered is how many bytes have arrived that Next has not returned yet. Zero
// means that nobody waits: a group of transactions can be closed.
func (r *Receiver) Buffered() int64 {
	return r.queue.waiting()
}

// Received is the highest position seen in a frame.
func (r *Receiver) Received() lsn.LSN {
	return lsn.LSN(r.received.Load())
}

// Confirm allows the server to forget everything before l, and to say so soon:
// at most 100 reports a second, but the last position always goes out. The
// caller has stored all of it durably. A position below an earlier one changes
// nothing.
func (r *Receiver) Confirm(l lsn.LSN) {
	for {
		old := r.confirmed.Load()
		if uint64(l) <= old {
			return
		}
		if r.confirmed.CompareAndSwap(old, uint64(l)) {
			poke(r.advance)
			return
		}
	}
}

// Stop ends the stream in good order: it reports the confirmed position a last
// time, ends the copy, waits until the server has let go of the slot, and
// closes the connection. Next still returns what had arrived before, but what
// is confirmed from now on is not reported. If ctx ends first the connection is
// closed hard. The error says why the end was not orderly.
func (r *Receiver) Stop(ctx context.Context) error {
	r.stopped.Do(func() {
		r.queue.finish(ErrStopped) // before the server can answer with the end
		close(r.stop)
	})
	unhook := context.AfterFunc(ctx, func() { r.abort(ctx.Err()) })
	defer unhook()
	r.runs.Wait()
	if errors.Is(r.ended, ErrEnded) {
		return nil
	}
	return r.ended
}

// Close ends the stream at once, as a crash would. It waits for both
// goroutines and may be called more than once, also after Stop.
func (r *Receiver) Close() {
	r.abort(ErrStopped)
	r.runs.Wait()
}

// abort closes the socket, which ends the reader and through it the writer.
func (r *Receiver) abort(why error) {
	r.reason.CompareAndSwap(nil, &closeReason{why})
	r.queue.finish(why)
	r.conn.Close()
}

// runReader ends everything else when the stream ends.
func (r *Receiver) runReader() {
	defer r.runs.Done()
	r.ended = r.cause(r.read())
	r.queue.finish(r.ended)
	close(r.done)
	r.conn.Close()
}

// cause prefers the server's own words, and after them our reason for giving
// up, to how the reader happened to notice the end.
func (r *Receiver) cause(err error) error {
	var server *pgconn.PgError
	if errors.Is(err, ErrEnded) || errors.As(err, &server) {
		return err
	}
	if reason := r.reason.Load(); reason != nil {
		return reason.err
	}
	return err
}

// poke leaves a wake-up unless one is pending.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
