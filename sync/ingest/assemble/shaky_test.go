package assemble_test

import (
	"context"
	"errors"
	"slices"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// shaky is a sink whose appends are stored when they are waited for. Until then a
// crash may take them back, in each stream the later ones first. It fails when told.
type shaky struct {
	*sink.Local
	queues map[string][]*staged // not stored, by stream, in order
	calls  int                  // of Append and Wait
	failAt int                  // the call that fails
}

var errShaky = errors.New("the sink has failed")

// staged is an append that waits to be stored.
type staged struct {
	sink.Append
	stored bool
}

func (k *shaky) call() error {
	if k.calls++; k.calls == k.failAt {
		return errShaky
	}
	return nil
}

// store stores the first n appends of a stream's queue.
func (k *shaky) store(name string, n int) error {
	for _, a := range k.queues[name][:n] {
		b := k.Local.NewBatch()
		if err := errors.Join(b.Append(&a.Append), b.Wait()); err != nil {
			return err
		}
		a.stored = true
	}
	k.queues[name] = k.queues[name][n:]
	return nil
}

// crash stores a part of each queue, as choose tells, and drops the rest.
func (k *shaky) crash(choose func(most int) int) error {
	for _, name := range k.names() {
		if err := k.store(name, choose(len(k.queues[name]))); err != nil {
			return err
		}
	}
	k.queues = nil
	return nil
}

func (k *shaky) names() []string {
	var names []string
	for name := range k.queues {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// State implements sink.Sink: what is staged counts.
func (k *shaky) State(ctx context.Context, name string) (sink.State, error) {
	st, err := k.Local.State(ctx, name)
	if q := k.queues[name]; len(q) > 0 {
		last := q[len(q)-1]
		st.Exists, st.Position, st.Note, st.Hidden = true, last.Position, last.Note, last.Hidden
	}
	return st, err
}

// NewBatch implements sink.Sink.
func (k *shaky) NewBatch() sink.Batch { return &shakyBatch{k: k} }

type shakyBatch struct {
	k      *shaky
	staged []*staged
}

// Append implements sink.Batch.
func (b *shakyBatch) Append(a *sink.Append) error {
	if err := b.k.call(); err != nil {
		return err
	}
	s := &staged{Append: *a}
	s.Data = slices.Clone(a.Data)
	b.staged = append(b.staged, s)
	b.k.queues[a.Stream] = append(b.k.queues[a.Stream], s)
	return nil
}

// Wait implements sink.Batch.
func (b *shakyBatch) Wait() error {
	if err := b.k.call(); err != nil {
		return err
	}
	for _, s := range b.staged {
		if s.stored {
			continue
		}
		if err := b.k.store(s.Stream, slices.Index(b.k.queues[s.Stream], s)+1); err != nil {
			return err
		}
	}
	return nil
}
