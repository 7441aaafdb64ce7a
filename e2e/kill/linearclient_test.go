package kill_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/onestream"
)

// counter numbers the bodies of a history, so that each is unique. All have one
// width, so that none is found inside two others.
type counter struct{ n atomic.Int64 }

func (c *counter) next() string {
	return fmt.Sprintf("%07d\n", c.n.Add(1))
}

// linearClient sends one request after the other.
type linearClient struct {
	*linear
	number int
	rand   *rand.Rand
	tails  map[string]string // by stream: the last offset this client was given
}

func (c *linearClient) run() {
	c.tails = make(map[string]string)
	for range linearRounds {
		select {
		case <-c.dying:
			return
		default:
		}
		c.step(c.streams[c.rand.IntN(len(c.streams))])
	}
}

// step does one random thing.
func (c *linearClient) step(stream string) {
	r := onestream.Request{Stream: stream}
	live := ""
	switch n := c.rand.IntN(100); {
	case n < 30:
		r.Body = c.bodies.next()
	case n < 62:
		r.Body = c.bodies.next()
		r.Claim = c.beliefs.choose(stream, c.rand)
	case n < 86:
		r.Kind = onestream.Read
		r.From = c.from(stream)
		if c.rand.IntN(4) == 0 {
			live = "&live=long-poll"
		}
	case n < 98:
		r.Kind = onestream.Head
	default:
		r = c.closing(r)
	}
	c.do(r, live)
}

// closing closes in one of the four ways.
func (c *linearClient) closing(r onestream.Request) onestream.Request {
	r.Close = true
	if c.rand.IntN(2) == 0 {
		r.Body = c.bodies.next()
	}
	if c.rand.IntN(2) == 0 {
		r.Claim = c.beliefs.choose(r.Stream, c.rand)
	}
	return r
}

// from is where the client reads: where it knows the tail to have been, or the
// start.
func (c *linearClient) from(stream string) int64 {
	at, err := wire.Position(c.tails[stream])
	if err != nil || c.rand.IntN(3) == 0 {
		return 0
	}
	return at
}

// do sends the request and notes what it was answered, and when.
func (c *linearClient) do(r onestream.Request, live string) {
	op := porcupine.Operation{ClientId: c.number, Input: r, Call: int64(time.Since(c.began))}
	resp, err := c.client.Do(c.t.Context(), c.request(r, live))
	op.Return = int64(time.Since(c.began))
	answer := onestream.Answer{Lost: true}
	if err == nil {
		answer = answerOf(r, resp)
	} else {
		op.Return = onestream.Never
		c.lost(r, err)
	}
	op.Output = answer
	c.mu.Lock()
	c.ops = append(c.ops, op)
	c.mu.Unlock()
	if err != nil || c.tails == nil {
		return
	}
	c.tails[r.Stream] = resp.Offset()
	c.beliefs.learn(r, answer)
}

// lost judges that a request got no answer.
func (c *linearClient) lost(r onestream.Request, err error) {
	select {
	case <-c.dying:
	default:
		c.t.Errorf("history %d, seed %d: %v of a server that was not killed: got %v, want an answer", c.linear.number, *seed, r, err)
	}
}

func (c *linearClient) request(r onestream.Request, live string) wire.Request {
	switch r.Kind {
	case onestream.Head:
		return wire.Request{Method: http.MethodHead, Stream: r.Stream}
	case onestream.Read:
		from := "-1"
		if r.From > 0 {
			from = c.tails[r.Stream]
		}
		return wire.Request{Method: http.MethodGet, Stream: r.Stream + "?offset=" + from + live}
	}
	header := wire.Header{"Content-Type": "text/plain"}
	if r.Close {
		header["Stream-Closed"] = "true"
	}
	if r.Claim.ID != "" {
		maps.Copy(header, claim{r.Claim.ID, r.Claim.Epoch, r.Claim.Seq}.header())
	}
	return wire.Request{Method: http.MethodPost, Stream: r.Stream, Header: header, Body: []byte(r.Body)}
}

// answerOf takes what the model speaks of out of an answer. What the model does
// not expect there is left in, and so is a status that it does not know.
func answerOf(r onestream.Request, resp wire.Response) onestream.Answer {
	a := onestream.Answer{Status: resp.Status, Closed: resp.Closed()}
	if at, err := wire.Position(resp.Offset()); err == nil {
		a.Tail = at
	}
	for header, to := range map[string]*int{
		"Producer-Epoch":        &a.Epoch,
		"Producer-Seq":          &a.Seq,
		"Producer-Expected-Seq": &a.Expected,
		"Producer-Received-Seq": &a.Received,
	} {
		if n, err := strconv.Atoi(resp.Header.Get(header)); err == nil {
			*to = n
		}
	}
	if r.Kind == onestream.Read {
		a.Body = string(resp.Body)
		if resp.Status == http.StatusNoContent {
			a.Status = http.StatusOK // a long-poll's way to say that there is nothing
		}
	}
	return a
}
