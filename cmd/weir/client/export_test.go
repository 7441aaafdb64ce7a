package client

import (
	"context"
	"io"
	"time"
)

// Paused returns an Env whose pauses between attempts are taken by pause.
func (e Env) Paused(pause func(time.Duration)) Env {
	e.pause = func(ctx context.Context, d time.Duration) error {
		pause(d)
		return context.Cause(ctx)
	}
	return e
}

// ReadEvents reads the events of one connection, which r is, and calls deliver
// with the data before each control event and its offset.
func ReadEvents(r io.Reader, base64 bool, deliver func(data [][]byte, next string)) (closed bool, err error) {
	e := events{base64: base64, deliver: func(data [][]byte, c control) error {
		deliver(data, c.NextOffset)
		return nil
	}}
	return e.readAll(r)
}

// Batches cuts input into batches of lines.
func Batches(r io.Reader, json bool, most int) (batches [][]byte, err error) {
	l := newLineReader(r, json, most)
	for {
		b, err := l.next()
		if err == io.EOF {
			return batches, nil
		}
		if err != nil {
			return batches, err
		}
		batches = append(batches, b)
	}
}

var (
	StreamURL    = streamURL
	ParseHeaders = parseHeaders
	PauseAfter   = pauseAfter
	RetryAfter   = retryAfter
	OneLine      = oneLine
)
