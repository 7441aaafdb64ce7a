package faults_test

// The tests that catch faults.
const (
	lab    = "./stream/crashlab"
	file   = "./store/filestore"
	acid   = "./store/acidstore"
	engine = "./stream"
)

// faults are lies that a storage engine has been caught at, here or elsewhere. They
// are grouped by what they damage.
var faults = []fault{
	// What an acknowledgement rests on.
	{"acknowledge before the sync", "store/filestore/batch.go",
		"\terr := c.log.Sync()\n", "\terr := error(nil)\n", lab, "TestEveryCall"},
	{"acknowledge what was not written", "store/filestore/batch.go",
		"\t\terr = c.flush()\n", "\t\tc.flush()\n", lab, "TestFailingCalls"},
	{"retry a failed sync", "store/filestore/wal/writer.go",
		"\tif err := l.active.Sync(); err != nil {\n\t\treturn l.fail(", "\tif err := l.active.Sync(); err != nil && l.active.Sync() != nil {\n\t\treturn l.fail(", lab, "TestFailingCalls"},
	{"believe a sync that failed", "store/filestore/wal/writer.go",
		"\tif l.durable == l.flushed {\n\t\treturn nil\n\t}\n\treturn l.syncActive()", "\tl.syncActive()\n\tl.failed = nil\n\treturn nil", lab, "TestFailingCalls"},
	{"drop the last record of a batch", "store/filestore/batch.go",
		"\t\tif r.err == nil {\n\t\t\tc.current = e", "\t\tif r.err == nil && (i == 0 || i < len(batch)-1) {\n\t\t\tc.current = e", lab, "TestRandom|TestEveryCall"},
	{"show what is not durable", "stream/commit.go",
		"\ts.staged++\n\ts.applyLocked(&p.change)", "\ts.staged++\n\ts.visibleTail += int64(len(p.change.Bytes))\n\ts.applyLocked(&p.change)", lab, "TestFailingCalls"},
	{"name a later tail in a duplicate's answer", "stream/append.go",
		"Tail: Offset(tail), Closed: v.closed", "Tail: Offset(max(tail, s.visibleTail)), Closed: v.closed", engine, "TestDuplicate"},

	// Names and the order of what reaches the disk.
	{"skip the sync of a segment's name", "store/filestore/wal/segment.go",
		"\tif err := l.fs.SyncDir(l.dir); err != nil {\n\t\tf.Close()", "\tif err := error(nil); err != nil {\n\t\tf.Close()", lab, "TestEveryCall"},
	{"roll over without a sync", "store/filestore/wal/segment.go",
		"\tif l.active != nil {\n\t\tif err := l.Sync(); err != nil {\n\t\t\treturn err\n\t\t}\n", "\tif l.active != nil {\n", "./store/filestore/wal", "."},
	{"skip the sync of a data file", "store/filestore/snapshot.go",
		"\tif err := f.Sync(); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestEveryCall"},
	{"skip the sync of many data files at once", "store/filestore/snapshot.go",
		"\tif err := group.Sync(); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestEveryCall"},
	{"skip the sync of a data file's name", "store/filestore/snapshot.go",
		"\t\tif err := w.c.s.fs.SyncDir(name); err != nil {", "\t\tif err := error(nil); name == \"\" {", lab, "TestEveryCall"},
	{"skip the sync of a table's name", "store/filestore/catalogue/commit.go",
		"\tif err := c.fs.SyncDir(c.dir); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestEveryCall"},
	{"skip the sync of the manifest's name", "store/filestore/catalogue/manifest_file.go",
		"\tif err := fsys.SyncDir(dir); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestEveryCall"},
	{"cut the log before the catalogue has it", "store/filestore/checkpoint.go",
		"\tif err := c.write(streams, start); err != nil {\n\t\treturn err\n\t}\n\ts.committer.do(func() {", "\ts.committer.do(func() { err = s.committer.log.Trim(start) })\n\tif err := c.write(streams, start); err != nil {\n\t\treturn err\n\t}\n\ts.committer.do(func() {", lab, "TestEveryCall"},
	{"forget what a failed checkpoint did not write", "store/filestore/checkpoint.go",
		"\t\t\th.writing = false\n\t\t\ts.markLocked(h)\n", "\t\t\th.writing = false\n", lab, "TestFailingCalls"},

	// What recovery brings back.
	{"forget producers in the log", "store/internal/codec/codec.go",
		"\tif c.Producer != nil {\n\t\tflags |= changeProducer", "\tif false {\n\t\tflags |= changeProducer", lab, "TestEveryCall"},
	{"apply a record twice", "store/filestore/recover.go",
		"\tif err != nil || h == nil || h.lsn >= lsn {\n\t\treturn err", "\tif err != nil || h == nil {\n\t\treturn err", lab, "TestEveryCall"},
	{"take a torn record for a whole one", "store/filestore/wal/reader.go",
		"if checksum(r.payload) != h.payloadSum {", "if false {", lab, "TestEveryCall|TestRandom"},
	{"write behind a torn tail", "store/filestore/wal/repair.go",
		"\tlast.size -= r.tail\n", "", lab, "TestEveryCall|TestRandom"},
	{"lose a close", "store/meta.go",
		"\tif c.Close {\n", "\tif c.Close && len(c.Bytes) > 0 {\n", lab, "TestEveryCall"},
	{"lose a deletion", "store/filestore/recover.go",
		"\tif err := r.apply(h, kindDelete, lsn, nil); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestEveryCall"},
	{"lose a fork's reference", "store/filestore/apply.go",
		"\t\ts.referLocked(&h.meta.Config, 1, lsn)\n", "", lab, "TestEveryCall"},
	{"lose a mark", "store/meta.go",
		"\tif c.Mark != \"\" {\n", "\tif c.Mark != \"\" && m.Marks == nil {\n", lab, "TestEveryCall"},
	{"give an identity again", "store/filestore/filestore.go",
		"\ts.nextID.Store(r.lastID)\n", "", lab, "TestEveryCall|TestRandom"},

	// What the rules say.
	{"apply a duplicate", "stream/producer.go",
		"\tcase p.Seq <= last.seq:\n\t\tv.duplicate = true\n", "", lab, "TestEveryCall"},
	{"free a source that has forks", "stream/delete.go",
		"\tif s.forks > 0 {", "\tif s.forks > 1000 {", lab, "TestEveryCall"},
	{"let a stream expire early", "stream/expiry.go",
		"\treturn exact + slack(ttl)\n", "\treturn exact - slack(ttl)\n", lab, "TestEveryCall"},

	// What comes after a failure.
	{"reuse an offset", "store/filestore/handle.go",
		"\th.cutLocked(h.meta.Tail)\n", "", lab, "TestFailingCalls"},
	{"believe the kernel's memory after a failed sync", "store/filestore/wal/repair.go",
		"\tif err := rewrite(f, last.size); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestFailingCalls"},
	{"resurrect a refused append", "store/filestore/wal/writer.go",
		"\tif err := l.active.Truncate(last.size); err != nil {", "\tif err := error(nil); err != nil {", lab, "TestFailingCalls"},
	{"settle what was staged on a failure", "store/filestore/batch.go",
		"\tif h.broken != nil {\n\t\treturn store.ErrAborted\n\t}\n\treturn nil\n}\n\n// fail marks", "\treturn nil\n}\n\n// fail marks", file, "TestSuiteInMemory|TestStagedBeforeFailure|TestBehindFailure"},
	{"take a stream that cannot be looked up for a deleted one", "store/filestore/recover.go",
		"\tname, found, err := r.s.cat.Get(idKey(id))\n\tif err != nil || !found {\n\t\treturn nil, err\n", "\tname, found, err := r.s.cat.Get(idKey(id))\n\tif err != nil || !found {\n\t\treturn nil, nil\n", lab, "TestFailingStarts"},

	// Damage.
	{"serve bytes unverified", "store/filestore/verify.go",
		"\tif sum != x.sum {", "\tif false {", file, "TestEveryBit"},
	{"take a flipped bit for a torn tail", "store/filestore/wal/proof.go",
		"\tif flipped != nil {", "\tif flipped != nil && last && false {", file, "TestEveryBit"},
	{"scrub no data files", "store/filestore/scrub.go",
		"\tif err := x.data(); err != nil {", "\tif err := error(nil); err != nil {", file, "TestEveryBit"},
	{"read a value without its seal", "store/acidstore/seal.go",
		"\tif len(value) < sealBytes || binary.LittleEndian.Uint32(value) != s.checksum(key, value[sealBytes:]) {", "\tif len(value) < sealBytes {", acid, "TestFlippedBits"},

	// The acid tier.
	{"write the journal but for its last value", "store/acidstore/journal.go",
		"\t\t}\n\t}\n\treturn put()\n", "\t\t}\n\t}\n\treturn nil\n", acid, "TestPowerCuts"},
	{"fold without producers", "store/acidstore/step.go",
		"errors.Join(s.writeBytes(t), s.writeProducers(t), s.writeIndex(t))", "errors.Join(s.writeBytes(t), s.writeIndex(t))", acid, "TestPowerCuts"},
	{"acknowledge a transaction that failed", "store/acidstore/writer.go",
		"\t\t\tsh.failSteps(err)\n\t\t\tsh.writer.garbage", "\t\t\tsh.writer.garbage", acid, "TestFailedCommit"},
}
