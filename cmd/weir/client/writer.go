package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// writer sends the appends of one command line, one after the other.
type writer struct {
	*session
	url         string
	contentType string
	producer    *producer // nil for an append that is not numbered
	shown       Progress
	total       int64 // bytes there are to send, -1 when that is not known

	appends, bytes int64
	last           result // of the last append
}

// producer numbers appends, so that the server takes each of them once (section
// 5.2.1 of the protocol).
type producer struct {
	id         string
	epoch, seq int64
}

// errEmpty is an append without a byte.
var errEmpty = errors.New("nothing to append")

// number makes the appends from now on those of a producer of their own, unless
// they have one.
func (w *writer) number() {
	if w.producer == nil {
		w.producer = &producer{id: "weir-" + strings.ToLower(rand.Text())}
	}
}

// send makes one append, or closes the stream, or both.
func (w *writer) send(ctx context.Context, body []byte, closing bool) error {
	if len(body) == 0 && !closing {
		return errEmpty
	}
	a, err := w.server.ask(ctx, request{
		method: http.MethodPost, url: w.url, header: w.header(closing), body: body,
		// To close is the same however often it is done.
		repeatable: w.producer != nil || len(body) == 0,
	})
	if err != nil {
		return err
	}
	w.last = resultOf(a.header)
	if len(body) > 0 {
		w.appends++
		w.bytes += int64(len(body))
		w.last.Duplicate = w.producer != nil && a.status == http.StatusNoContent && !a.repeated
	}
	if w.producer != nil {
		w.producer.seq++
	}
	w.shown.At(w.bytes, w.total)
	return nil
}

func (w *writer) header(closing bool) http.Header {
	h := http.Header{hContentType: {w.contentType}}
	if closing {
		h.Set(hClosed, "true")
	}
	if p := w.producer; p != nil {
		h.Set(hProducerID, p.id)
		h.Set(hProducerEpoch, strconv.FormatInt(p.epoch, 10))
		h.Set(hProducerSeq, strconv.FormatInt(p.seq, 10))
	}
	return h
}

// finish tells how it went.
func (w *writer) finish(err error) error {
	if err != nil && w.appends > 0 {
		return fmt.Errorf("%w (before that, %d appends with %d bytes were made, up to offset %s)", err, w.appends, w.bytes, oneLine(w.last.Offset))
	}
	if err != nil {
		return err
	}
	told := w.last
	told.ContentType = w.contentType
	told.Appends, told.Bytes = &w.appends, &w.bytes
	return w.tell(told)
}
