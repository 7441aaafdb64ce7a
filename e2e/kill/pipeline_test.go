package kill_test

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// pipelined is how many appends of one producer are under way at a time.
const pipelined = 3

// attempt is one append of a pipelining producer.
type attempt struct {
	ledger.Append
	claim
	doubt bool
	// The answer to the last try.
	resp wire.Response
	era  *era
	err  error
}

// producePipelined sends several appends at once, and those that are not
// acknowledged again, until all are.
func (w *writer) producePipelined() {
	c := claim{id: "pipeliner"}
	for !w.to.isFull() {
		batch := make([]*attempt, pipelined)
		for i := range batch {
			batch[i] = &attempt{Append: w.next(), claim: c}
			c = c.next()
		}
		for len(batch) > 0 {
			if batch = w.tryAll(batch); w.ctx.Err() != nil {
				return
			}
			if batch == nil {
				return
			}
		}
	}
}

// tryAll sends the batch and returns those that must be sent again: an empty
// slice when there are none, nil when the stream takes no more.
func (w *writer) tryAll(batch []*attempt) []*attempt {
	var under sync.WaitGroup
	for _, a := range batch {
		under.Go(func() { w.try(a) })
	}
	under.Wait()
	again := []*attempt{}
	for _, a := range batch {
		retry, goOn := w.judge(a, batch[0].seq)
		if !goOn {
			return nil
		}
		if retry {
			again = append(again, a)
		}
	}
	return again
}

// try uses nothing of w that another append under way could change.
func (w *writer) try(a *attempt) {
	header := a.header()
	header["Content-Type"] = w.to.Kind().ContentType()
	a.resp, a.era, a.err = w.ask(wire.Request{
		Method: http.MethodPost, Stream: w.to.name, Header: header, Body: w.to.Kind().Body(a.Append),
	}, func() { w.to.Sent(a.ID) })
}

// judge notes the answer to an append of a batch whose first number is first.
func (w *writer) judge(a *attempt, first int) (retry, goOn bool) {
	switch {
	case a.err != nil:
		a.doubt = true
		return true, w.ctx.Err() == nil
	case a.resp.Status == http.StatusOK && a.said(a.resp):
		w.acked(a.Append, a.resp, a.era)
		return false, true
	case a.resp.Status == http.StatusNoContent && a.doubt && a.mayBeHighest(a.resp):
		w.to.Repeated(a.ID)
		return false, true
	case problem(a.resp) == "producer-gap" && a.mayBeAhead(a.resp, first):
		return true, true
	default:
		w.refused(a.resp)
		return false, false
	}
}

// mayBeHighest: a duplicate is answered with the highest number accepted, which
// may be that of a later append under way.
func (a *attempt) mayBeHighest(resp wire.Response) bool {
	highest, err := strconv.Atoi(resp.Header.Get("Producer-Seq"))
	return err == nil && highest >= a.seq && highest < a.seq+pipelined
}

// mayBeAhead: an append that overtook others is refused, and told the number of
// one of them. Those before the batch are acknowledged, so they cannot be missed.
func (a *attempt) mayBeAhead(resp wire.Response, first int) bool {
	expected, err := strconv.Atoi(resp.Header.Get("Producer-Expected-Seq"))
	return err == nil && expected >= first && expected < a.seq
}
