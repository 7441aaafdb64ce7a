package storetest

import "github.com/weirstreams/weir/store"

var forkTests = map[string]func(*fixture){
	"bytes begin at the divergence": testForkBytes,
	"references are counted":        testRefs,
	"source kept for its forks":     testSoftDeletedSource,
	"chain":                         testForkChain,
	"source of another life":        testForkOfEarlierLife,
}

func testForkBytes(f *fixture) {
	f.plain("src", "shared bytes")
	cfg := f.fork("src", 6)
	cfg.Fork.Anchor, cfg.Fork.Sub = 3, 3
	f.create("fork", cfg, store.Change{Bytes: []byte(" of its own")})
	f.create("bare", f.fork("src", 12), store.Change{})
	f.append("src", " and on")
	f.everywhere()
	f.append("fork", ", more")
	f.append("bare", "first")
	f.everywhere()
}

// testRefs counts over every border at which a count may be lost.
func testRefs(f *fixture) {
	f.plain("src", "0123456789")
	f.create("f1", f.fork("src", 1), store.Change{})
	f.everywhere()
	f.create("f2", f.fork("src", 2), store.Change{Bytes: []byte("x")})
	f.remove("f1")
	f.everywhere()
	f.create("f1", f.fork("src", 3), store.Change{})
	f.settle()
	f.remove("f2")
	f.everywhere()
	f.remove("f1")
	f.everywhere()
}

func testSoftDeletedSource(f *fixture) {
	f.plain("src", "0123456789")
	f.create("fork", f.fork("src", 5), store.Change{})
	f.apply("src", store.Change{SoftDelete: true})
	f.everywhere()
	f.remove("fork") // now the source is due
	f.everywhere()
	f.remove("src")
	f.everywhere()
}

func testForkChain(f *fixture) {
	f.plain("a", "aaaa")
	f.create("b", f.fork("a", 4), store.Change{Bytes: []byte("bbbb")})
	f.create("c", f.fork("b", 6), store.Change{Bytes: []byte("cccc")})
	f.everywhere()
	f.apply("b", store.Change{SoftDelete: true})
	f.remove("c")
	f.remove("b")
	f.everywhere()
}

// testForkOfEarlierLife deletes a fork of a stream whose name has been used again:
// the new one's count is its own.
func testForkOfEarlierLife(f *fixture) {
	f.plain("src", "first life")
	f.create("fork", f.fork("src", 5), store.Change{})
	f.remove("src") // a tier does not judge
	f.plain("src", "second life")
	f.create("other", f.fork("src", 6), store.Change{})
	f.everywhere()
	f.remove("fork")
	f.everywhere()
}
