package crashlab_test

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/stream"
)

// promise is what a mode owes its clients after a crash of some kind.
type promise uint8

const (
	// strict: what was answered or shown before the cut is there. The durable
	// mode owes it after a power cut, both modes when only the process ends.
	strict promise = iota
	// whole: what is there is whole, in order and of one state, but the end may
	// be missing. It is all that the fast mode can owe after a power cut.
	whole
)

// checker compares a server that was opened after a crash with what the clients
// knew by then. It returns the first broken law.
type checker struct {
	w *world
	cut
	law promise
	// naps is how often a check may let time pass, which goes on for everybody.
	naps *int
	st   *filestore.Store
	e    *stream.Engine
	now  int64

	streams []*found // everything that is stored
	byName  map[string]*found
}

// cut is where a life ended: in the call after the first sure ones, or behind it.
// The two differ when that call was done in part.
type cut struct{ sure, at int }

// found is a stream that is stored after the crash.
type found struct {
	in      *incarnation
	meta    store.Meta
	handle  store.Handle
	code    stream.Code // what Head refuses it with, "" when it is alive
	content []byte
	present []*post // appends that its own bytes are made of, in order
}

// must is event.must under the checker's promise.
func (c *checker) must(e event) bool { return c.law == strict && e.must(c.sure) }

// may is event.may.
func (c *checker) may(e event) bool { return e.may(c.at) }

// run checks everything that can be checked without a change.
func (c *checker) run() error {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.now = millis()
	c.byName = make(map[string]*found)
	defer c.release()
	for _, law := range []func() error{c.find, c.checkNames, c.checkLists, c.checkContents, c.checkStates, c.checkForks, c.checkDisk} {
		if err := law(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) release() {
	for _, f := range c.streams {
		f.handle.Release()
		f.handle = nil
	}
}

// find looks at everything that is stored and tells whose it is.
func (c *checker) find() error {
	names, err := c.st.List("", "", 1<<20)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	for _, name := range names {
		h, err := c.st.Open(name)
		if err != nil {
			return fmt.Errorf("open %s, which is listed: %w", name, err)
		}
		f := &found{handle: h, meta: h.Meta()}
		c.streams = append(c.streams, f)
		c.byName[name] = f
		if f.in = c.identify(&f.meta); f.in == nil {
			return fmt.Errorf("%s is there with identity %d, which no client created", name, f.meta.ID)
		}
		_, err = c.e.Head(name)
		f.code = codeOf(err)
		if err != nil && f.code == "" {
			return fmt.Errorf("head of %s: %w", name, err)
		}
	}
	return nil
}

// identify returns the incarnation that a stored stream is: the one that a
// client was told of, else the one whose creation was never answered.
func (c *checker) identify(m *store.Meta) *incarnation {
	var unborn *incarnation
	for _, in := range c.w.names[m.Name] {
		if in.id == m.ID {
			return in
		}
		if in.id == 0 {
			unborn = in
		}
	}
	return unborn
}

// checkDisk lets the store verify what it has.
func (c *checker) checkDisk() error {
	var damage error
	err := c.st.Scrub(context.Background(), store.ScrubOptions{
		Report: func(d store.CorruptionError) { damage = fmt.Errorf("scrub: %w", &d) }})
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	return damage
}
