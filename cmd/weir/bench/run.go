package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
	"github.com/weirstreams/weir/cmd/weir/bench/netloop"
)

// general is what the flags say that all measurements have.
type general struct {
	url, prefix string
	pid         int
	json, spin  bool
}

func (g *general) register(f *flags) {
	f.text(&g.url, "url", "", "where the streams are; required", "http://HOST:PORT, with a path when it is not "+defaultPath,
		func(string) bool { return true })
	f.text(&g.prefix, "prefix", "bench/", "what the names of the streams begin with", "letters, digits and -._~/",
		validPrefix)
	f.count(&g.pid, "pid", 0, 0, 1<<22, "process whose processor time and memory are measured; 0 = none")
	f.toggle(&g.spin, "spin", "look for answers all the time instead of sleeping until there are some: takes a whole core, and spares the server the work of waking it, which on one machine is counted as the server's")
	f.toggle(&g.json, "json", "print one JSON object instead of a table")
}

// run is one measurement under way. Everything in it belongs to the goroutine that
// measures.
type run struct {
	general
	ctx    context.Context
	env    Env
	to     *target
	loop   *netloop.Loop
	began  time.Time // zero of the clock
	faults faults
	err    error // ends the run before its time
}

// start finds the server and makes room for that many connections. Call close.
func (g general) start(ctx context.Context, env Env, conns int) (*run, error) {
	to, err := newTarget(g.url, g.prefix)
	if err != nil {
		return nil, err
	}
	if err := netloop.MakeRoom(conns); err != nil {
		return nil, err
	}
	loop, err := netloop.Open()
	if err != nil {
		return nil, err
	}
	return &run{general: g, ctx: ctx, env: env, to: to, loop: loop, began: time.Now()}, nil
}

func (r *run) close() { r.loop.Close() }

// now reads the clock of the run: nanoseconds since it began.
func (r *run) now() int64 { return int64(time.Since(r.began)) }

// fail ends the run because of an error after which nothing can be measured. The
// first one counts.
func (r *run) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// over reports whether the run has to end now.
func (r *run) over() bool { return r.err != nil || r.ctx.Err() != nil }

// ended returns why the run is over.
func (r *run) ended() error {
	if r.err != nil {
		return r.err
	}
	return errors.New("ended by a signal before anything was measured")
}

// turn is the longest time for which a run waits without looking up.
const turn = 20 * time.Millisecond

// wait serves connections until the clock shows next, or for one turn.
func (r *run) wait(next int64) {
	timeout := time.Duration(0)
	if !r.spin {
		timeout = min(time.Duration(next-r.now()), turn)
	}
	if err := r.loop.Poll(timeout); err != nil {
		r.fail(err)
	}
}

// until serves connections until holds does, for no longer than patience. It
// returns an error when it gave up, which names what was waited for.
func (r *run) until(holds func() bool, patience time.Duration, what string) error {
	for deadline := r.now() + int64(patience); !holds(); {
		switch {
		case r.over():
			return r.ended()
		case r.now() > deadline:
			return fmt.Errorf("%s: not done after %v", what, patience)
		}
		r.wait(deadline)
	}
	return nil
}

// finish adds what went wrong to the figures, writes them, and returns the error
// with which the run ends. wrong says what else is wrong with them.
func (r *run) finish(s *figures.Sheet, wrong string) error {
	r.faults.add(s)
	write := s.WriteTable
	if r.json {
		write = s.WriteJSON
	}
	if err := write(r.env.Stdout); err != nil {
		return err
	}
	switch n := r.faults.total(); {
	case r.err != nil:
		return r.err
	case n > 0:
		return fmt.Errorf("%d errors while it was measured, such as: %s", n, r.faults.sample)
	case wrong != "":
		return errors.New(wrong)
	}
	return nil
}
