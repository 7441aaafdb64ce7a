package sink_test

import (
	"context"
	"io"

	"github.com/weirstreams/weir/sync/ingest/sink"
)

// forgetful is a sink that a new process serves each time. The batches of one test
// share theirs while any of them is open.
type forgetful struct{ w *world }

func (f *forgetful) with(do func(r *sink.Remote) error) error {
	r := f.w.remote()
	defer r.Close()
	return do(r)
}

func (f *forgetful) Hides() bool { return false }

func (f *forgetful) NewBatch() sink.Batch { return &forgetfulBatch{f: f} }

func (f *forgetful) State(ctx context.Context, name string) (st sink.State, err error) {
	err = f.with(func(r *sink.Remote) error {
		st, err = r.State(ctx, name)
		return err
	})
	return st, err
}

func (f *forgetful) Read(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	return f.w.remote().Read(ctx, name, from)
}

func (f *forgetful) List(ctx context.Context, prefix, after string, limit int) (names []string, err error) {
	err = f.with(func(r *sink.Remote) error {
		names, err = r.List(ctx, prefix, after, limit)
		return err
	})
	return names, err
}

func (f *forgetful) Delete(ctx context.Context, name string) error {
	return f.with(func(r *sink.Remote) error { return r.Delete(ctx, name) })
}

func (f *forgetful) Load(ctx context.Context, name string) (record string, err error) {
	err = f.with(func(r *sink.Remote) error {
		record, err = r.Load(ctx, name)
		return err
	})
	return record, err
}

func (f *forgetful) Save(ctx context.Context, name, record string) error {
	return f.with(func(r *sink.Remote) error { return r.Save(ctx, name, record) })
}

// forgetfulBatch makes each append at once, in a process of its own.
type forgetfulBatch struct{ f *forgetful }

func (b *forgetfulBatch) Append(a *sink.Append) error {
	return b.f.with(func(r *sink.Remote) error { return put(r, *a) })
}

func (b *forgetfulBatch) Wait() error { return nil }
