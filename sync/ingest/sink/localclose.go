package sink

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/stream"
)

var _ StreamCloser = (*Local)(nil)

// CloseStream implements StreamCloser.
func (l *Local) CloseStream(_ context.Context, name string) error {
	w, err := l.engine.Writer(name)
	switch {
	case codeOf(err) == stream.CodeNotFound:
		return nil
	case err == nil && w.Owner != l.owner:
		err = ErrForeign
	case err == nil:
		_, err = l.engine.Append(&stream.AppendRequest{Name: name, ContentType: jsonType, Close: true, Writer: &w.Writer})
	}
	if err != nil {
		return fmt.Errorf("close %s: %w", name, err)
	}
	return nil
}
