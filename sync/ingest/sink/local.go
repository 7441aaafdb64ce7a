package sink

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/weirstreams/weir/stream"
)

// Local is the server in this process.
type Local struct {
	engine  *stream.Engine
	owner   string
	records string
	release func()
}

// jsonType is the content type of all that is written.
const jsonType = "application/json"

// NewLocal returns the engine as the sink of a pipeline. It claims the pipeline's
// streams until Close.
func NewLocal(e *stream.Engine, pipeline string) *Local {
	owner := "sync:" + pipeline
	return &Local{engine: e, owner: owner, records: "__ds/sync/" + pipeline + "/", release: e.Claim(owner)}
}

// Close gives the pipeline's streams up. It is called once, when nothing else is.
func (l *Local) Close() { l.release() }

// Hides implements Sink.
func (l *Local) Hides() bool { return true }

type localBatch struct {
	l *Local
	b *stream.Batch
}

// NewBatch implements Sink.
func (l *Local) NewBatch() Batch { return &localBatch{l: l, b: l.engine.NewBatch()} }

// Append implements Batch.
func (b *localBatch) Append(a *Append) error {
	req := &stream.AppendRequest{
		Name: a.Stream, Body: a.Data, ContentType: jsonType, Encoded: true,
		Writer: &stream.Writer{Owner: b.l.owner, Position: a.Position, Note: a.Note, Hidden: a.Hidden},
	}
	err := b.b.Append(req, true)
	if codeOf(err) == stream.CodeClosed {
		if err = b.l.engine.DeleteOwned(a.Stream, b.l.owner); err == nil {
			err = b.b.Append(req, true)
		}
	}
	return fromEngine("append to", a.Stream, err)
}

// Wait implements Batch.
func (b *localBatch) Wait() error { return b.b.Wait() }

// State implements Sink.
func (l *Local) State(_ context.Context, name string) (State, error) {
	w, err := l.engine.Writer(name)
	switch {
	case codeOf(err) == stream.CodeNotFound:
		return State{}, nil
	case err != nil:
		return State{}, fromEngine("look at", name, err)
	case w.Owner != l.owner && (w.Owner != "" || w.Tail > 0):
		return State{}, fmt.Errorf("look at %s: %w", name, ErrForeign)
	}
	return State{Exists: true, ID: w.ID, Position: w.Position, Note: w.Note, Hidden: w.Hidden, Tail: int64(w.Tail)}, nil
}

// Read implements Sink.
func (l *Local) Read(_ context.Context, name string, from int64) (io.ReadCloser, error) {
	b, err := l.engine.ReadOwned(name, l.owner, stream.Offset(from))
	return b, fromEngine("read", name, err)
}

// List implements Sink. The records, which lie together, are no streams of anybody's.
func (l *Local) List(_ context.Context, prefix, after string, limit int) ([]string, error) {
	var list []string
	for len(list) < limit {
		names, err := l.engine.Owned(l.owner, prefix, after, limit)
		if err != nil {
			return nil, fromEngine("list streams of", prefix, err)
		}
		for _, name := range names {
			if !strings.HasPrefix(name, l.records) && len(list) < limit {
				list = append(list, name)
			}
			after = name
		}
		if len(names) < limit {
			break
		}
	}
	return list, nil
}

// Delete implements Sink.
func (l *Local) Delete(_ context.Context, name string) error {
	err := l.engine.DeleteOwned(name, l.owner)
	if codeOf(err) == stream.CodeNotFound {
		return nil
	}
	return fromEngine("delete", name, err)
}

// Load implements Sink. A record is the note of a stream without content.
func (l *Local) Load(ctx context.Context, name string) (string, error) {
	st, err := l.State(ctx, l.records+name)
	return st.Note, err
}

// Save implements Sink.
func (l *Local) Save(_ context.Context, name, record string) error {
	b := l.NewBatch()
	err := b.Append(&Append{Stream: l.records + name, Note: record})
	return errors.Join(err, b.Wait())
}

func codeOf(err error) stream.Code {
	if refusal, ok := errors.AsType[*stream.Error](err); ok {
		return refusal.Code
	}
	return ""
}

// fromEngine gives an error its context.
func fromEngine(what, name string, err error) error {
	switch codeOf(err) {
	case stream.CodeOwned, stream.CodeTypeMismatch, stream.CodeExists, stream.CodeClosed, stream.CodeGone:
		return fmt.Errorf("%s %s: %w (%w)", what, name, ErrForeign, err)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w", what, name, err)
	}
	return nil
}
