package storetest

import (
	"errors"
	"slices"

	"github.com/weirstreams/weir/store"
)

// fixture is a harness with its store open, and the model of what is in it. Its
// methods act on both and fail the test when the store refuses.
type fixture struct {
	TB
	*Harness
	store store.Store
	model model
}

func newFixture(t TB, h *Harness) *fixture {
	f := &fixture{TB: t, Harness: h, store: h.Open(), model: model{}}
	t.Cleanup(func() {
		if err := f.store.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

// outcome receives how a change has settled.
type outcome chan error

func newOutcome() outcome { return make(outcome, 1) }

// Settled implements store.Completion.
func (o outcome) Settled(err error) { o <- err }

// wait returns how the change has settled, given what its staging returned.
func (o outcome) wait(settled bool, err error) error {
	if settled || err != nil {
		return err
	}
	return <-o
}

// private copies a change: what is staged belongs to the tier.
func private(c store.Change) *store.Change {
	c.Bytes = slices.Clone(c.Bytes)
	if c.Producer != nil {
		p := *c.Producer
		c.Producer = &p
	}
	return &c
}

// spoil overwrites what the tier has no claim to once a change has settled.
func spoil(c *store.Change) {
	if c.Producer != nil {
		*c.Producer = store.ProducerAppend{ID: "used again", Epoch: -1, Seq: -1}
	}
}

// commit stages a change and waits for it.
func commit(h store.Handle, change store.Change) error {
	c, o := private(change), newOutcome()
	bytes := c.Bytes
	settled, err := h.Commit(c, o)
	clear(bytes) // the tier has copied them
	err = o.wait(settled, err)
	spoil(c)
	return err
}

// remove stages a deletion and waits for it.
func remove(h store.Handle) error {
	o := newOutcome()
	return o.wait(h.Delete(o))
}

// tryCreate creates a stream and waits for it. The handle is nil after an error.
func (f *fixture) tryCreate(name string, cfg store.Config, first store.Change) (store.Handle, error) {
	c, o := private(first), newOutcome()
	h, settled, err := f.store.Create(name, cfg, c, o)
	created := err == nil
	if err = o.wait(settled, err); err == nil {
		spoil(c)
		return h, nil
	}
	if created {
		h.Release()
	}
	return nil, err
}

// hold opens a stream, which must exist. The caller releases it.
func (f *fixture) hold(name string) store.Handle {
	f.Helper()
	h, err := f.store.Open(name)
	if err != nil {
		f.Fatalf("open %q: %v", name, err)
	}
	return h
}

// create makes a stream; a fork's source is held meanwhile, as the contract asks.
func (f *fixture) create(name string, cfg store.Config, first store.Change) {
	f.Helper()
	if cfg.Fork != nil {
		defer f.hold(cfg.Fork.Source).Release()
	}
	h, err := f.tryCreate(name, cfg, first)
	if err != nil {
		f.Fatalf("create %q: %v", name, err)
	}
	defer h.Release()
	f.model.create(h.Meta().ID, name, cfg, first)
}

// plain makes a stream without any special configuration.
func (f *fixture) plain(name string, bytes string) {
	f.Helper()
	f.create(name, plainConfig, store.Change{Bytes: []byte(bytes)})
}

var plainConfig = store.Config{ContentType: "text/plain", TTL: store.NoTTL}

// apply commits one change to a stream.
func (f *fixture) apply(name string, c store.Change) {
	f.Helper()
	h := f.hold(name)
	defer h.Release()
	if err := commit(h, c); err != nil {
		f.Fatalf("commit to %q: %v", name, err)
	}
	f.model.apply(name, c)
}

func (f *fixture) append(name, bytes string) {
	f.Helper()
	f.apply(name, store.Change{Bytes: []byte(bytes)})
}

// remove deletes a stream; a fork's source is held meanwhile.
func (f *fixture) remove(name string) {
	f.Helper()
	h := f.hold(name)
	defer h.Release()
	if fork := h.Meta().Config.Fork; fork != nil {
		defer f.hold(fork.Source).Release()
	}
	if err := remove(h); err != nil {
		f.Fatalf("delete %q: %v", name, err)
	}
	f.model.remove(name)
}

// fork configures a fork of a stream at a position.
func (f *fixture) fork(source string, at int64) store.Config {
	cfg := plainConfig
	cfg.Fork = &store.Fork{Source: source, ID: f.model[source].meta.ID, Anchor: at, At: at}
	return cfg
}

func (f *fixture) settle() {
	if f.Settle != nil {
		f.Settle(f.store)
	}
}

// durable reports whether the tier keeps anything past Close.
func (f *fixture) durable() bool { return f.Crash != nil }

func (f *fixture) reopen() {
	f.Helper()
	if err := f.store.Close(); err != nil {
		f.Fatalf("close: %v", err)
	}
	f.store = f.Open()
}

func (f *fixture) crash() {
	f.Crash(f.store)
	f.store = f.Open()
}

// everywhere checks the whole state in all the places where it can be.
func (f *fixture) everywhere() {
	f.Helper()
	f.check("while open")
	if f.durable() {
		f.crash()
		f.check("after a crash")
	}
	f.settle()
	f.check("when it has moved to its place")
	if f.durable() {
		f.crash()
		f.check("after a second crash")
		f.reopen()
		f.check("after a restart")
	}
}

// wantErr fails the test unless err matches want.
func (f *fixture) wantErr(what string, err, want error) {
	f.Helper()
	if !errors.Is(err, want) {
		f.Errorf("%s: got error %v, want %v", what, err, want)
	}
}
