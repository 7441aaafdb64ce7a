package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// silence ends a request when nothing has moved on its connection for too long:
// no byte of the request was taken, and none of the answer came. While nobody
// reads the answer, time does not count.
type silence struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

// silenceError is why a request ends when its server is silent.
type silenceError struct{ limit time.Duration }

func (e *silenceError) Error() string { return fmt.Sprintf("it was silent for %s", e.limit) }

// watchSilence returns a context for a request, which ends when there is silence.
// Call stop, or receiving and close the body.
func watchSilence(ctx context.Context, limit time.Duration) (context.Context, *silence) {
	ctx, cancel := context.WithCancelCause(ctx)
	s := &silence{limit: limit, cancel: cancel}
	s.timer = time.AfterFunc(limit, func() { cancel(&silenceError{limit}) })
	return ctx, s
}

func (s *silence) stop() {
	s.timer.Stop()
	s.cancel(nil)
}

// sending returns the body of a request.
func (s *silence) sending(body []byte) io.ReadCloser {
	if len(body) == 0 {
		return http.NoBody
	}
	return io.NopCloser(&sending{s, bytes.NewReader(body)})
}

type sending struct {
	*silence
	body *bytes.Reader
}

func (r *sending) Read(p []byte) (int, error) {
	r.timer.Reset(r.limit)
	return r.body.Read(p)
}

// receiving returns the body of an answer, whose errors are *lostError or why the
// request's context ended.
func (s *silence) receiving(ctx context.Context, body io.ReadCloser) io.ReadCloser {
	s.timer.Stop()
	return &receiving{s, ctx, body}
}

type receiving struct {
	*silence
	ctx  context.Context
	body io.ReadCloser
}

func (r *receiving) Read(p []byte) (int, error) {
	r.timer.Reset(r.limit)
	n, err := r.body.Read(p)
	r.timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) {
		err = lost(r.ctx, err)
	}
	return n, err
}

func (r *receiving) Close() error {
	err := r.body.Close()
	r.stop()
	return err
}
