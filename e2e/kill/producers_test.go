package kill_test

import (
	"net/http"
	"strconv"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// claim is a producer's place in its appends. Producer ids are the same for all
// streams: neither a fork nor a successor may know those of another.
type claim struct {
	id         string
	epoch, seq int
}

func (c claim) header() wire.Header {
	return wire.Header{
		"Producer-Id":    c.id,
		"Producer-Epoch": strconv.Itoa(c.epoch),
		"Producer-Seq":   strconv.Itoa(c.seq),
	}
}

func (c claim) next() claim {
	return claim{c.id, c.epoch, c.seq + 1}
}

// said reports whether the answer names the claim as the highest accepted one.
func (c claim) said(resp wire.Response) bool {
	return resp.Header.Get("Producer-Epoch") == strconv.Itoa(c.epoch) &&
		resp.Header.Get("Producer-Seq") == strconv.Itoa(c.seq)
}

// produce sends one append after the other, each until it is acknowledged. After
// each kill it first repeats the last one, which must be known; at times it is
// idle for an era before that, so that the server has put it aside meanwhile.
func (w *writer) produce() {
	c := claim{id: "producer"}
	survived := w.kill.Load()
	for last := (ledger.Append{}); !w.to.isFull(); c = c.next() {
		if c.seq > 0 && w.kill.Load() != survived {
			if !w.idle() || !w.repeat(last, claim{c.id, c.epoch, c.seq - 1}) {
				return
			}
			survived = w.kill.Load()
		}
		last = w.next()
		if !w.sendClaimed(last, c) {
			return
		}
	}
}

// idle does nothing until the next kill, in one case of three.
func (w *writer) idle() (goOn bool) {
	if w.rand.IntN(3) > 0 {
		return true
	}
	for era := w.kill.Load(); w.kill.Load() == era && w.ctx.Err() == nil && !w.to.IsGone(); {
		w.pause(readPace)
	}
	return w.ctx.Err() == nil
}

// sendClaimed sends an append until it is acknowledged.
func (w *writer) sendClaimed(a ledger.Append, c claim) (goOn bool) {
	for {
		resp, era, err := w.post(a, c.header())
		switch {
		case err != nil && w.ctx.Err() != nil:
			return false
		case err != nil:
		case resp.Status == http.StatusOK && c.said(resp):
			w.acked(a, resp, era)
			return true
		case resp.Status == http.StatusNoContent && c.said(resp) && w.doubt:
			w.to.Repeated(a.ID)
			era.acked()
			return true
		default:
			w.refused(resp)
			return false
		}
	}
}

// repeat sends an acknowledged append again, which must be found a duplicate of
// the last one accepted.
func (w *writer) repeat(a ledger.Append, c claim) (goOn bool) {
	for {
		resp, _, err := w.post(a, c.header())
		switch {
		case err != nil && w.ctx.Err() != nil:
			return false
		case err != nil:
		case resp.Status == http.StatusNoContent && c.said(resp):
			return true
		default:
			w.refused(resp)
			return false
		}
	}
}

// produceWithNewEpochs is a producer that begins a new epoch when an answer was
// lost, and gives up what was in doubt. What it sends with the old epoch must be
// refused from then on.
func (w *writer) produceWithNewEpochs() {
	c := claim{id: "bumper"}
	for !w.to.isFull() {
		a := w.next()
		resp, era, err := w.post(a, c.header())
		switch {
		case err != nil && w.ctx.Err() != nil:
			return
		case err != nil:
			if c = w.newEpoch(c); c.id == "" {
				return
			}
		case resp.Status == http.StatusOK && c.said(resp):
			w.acked(a, resp, era)
			c = c.next()
		default:
			w.refused(resp)
			return
		}
	}
}

// newEpoch takes over from old. The claim it returns is the next to be used; it
// is empty when the stream takes no more.
func (w *writer) newEpoch(old claim) claim {
	c := claim{id: old.id, epoch: old.epoch + 1}
	if !w.sendClaimed(w.next(), c) || !w.fenced(old.next(), c) {
		return claim{}
	}
	return c.next()
}

// fenced sends an append, unknown to the ledger, with an epoch that is over.
func (w *writer) fenced(old, now claim) (goOn bool) {
	a := ledger.Append{ID: ledger.ID{Writer: w.name + ".zombie"}, Parts: 1}
	header := old.header()
	header["Content-Type"] = w.to.Kind().ContentType()
	for {
		resp, _, err := w.ask(wire.Request{
			Method: http.MethodPost, Stream: w.to.name, Header: header, Body: w.to.Kind().Body(a),
		}, nil)
		switch {
		case err != nil && w.ctx.Err() != nil:
			return false
		case err != nil:
		case problem(resp) == "stale-epoch" && resp.Header.Get("Producer-Epoch") == strconv.Itoa(now.epoch):
			return true
		default:
			w.refused(resp)
			return false
		}
	}
}
