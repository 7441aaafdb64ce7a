package crashlab_test

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// dice draws the steps of a random life.
type dice struct {
	rng   *rand.Rand
	names int
}

func (d *dice) name() string { return fmt.Sprintf("n%d", d.rng.IntN(d.names)) }

func (d *dice) size() int {
	if d.rng.IntN(12) == 0 {
		return 1000 + d.rng.IntN(3000)
	}
	return 20 + d.rng.IntN(200)
}

// step is one thing, or several at once, or some in the middle of a checkpoint.
func (d *dice) step() func(r *rig) {
	switch d.rng.IntN(8) {
	case 0:
		return together(d.write(), d.write(), d.write(), d.write())
	case 1:
		places := []struct {
			op     crashfs.Op
			prefix string
		}{{crashfs.OpSync, "file/data/"}, {crashfs.OpSyncDir, "file/data"}, {crashfs.OpWrite, "file/data/"},
			{crashfs.OpRemove, "file/data/"}, {crashfs.OpSync, "file/catalogue/"}, {crashfs.OpRename, "file/catalogue/"}, {crashfs.OpSyncDir, "file/catalogue"}}
		p := places[d.rng.IntN(len(places))]
		return func(r *rig) { r.during(p.op, p.prefix, one(d.any(), d.write(), d.any()), one(d.write(), checkpoint)) }
	case 2:
		return checkpoint
	default:
		return one(d.any(), d.any())
	}
}

// any is anything that one client does.
func (d *dice) any() func(r *rig) {
	name := d.name()
	switch d.rng.IntN(10) {
	case 0:
		return remove(name)
	case 1, 2:
		return d.create(name)
	case 3:
		return branch(d.name(), name, d.rng.IntN(4), d.rng.Int64N(3))
	case 4:
		return one(read(name), watch(name))
	case 5:
		return pass(time.Duration(d.rng.IntN(3000)) * time.Millisecond)
	default:
		return d.write()
	}
}

func (d *dice) create(name string) func(r *rig) {
	s := spec{form: form(d.rng.IntN(3)), closed: d.rng.IntN(15) == 0}
	if d.rng.IntN(2) == 0 {
		s.size = d.size()
	}
	switch d.rng.IntN(8) {
	case 0:
		s.ttl = int64(2 + d.rng.IntN(30))
	case 1:
		s.expires = time.Duration(1+d.rng.IntN(30)) * time.Second
	case 2:
		return func(r *rig) {
			if r.absent(name) {
				r.createMarked(name)
			}
		}
	}
	return create(name, s)
}

// absent reports whether nothing is stored under the name. Who writes past the
// engine looks himself.
func (r *rig) absent(name string) bool {
	h, err := r.st.Open(name)
	if err == nil {
		h.Release()
	}
	return err == store.ErrNotFound
}

// write appends to a stream in one of the ways there are.
func (d *dice) write() func(r *rig) {
	kind, size, id, name := d.rng.IntN(10), d.size(), string(rune('A'+d.rng.IntN(2))), d.name()
	return on(name, func(r *rig, in *incarnation) {
		switch {
		case in.marked:
			r.mark(in, size, 30)
		case kind < 4:
			r.append(in, size)
		case kind == 4:
			r.closeBy(in, nil, size%2*size)
		case kind == 5:
			r.sequence(in, size)
		default:
			r.produceNext(in, id, kind == 6, size)
		}
	})
}

// sequence appends with the next Stream-Seq.
func (r *rig) sequence(in *incarnation, size int) {
	p := r.newPost(in, size)
	p.seq = fmt.Sprintf("%06d", p.number)
	r.send(p)
}

// produceNext sends what a producer would, by what its client was answered, or
// begins a new epoch.
func (r *rig) produceNext(in *incarnation, id string, renew bool, size int) {
	last := store.ProducerAppend{Seq: -1}
	r.w.mu.Lock()
	for _, p := range in.posts {
		if p.producer != nil && p.producer.ID == id && p.done != never {
			last = *p.producer
		}
	}
	r.w.mu.Unlock()
	if renew && last.Seq >= 0 {
		last.Epoch, last.Seq = last.Epoch+1, -1
	}
	r.produce(in, id, last.Epoch, last.Seq+1, size)
}
