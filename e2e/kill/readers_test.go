package kill_test

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// reader reads one incarnation, through all kills, until it is gone.
type reader struct {
	*lab
	of     *incarnation
	way    string
	seen   *ledger.Reader
	offset string // where to go on: the last that an answer named
}

// A way to read. Each stream has all of them.
var waysToRead = map[string]func(*reader){
	"catch-up":  func(r *reader) { r.readPages("") },
	"long-poll": func(r *reader) { r.readPages("&live=long-poll") },
	"sse":       (*reader).readEvents,
}

// readPace is how long a catch-up reader rests at the tail.
const readPace = 5 * time.Millisecond

func newReader(l *lab, of *incarnation, way string) *reader {
	return &reader{lab: l, of: of, way: way, seen: of.Reader(way), offset: "-1"}
}

func (r *reader) String() string {
	return fmt.Sprintf("%s reader of %v", r.way, r.of)
}

func (r *reader) readPages(live string) {
	for !r.of.IsGone() {
		page, _, err := r.ask(wire.Request{Method: http.MethodGet, Stream: r.of.name + "?offset=" + r.offset + live}, nil)
		switch {
		case err != nil && r.ctx.Err() != nil:
			return
		case err != nil:
			r.glimpse(page)
		case !r.take(page):
			return
		case page.UpToDate() && (live == "" || page.Closed()):
			r.pause(readPace)
		}
	}
}

// glimpse keeps what came of a page before it broke off.
func (r *reader) glimpse(page wire.Response) {
	if page.Status == http.StatusOK && page.Header.Get("Content-Type") == r.of.Kind().ContentType() {
		r.seen.Glimpsed(r.of.Kind().FromCutPage(page.Body))
	}
}

// take notes a page.
func (r *reader) take(page wire.Response) (goOn bool) {
	if page.Status == http.StatusNoContent {
		return r.shown(nil, page.Offset(), page.Closed())
	}
	if page.Status != http.StatusOK {
		return r.refused(page.Status, page.Body)
	}
	if got, want := page.Header.Get("Content-Type"), r.of.Kind().ContentType(); got != want {
		return r.excused("Content-Type: got %q, want %q", got, want)
	}
	content, err := r.of.Kind().FromPage(page.Body)
	if err != nil {
		return r.excused("%v", err)
	}
	return r.shown(content, page.Offset(), page.Closed())
}

// shown notes what an answer brought and where it said to go on.
func (r *reader) shown(content []byte, offset string, closed bool) (goOn bool) {
	next, err := wire.Position(offset)
	if err == nil {
		err = r.seen.Shown(content, next)
	}
	if err == nil && closed {
		err = r.of.ClosedAt(next)
	}
	if err != nil {
		return r.excused("%v", err)
	}
	r.offset = offset
	return true
}

func (r *reader) refused(status int, body []byte) (goOn bool) {
	if (status == http.StatusNotFound || status == http.StatusGone) && r.of.MayBeGone() {
		return false
	}
	return r.excused("got status %d, which nothing explains: %s", status, body)
}

// excused reports what no reader of this stream may meet, unless the name may
// belong to another stream by now. Either way the reader is done.
func (r *reader) excused(format string, args ...any) (goOn bool) {
	if !r.of.MayBeAnother() {
		r.broken(r, format, args...)
	}
	return false
}

// readEvents follows by SSE and comes back with Last-Event-ID.
func (r *reader) readEvents() {
	for !r.of.IsGone() {
		if !r.connect() {
			return
		}
	}
}

// connect reads one connection to its end.
func (r *reader) connect() (goOn bool) {
	era, err := r.gate.enter(r.ctx)
	if err != nil {
		return false
	}
	defer r.gate.leave()
	shaky := era.shaky()
	live, err := r.resume()
	var status *wire.StatusError
	if errors.As(err, &status) {
		return r.refusedLive(status)
	}
	if err == nil {
		defer live.Close()
		err = r.follow(live)
	}
	if errors.Is(err, errDone) || r.ctx.Err() != nil {
		return false
	}
	if !r.of.MayBeGone() {
		r.noAnswer(wire.Request{Method: "SSE", Stream: r.of.name}, era, shaky, err)
	}
	return true
}

func (r *reader) resume() (*wire.Live, error) {
	if r.offset == "-1" {
		return r.client.Follow(r.ctx, r.of.name, r.offset)
	}
	return r.client.Resume(r.ctx, r.of.name, r.offset)
}

// refusedLive: coming back to the end of a closed stream is answered 204.
func (r *reader) refusedLive(s *wire.StatusError) (goOn bool) {
	if s.Status != http.StatusNoContent {
		return r.refused(s.Status, s.Body)
	}
	return r.shown(nil, r.offset, true) && r.restClosed()
}

// errDone ends the work of a reader.
var errDone = errors.New("the reader is done")

// follow notes the events of one connection until it ends.
func (r *reader) follow(live *wire.Live) error {
	for {
		batch, err := live.Next()
		if err != nil {
			return err
		}
		content, err := r.of.Kind().FromEvent(batch.Data)
		if err != nil {
			r.excused("%v", err)
			return errDone
		}
		if !r.shown(content, batch.Control.StreamNextOffset, batch.Control.StreamClosed) {
			return errDone
		}
		if batch.Control.StreamClosed {
			r.restClosed()
			return nil
		}
	}
}

// restClosed rests before the end of a closed stream is asked for again: it must
// stay the end.
func (r *reader) restClosed() (goOn bool) {
	r.pause(4 * readPace)
	return true
}
