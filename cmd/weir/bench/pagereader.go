package bench

import (
	"bytes"
	"fmt"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

// pageReader reads one stream from its beginning to its tail, page by page, and
// then again.
type pageReader struct {
	exchange
	library *library
	stream  int
	offset  []byte
	since   int64 // when the page was asked for
	page    int64 // bytes of it so far
	passed  int64 // bytes of the pages before it, as content counts them
}

var _ exchanger = (*pageReader)(nil)

// library is all readers of catchup and what they have read.
type library struct {
	run     *run
	json    bool
	file    bool    // the URL itself is read, which has no pages
	lengths []int64 // of each stream's content; 0 = not known yet
	bytes   int64   // of bodies, since the last reset
	pages   int64
	passes  int64
	wrong   int64 // passes of another length
	latency *figures.Latency
}

// open connects a reader of a stream and sends its first request.
func (l *library) open(stream int) {
	r := &pageReader{library: l, stream: stream}
	r.exchange = exchange{run: l.run, user: r}
	r.exchange.open()
	if l.run.err == nil {
		r.restart(l.run.now())
	}
}

func (l *library) reset() {
	l.bytes, l.pages, l.passes = 0, 0, 0
	l.latency.Reset()
}

// restart begins a pass.
func (r *pageReader) restart(now int64) {
	r.passed, r.offset = 0, append(r.offset[:0], "-1"...)
	r.ask(now)
}

func (r *pageReader) ask(now int64) {
	r.since, r.page = now, 0
	if r.library.file {
		r.send(fmt.Appendf(r.request[:0], "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", r.run.to.path, r.run.to.host))
		return
	}
	r.send(r.run.to.appendGet(r.request[:0], r.stream, "?", r.offset))
}

func (r *pageReader) body(p []byte) {
	r.page += int64(len(p))
	r.library.bytes += int64(len(p))
}

func (r *pageReader) answered(now int64, good bool) {
	l := r.library
	if !good {
		r.restart(now)
		return
	}
	l.pages++
	l.latency.Add(now - r.since)
	r.passed += r.contentOfPage()
	next := r.answer.NextOffset()
	stuck := !l.file && !r.answer.Head().UpToDate && (len(next) == 0 || bytes.Equal(next, r.offset))
	switch {
	case stuck:
		r.run.fail(fmt.Errorf("a page at offset %s ends at %q, want progress or Stream-Up-To-Date", r.offset, next))
	case l.file || r.answer.Head().UpToDate:
		l.endPass(r.stream, r.passed)
		r.restart(now)
	default:
		r.offset = append(r.offset[:0], next...)
		r.ask(now)
	}
}

func (r *pageReader) broken() { r.restart(r.run.now()) }

// contentOfPage is the length of a page's content: the array of a JSON page has
// two brackets, and no comma behind its last message.
func (r *pageReader) contentOfPage() int64 {
	if !r.library.json {
		return r.page
	}
	if r.page <= 2 {
		return 0
	}
	return r.page - 1
}

func (l *library) endPass(stream int, length int64) {
	l.passes++
	switch l.lengths[stream] {
	case 0:
		l.lengths[stream] = length
	case length:
	default:
		l.wrong++
	}
}
