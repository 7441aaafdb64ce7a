package sink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/weirstreams/weir/stream"
)

var (
	errTooLarge = errors.New("the server takes no request of that size")
	errForeign  = fmt.Errorf("the stream does not end where it was left: %w", ErrForeign)
)

// link is the place of an append in the chain of those to one stream.
type link struct {
	epoch, seq int64
	before     int64 // where the stream ends
}

// head returns where a stream ends, and whether there is one.
func (s *server) head(ctx context.Context, name string) (tail int64, exists bool, err error) {
	rep, err := s.ask(ctx, &request{method: http.MethodHead, name: name})
	switch {
	case err != nil:
	case rep.status == http.StatusNotFound:
		return 0, false, nil
	case rep.status == http.StatusOK:
		tail, err = rep.tail()
	case rep.status == http.StatusGone:
		err = fmt.Errorf("%w (it is deleted and has forks)", ErrForeign)
	default:
		err = rep.refusal()
	}
	return tail, true, wrap("look at", name, err)
}

// create makes a stream with these messages, each followed by a comma. One that is
// there already has to hold the same.
func (s *server) create(ctx context.Context, name string, messages []byte) (tail int64, err error) {
	rep, err := s.ask(ctx, &request{method: http.MethodPut, name: name, body: asArray(messages)})
	switch {
	case err != nil:
	case rep.status == http.StatusCreated:
		tail, err = rep.tail()
	case rep.status == http.StatusOK:
		if tail, err = rep.tail(); err == nil {
			err = s.check(ctx, name, 0, tail, messages)
		}
	case rep.status == http.StatusConflict:
		err = fmt.Errorf("%w (%w)", ErrForeign, rep.refusal())
	case rep.status == http.StatusRequestEntityTooLarge:
		err = errors.Join(errTooLarge, rep.refusal())
	default:
		err = rep.refusal()
	}
	return tail, wrap("create", name, err)
}

// post appends messages, each followed by a comma, unless that was done before. It
// returns where the stream ends then.
func (s *server) post(ctx context.Context, name string, at link, messages []byte) (int64, error) {
	after := at.before + int64(len(messages))
	rep, err := s.ask(ctx, &request{
		method: http.MethodPost, name: name, body: asArray(messages),
		header: http.Header{
			"Producer-Id":    {s.id},
			"Producer-Epoch": {strconv.FormatInt(at.epoch, 10)},
			"Producer-Seq":   {strconv.FormatInt(at.seq, 10)},
		},
	})
	if err == nil {
		err = s.posted(ctx, name, at, messages, rep)
	}
	return after, wrap("append to", name, err)
}

// posted judges the answer to an append.
func (s *server) posted(ctx context.Context, name string, at link, messages []byte, rep *reply) error {
	after := at.before + int64(len(messages))
	switch h := rep.header; rep.status {
	case http.StatusOK:
		tail, err := rep.tail()
		if err == nil && tail != after {
			err = ErrFenced // or it was somebody else altogether: State tells
		}
		return err
	case http.StatusNoContent:
		// The number is used: by an attempt before this one, or by another instance.
		// That its append begins with the same messages would not do.
		tail, err := rep.tail()
		if err == nil {
			err = s.check(ctx, name, at.before, tail, messages)
		}
		return err
	case http.StatusForbidden:
		if h.Get("Producer-Epoch") != "" {
			return ErrFenced
		}
	case http.StatusConflict:
		if h.Get("Producer-Expected-Seq") != "" {
			return ErrFenced
		}
		return fmt.Errorf("%w (%w)", ErrForeign, rep.refusal())
	case http.StatusRequestEntityTooLarge:
		if !bytes.Contains(rep.body, []byte(stream.CodeStreamFull)) {
			return errors.Join(errTooLarge, rep.refusal())
		}
	}
	return rep.refusal()
}

// check makes sure that a stream holds these messages between two offsets. If not,
// they are another instance's.
func (s *server) check(ctx context.Context, name string, from, to int64, messages []byte) error {
	if to-from != int64(len(messages)) {
		return ErrFenced
	}
	there, err := s.bytes(ctx, name, from, to)
	if err == nil && !bytes.Equal(there, messages) {
		err = ErrFenced
	}
	return err
}

// bytes returns what a stream holds between two offsets, or as far as it goes.
func (s *server) bytes(ctx context.Context, name string, from, to int64) ([]byte, error) {
	if from == to {
		return nil, nil
	}
	return io.ReadAll(io.LimitReader(&pages{server: s, ctx: ctx, name: name, at: from}, to-from))
}

// delete removes a stream, or finds that it is not there.
func (s *server) delete(ctx context.Context, name string) error {
	rep, err := s.ask(ctx, &request{method: http.MethodDelete, name: name})
	if err == nil && rep.status >= http.StatusMultipleChoices && rep.status != http.StatusNotFound && rep.status != http.StatusGone {
		err = rep.refusal()
	}
	return wrap("delete", name, err)
}

// tail reads the offset in an answer.
func (r *reply) tail() (int64, error) {
	at, err := stream.ParseOffset(r.header.Get("Stream-Next-Offset"))
	if err != nil {
		return 0, errors.New("its offsets are none of a Weir server, which is the only kind that can be written to")
	}
	return int64(at), nil
}

// asArray makes a body of messages that are each followed by a comma.
func asArray(messages []byte) []byte {
	if len(messages) == 0 {
		return nil
	}
	body := make([]byte, 0, len(messages)+1)
	body = append(body, '[')
	body = append(body, messages[:len(messages)-1]...)
	return append(body, ']')
}

func wrap(what, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, name, err)
}
