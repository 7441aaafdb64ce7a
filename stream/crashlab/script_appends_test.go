package crashlab_test

import (
	"fmt"
	"time"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/storetest/crashfs"
)

var appends = script{
	create("t", spec{form: text}), create("o", spec{form: octets, size: 90}), create("j", spec{form: messages, size: 200}),
	watch("o"), add("t", 60, 100), add("o", 40), add("j", 30, 300),
	together(add("o", 50, 60), add("o", 70), add("j", 100), add("t", 80)),
	checkpoint, read("j"), add("t", 20), add("j", 150),
	// Appends go on while a checkpoint writes a data file, and while it replaces
	// the catalogue's manifest.
	func(r *rig) { r.during(crashfs.OpSync, "file/data/", add("t", 44, 45), checkpoint) },
	func(r *rig) { r.during(crashfs.OpRename, "file/catalogue/", add("o", 46), checkpoint) },
	add("o", 33), checkpoint, checkpoint,
}

var producers = script{
	create("p", spec{form: messages}), watch("p"),
	produce("p", "A", 0, 0, 50), produce("p", "B", 3, 0, 60),
	// Several in flight at once, of which later ones may come first.
	together(produce("p", "A", 0, 3, 30), produce("p", "A", 0, 2, 30), produce("p", "A", 0, 1, 30), produce("p", "B", 3, 1, 40)),
	produce("p", "B", 3, 2, 40), retry, checkpoint,
	produce("p", "A", 1, 0, 40), retry, produce("p", "A", 0, 4, 40), // stale
	produce("p", "A", 1, 1, 40), produce("p", "C", 0, 1, 40), // a gap that nobody fills
	func(r *rig) { r.during(crashfs.OpWrite, "file/data/", produce("p", "A", 1, 2, 35), checkpoint) },
	sequenced("p", "a"), sequenced("p", "b"), sequenced("p", "ab"), retry, checkpoint,
}

// retry sends the last append of a producer again, as a client does that missed
// the answer.
func retry(r *rig) {
	for i := len(r.w.posts) - 1; i >= 0; i-- {
		if p := r.w.posts[i]; p.producer != nil {
			r.try(p)
			return
		}
	}
}

// sequenced appends with a Stream-Seq.
func sequenced(name, seq string) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) {
		p := r.newPost(in, 40)
		p.seq = seq
		r.send(p)
	})
}

var closes = script{
	create("born", spec{form: text, size: 50, closed: true}), create("c", spec{form: text}), create("d", spec{form: messages}),
	create("e", spec{form: octets}), create("f", spec{form: octets}),
	watch("c"), add("c", 40), add("d", 60), shut("c", nil, 0), shut("c", nil, 0), add("c", 20),
	produce("d", "A", 0, 0, 30), shut("d", by("A", 0, 1), 50), retry, add("d", 20),
	add("e", 40), shut("e", by("A", 0, 0), 0), retry, checkpoint,
	// The close races with appends.
	together(add("f", 30), shut("f", nil, 40), add("f", 50)), add("f", 20), checkpoint, remove("c"), checkpoint,
}

func by(id string, epoch, seq int64) *store.ProducerAppend {
	return &store.ProducerAppend{ID: id, Epoch: epoch, Seq: seq}
}

// rolls fill one segment of the log after another.
var rolls = script{
	create("r", spec{form: octets}), create("s", spec{form: text}), watch("r"),
	add("r", 700, 700, 700), together(add("r", 900), add("s", 900)), add("s", 500, 500, 500, 500),
	checkpoint, add("r", 900, 900, 900), pass(time.Second), checkpoint, add("s", 100),
	add("r", 1500, 1500, 1500, 1500, 1500), pass(time.Second), add("s", 100),
}

var larges = script{
	create("l", spec{form: octets, size: 3000}), add("l", 5000), create("m", spec{form: messages}), add("m", 4000),
	checkpoint, add("l", 6001), add("m", 700), read("l"), checkpoint, add("l", 10),
}

// manies make a catalogue of several tables, and merge them.
var manies = func() script {
	var s script
	for round := range 5 {
		var all []func(r *rig)
		for i := range 6 - round {
			all = append(all, create(fmt.Sprintf("many/%d/%d", round, i), spec{form: text, size: 20}))
		}
		s = append(s, one(all...), checkpoint)
		if round > 0 {
			s = append(s, remove(fmt.Sprintf("many/%d/0", round-1)), add(fmt.Sprintf("many/%d/1", round), 20), checkpoint)
		}
	}
	return s
}()

var marks = script{
	func(r *rig) { r.createMarked("w") }, create("t", spec{form: text}), mark("w", 40), mark("w", 30, 20, 50),
	together(mark("w", 60, 70), add("t", 30)), checkpoint, mark("w", 20),
	func(r *rig) { r.during(crashfs.OpSyncDir, "file/data/", mark("w", 25, 26), checkpoint) }, mark("w", 10), checkpoint,
}

func mark(name string, sizes ...int) func(r *rig) {
	return on(name, func(r *rig, in *incarnation) { r.mark(in, sizes...) })
}
