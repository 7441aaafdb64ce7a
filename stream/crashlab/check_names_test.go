package crashlab_test

import (
	"fmt"
	"slices"

	"github.com/weirstreams/weir/stream"
)

// The life of a name is a row of states: absent, the first stream, absent, the
// second and so on. A crash leaves one that is not before the last step that was
// answered and not behind the last that was asked for.

// checkNames looks at every name that a client ever used.
func (c *checker) checkNames() error {
	for name, all := range c.w.names {
		if err := c.checkName(name, all); err != nil {
			return fmt.Errorf("name %s: %w", name, err)
		}
	}
	return nil
}

func (c *checker) checkName(name string, all []*incarnation) error {
	lo, hi := c.bounds(all)
	f := c.byName[name]
	if f == nil {
		for state := lo; state <= hi; state++ {
			if state%2 == 0 {
				return nil
			}
		}
		return fmt.Errorf("stream %d of the name is missing", lo/2)
	}
	k := slices.Index(all, f.in)
	there, gone := 2*k+1, 2*k+2
	switch f.code {
	case "":
		if there < lo || there > hi {
			return fmt.Errorf("stream %d is there, want a state from %d to %d", k, lo, hi)
		}
		if end := c.diesAt(f.in); c.now >= end {
			return fmt.Errorf("it is there, but expired at %d, and it is %d", end, c.now)
		}
	case stream.CodeGone, stream.CodeNotFound:
		if gone < lo || gone > hi {
			return fmt.Errorf("stream %d is %s, want a state from %d to %d", k, f.code, lo, hi)
		}
	default:
		return fmt.Errorf("head is refused: %s", f.code)
	}
	return nil
}

// bounds are the first and the last state that the name may be in.
func (c *checker) bounds(all []*incarnation) (lo, hi int) {
	for k, in := range all {
		if c.must(in.created) {
			lo = 2*k + 1
		}
		if c.may(in.created) {
			hi = 2*k + 1
		}
		if c.must(in.deleted) || c.must(in.created) && c.now >= c.diesAt(in) {
			lo = 2*k + 2
		}
		if c.may(in.deleted) || c.may(in.created) && c.now >= c.livesUntil(in) {
			hi = 2*k + 2
		}
	}
	return lo, hi
}

const forever = int64(1<<63 - 1)

// livesUntil is the instant before which the stream must not expire.
func (c *checker) livesUntil(in *incarnation) int64 {
	end := forever
	if in.expires > 0 {
		end = in.expires
	}
	if in.ttl < 0 {
		return end
	}
	last := int64(0)
	for _, a := range in.accesses {
		if c.must(a.event) {
			last = max(last, a.at)
		}
	}
	return last + in.ttl*1000
}

// diesAt is the instant at which the stream has expired, whatever else happened.
// A sliding window is stored with some slack: a quarter of it, or 5 s if that is
// more.
func (c *checker) diesAt(in *incarnation) int64 {
	pinned := slices.ContainsFunc(in.pins, func(p *pin) bool { return p.from <= c.at && p.to >= c.sure })
	if in.ttl < 0 || pinned {
		if in.expires > 0 {
			return in.expires
		}
		return forever
	}
	last := int64(0)
	for _, a := range in.accesses {
		if c.may(a.event) {
			last = max(last, a.at)
		}
	}
	return last + in.ttl*1000 + max(in.ttl*250, 5000)
}
