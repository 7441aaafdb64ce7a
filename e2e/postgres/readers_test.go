package postgres_test

import (
	"context"

	"github.com/weirstreams/weir/e2e/postgres/atomic"
	"github.com/weirstreams/weir/e2e/postgres/event"
)

// watch has a reader of each kind follow a table until the test ends.
func (l *lab) watch(name string, judge atomic.Judge) {
	ctx, stop := context.WithCancel(context.Background())
	for _, mode := range []atomic.Mode{atomic.SSE, atomic.LongPoll} {
		l.readers = append(l.readers, atomic.Watch(ctx, l.client, streamOf(name), mode, judge))
	}
	l.t.Cleanup(func() {
		stop()
		for _, reader := range l.readers {
			reader.Wait()
		}
	})
}

// checkReaders waits for the readers to see everything, too.
func (l *lab) checkReaders() {
	l.t.Helper()
	for _, reader := range l.readers {
		all, err := event.Read(l.t.Context(), l.client, streamOf("accounts"))
		l.must(err)
		l.await("a reader at the end of its stream", func() (bool, error) {
			events, boundaries := reader.Seen()
			return events >= len(all) && boundaries > 0, nil
		})
		if events, _ := reader.Seen(); events != len(all) {
			l.t.Errorf("a reader: got %d events, want the %d of the stream", events, len(all))
		}
		for _, fault := range reader.Faults() {
			l.t.Error(fault)
		}
	}
}
