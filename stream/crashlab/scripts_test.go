package crashlab_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// script is a life in steps. A step that finds its stream missing, because a call
// failed before, leaves it out.
type script []func(r *rig)

// scripts are the lives that are cut at every call, and in which calls fail.
var scripts = map[string]script{
	"append":   appends,
	"producer": producers,
	"close":    closes,
	"fork":     forks,
	"chain":    chains,
	"expire":   expiries,
	"roll":     rolls,
	"large":    larges,
	"again":    agains,
	"many":     manies,
	"marks":    marks,
	"midway":   midways,
}

// on runs f with the latest stream of a name, when there is one.
func on(name string, f func(r *rig, in *incarnation)) func(r *rig) {
	return func(r *rig) {
		if in := r.w.latest(name); in != nil {
			f(r, in)
		}
	}
}

// burst runs all at once and waits for them. The first write to the log waits
// until nobody else can go on, so that what they all stage meanwhile becomes one
// batch.
func (r *rig) burst(all ...func(r *rig)) {
	var once sync.Once
	r.fs.Fail(func(c crashfs.Call) crashfs.Fault {
		if c.Op == crashfs.OpWrite && strings.HasPrefix(c.Name, "file/wal/") {
			once.Do(r.rest)
		}
		return r.ask(c)
	})
	var g sync.WaitGroup
	for _, f := range all {
		g.Go(func() { f(r) })
	}
	g.Wait()
	r.fs.Fail(r.ask)
}

// during runs f in the middle of the first call of a kind to a file or folder
// whose name begins with prefix, while until runs. The call goes on when f has
// ended or waits for something, which may be the end of the call.
func (r *rig) during(op crashfs.Op, prefix string, f, until func(r *rig)) {
	var begun atomic.Bool
	ended := make(chan struct{})
	r.fs.Fail(func(c crashfs.Call) crashfs.Fault {
		if meant(c, op, prefix) && begun.CompareAndSwap(false, true) {
			go func() {
				defer close(ended)
				f(r)
			}()
			r.rest()
		}
		return r.ask(c)
	})
	until(r)
	if !begun.CompareAndSwap(false, true) {
		<-ended
	}
	r.fs.Fail(r.ask)
}

// meant tells whether a call is the one that a script names. Where files are synced
// all at once, that is the sync of each data file.
func meant(c crashfs.Call, op crashfs.Op, prefix string) bool {
	if c.Op == crashfs.OpSyncAll {
		return op == crashfs.OpSync && prefix == "file/data/"
	}
	return c.Op == op && strings.HasPrefix(c.Name, prefix)
}

// ask is what the rig's trouble says to a call.
func (r *rig) ask(c crashfs.Call) crashfs.Fault {
	if r.trouble == nil {
		return crashfs.Fault{}
	}
	return r.trouble.ask(c)
}

func checkpoint(r *rig) { r.checkpoint() }

func pass(d time.Duration) func(r *rig) { return func(*rig) { time.Sleep(d) } }

func create(name string, s spec) func(r *rig) { return func(r *rig) { r.create(name, s) } }

func add(name string, sizes ...int) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) {
		for _, size := range sizes {
			r.append(in, size)
		}
	})
}

func remove(name string) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.delete(in) })
}

func read(name string) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.read(in) })
}

func watch(name string) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.watch(in) })
}

func produce(name, id string, epoch, seq int64, size int) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.produce(in, id, epoch, seq, size) })
}

func shut(name string, by *store.ProducerAppend, size int) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.closeBy(in, by, size) })
}

// together runs several parts of a step at once.
func together(all ...func(r *rig)) func(r *rig) { return func(r *rig) { r.burst(all...) } }

// one puts several parts into one step, so that the cuts between them are looked
// at when all have been played.
func one(all ...func(r *rig)) func(r *rig) {
	return func(r *rig) {
		for _, f := range all {
			f(r)
		}
	}
}
