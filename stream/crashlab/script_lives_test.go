package crashlab_test

import (
	"time"

	"github.com/weirstreams/weir/store/storetest/crashfs"
)

// branch forks a stream at the end of one of its first appends, and further into
// the next one.
func branch(name, source string, after int, sub int64) func(r *rig) {
	return on(source, func(r *rig, in *incarnation) {
		content := r.read(in)
		anchor := int64(0)
		for _, p := range in.posts {
			if after == 0 || p.done == never {
				break
			}
			if len(p.stored) > 0 {
				anchor = p.at + int64(len(p.stored))
				after--
			}
		}
		bytes := sub
		if in.form == messages {
			bytes = messageBytes(content, anchor, sub)
		}
		if anchor+bytes <= int64(len(content)) {
			r.fork(name, in, content, anchor, sub, bytes)
		}
	})
}

// messageBytes is the length of so many messages, none of which has a brace
// inside.
func messageBytes(content []byte, from, count int64) int64 {
	at := from
	for ; count > 0 && at < int64(len(content)); at++ {
		if content[at] == ',' && content[at-1] == '}' {
			count--
		}
	}
	return at - from
}

var forks = script{
	create("s", spec{form: text, size: 40}), add("s", 50, 60), branch("f1", "s", 2, 0), branch("f2", "s", 1, 10),
	create("j", spec{form: messages, size: 300}), branch("g", "j", 0, 1), add("g", 30),
	add("f1", 33), add("s", 70), watch("f1"), checkpoint, add("f2", 34), branch("ff", "f2", 3, 0), add("ff", 20), read("ff"),
	remove("s"), create("s", spec{form: text}), checkpoint, remove("f1"), remove("j"), checkpoint, remove("f2"),
	remove("ff"), create("s", spec{form: text, size: 30}), checkpoint, remove("g"), checkpoint,
}

// chains: a fork of a fork of a fork, deleted from the source on.
var chains = script{
	create("a", spec{form: octets, size: 30}), branch("b", "a", 1, 0), add("b", 20), branch("c", "b", 1, 0), add("c", 25),
	branch("d", "c", 1, 0), remove("b"), checkpoint, remove("a"), remove("c"), add("d", 40), checkpoint,
	// The last fork goes while a checkpoint is on its way, and takes all with it.
	func(r *rig) { r.during(crashfs.OpSync, "file/catalogue/", remove("d"), one(add("d", 10), checkpoint)) },
	create("b", spec{form: octets}), add("b", 15), checkpoint,
}

var expiries = script{
	create("ttl", spec{form: text, size: 20, ttl: 6}), create("end", spec{form: text, size: 20, expires: 9 * time.Second}),
	create("held", spec{form: messages, ttl: 6}), watch("held"), branch("fork", "ttl", 1, 0), create("src", spec{form: octets, size: 25, expires: 5 * time.Second}),
	branch("kid", "src", 1, 0), pass(2 * time.Second), add("ttl", 30), pass(3 * time.Second), read("ttl"), add("held", 40),
	pass(2 * time.Second), checkpoint, create("ttl", spec{form: octets, size: 30}), pass(9 * time.Second),
	create("end", spec{form: text, size: 30, ttl: 100}), create("late", spec{form: text, size: 20, ttl: 6}), watch("late"),
	checkpoint, pass(20 * time.Second), add("late", 20), pass(10 * time.Second), add("held", 20),
}

// agains use a name again and again, also in the middle of checkpoints.
var agains = script{
	create("n", spec{form: text, size: 60}), add("n", 70), remove("n"), create("n", spec{form: text, size: 80}), checkpoint,
	remove("n"), create("n", spec{form: octets}), add("n", 90), checkpoint,
	func(r *rig) {
		again := one(remove("n"), create("n", spec{form: messages, size: 50}), add("n", 40))
		r.during(crashfs.OpSync, "file/data/", again, one(add("n", 20), checkpoint))
	},
	func(r *rig) {
		again := one(remove("n"), create("n", spec{form: text, size: 50}), add("n", 40))
		r.during(crashfs.OpSyncDir, "file/catalogue", again, one(add("n", 20), checkpoint))
	},
	together(add("n", 30), remove("n"), add("n", 35)), create("n", spec{form: text, size: 44}), checkpoint,
	func(r *rig) { r.during(crashfs.OpRemove, "file/", remove("n"), one(remove("n"), checkpoint)) },
	create("n", spec{form: text, size: 45}), checkpoint,
}

// midways: a checkpoint notes the streams one after another, and removes the
// files of deleted ones in between. What happens then is in the state of those
// noted later, and not in that of those noted before.
var midways = script{
	create("x", spec{form: text, size: 40}), create("y", spec{form: text, size: 40}), create("z", spec{form: text, size: 40}),
	create("s", spec{form: octets, size: 50}), checkpoint,
	// A fork is made, and its source is noted with it, but it is not.
	one(remove("x"), add("s", 20), midway(one(branch("f", "s", 1, 0), add("f", 20)))), add("f", 10),
	// A fork is deleted, its source was noted before, and it is noted after.
	one(add("s", 21), remove("y"), branch("g", "s", 0, 0), add("g", 22), midway(remove("g"))), add("s", 23),
	one(remove("z"), add("f", 24), add("s", 25), midway(one(remove("s"), add("f", 26), produce("f", "A", 0, 0, 30)))), add("f", 27),
	checkpoint, remove("f"), checkpoint,
}

// midway runs f while a checkpoint removes the first file of a stream.
func midway(f func(r *rig)) func(r *rig) {
	return func(r *rig) { r.during(crashfs.OpRemove, "file/data/", f, checkpoint) }
}
