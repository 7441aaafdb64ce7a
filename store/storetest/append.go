package storetest

import (
	"bytes"
	"fmt"

	"github.com/weirstreams/weir/store"
)

var appendTests = map[string]func(*fixture){
	"many sizes":                   testSizes,
	"many small ones":              testSmall,
	"after it has moved to place":  testAfterSettle,
	"one change is one step":       testOneStep,
	"producers":                    testProducers,
	"marks":                        testMarks,
	"closed by nobody":             testClosedByNobody,
	"state without bytes":          testStateOnly,
	"soft deletion and expiry":     testSoftDelete,
	"change may be used again":     testChangeReused,
	"idle streams keep their data": testIdle,
}

// testSizes crosses the sizes at which tiers cut their pieces.
func testSizes(f *fixture) {
	f.plain("s", "")
	for i, n := range []int{1, 511, 512, 513, 1, 64 << 10, 64<<10 + 1, 300 << 10, 1} {
		f.apply("s", store.Change{Bytes: bytes.Repeat([]byte{byte('a' + i)}, n)})
	}
	f.everywhere()
}

func testSmall(f *fixture) {
	f.plain("s", "")
	h := f.hold("s")
	var last outcome
	for i := range 4500 {
		c := store.Change{Bytes: fmt.Appendf(nil, "%d,", i)}
		last = newOutcome()
		if settled, err := h.Commit(private(c), last); err != nil {
			f.Fatalf("commit %d: %v", i, err)
		} else if settled {
			last <- nil
		}
		f.model.apply("s", c)
	}
	if err := <-last; err != nil {
		f.Fatalf("last commit: %v", err)
	}
	h.Release()
	f.everywhere()
}

func testAfterSettle(f *fixture) {
	f.plain("s", "one ")
	f.settle()
	f.append("s", "two ")
	f.append("s", "three ")
	f.check("with a part in its place")
	f.settle()
	f.append("s", "four")
	f.everywhere()
	f.append("s", " five")
	f.everywhere()
}

func testOneStep(f *fixture) {
	f.plain("s", "")
	f.apply("s", store.Change{Bytes: []byte("payload"), Producer: &store.ProducerAppend{ID: "p", Epoch: 3, Seq: 9},
		Seq: "b", Expires: 77, Mark: "m", MarkValue: "v", Close: true})
	f.everywhere()
}

func testProducers(f *fixture) {
	f.plain("s", "")
	for seq := range int64(3) {
		for _, id := range []string{"a", "b", ""} {
			f.apply("s", store.Change{Bytes: []byte(id + "."), Producer: &store.ProducerAppend{ID: id, Epoch: seq, Seq: 10 - seq}})
		}
	}
	f.apply("s", store.Change{Close: true, Producer: &store.ProducerAppend{ID: "a", Epoch: 3, Seq: 0}})
	f.everywhere()
}

func testMarks(f *fixture) {
	f.plain("s", "")
	f.apply("s", store.Change{Mark: "one", MarkValue: "1"})
	f.apply("s", store.Change{Mark: "two", MarkValue: "2", Bytes: []byte("x")})
	f.apply("s", store.Change{Mark: "one", MarkValue: "3"})
	f.everywhere()
	f.apply("s", store.Change{Mark: "one", MarkValue: ""})
	f.everywhere()
}

func testClosedByNobody(f *fixture) {
	f.plain("s", "x")
	f.apply("s", store.Change{Close: true})
	f.everywhere()
}

func testStateOnly(f *fixture) {
	f.plain("s", "x")
	f.settle()
	f.apply("s", store.Change{Seq: "only a sequence"})
	f.everywhere()
}

func testSoftDelete(f *fixture) {
	f.create("s", plainConfig, store.Change{Expires: 1000})
	f.everywhere()
	f.apply("s", store.Change{Expires: 2000})
	f.everywhere()
	f.apply("s", store.Change{SoftDelete: true})
	f.everywhere()
}

// testChangeReused reuses one change, and what it points to, as a pool does.
func testChangeReused(f *fixture) {
	f.plain("s", "")
	h := f.hold("s")
	defer h.Release()
	buf, p, o := make([]byte, 1), store.ProducerAppend{ID: "p"}, newOutcome()
	for i := range byte(9) {
		buf[0], p.Seq = 'a'+i, int64(i)
		c := store.Change{Bytes: buf, Producer: &p, Close: i == 8}
		f.model.apply("s", c)
		if err := o.wait(h.Commit(&c, o)); err != nil {
			f.Fatalf("commit %d: %v", i, err)
		}
	}
	p.Seq = 1000
	f.everywhere()
}

// testIdle touches one of many streams and looks at all.
func testIdle(f *fixture) {
	for i := range 40 {
		f.plain(fmt.Sprintf("idle/%02d", i), fmt.Sprintf("content of %d", i))
	}
	f.everywhere()
	f.append("idle/07", " and more")
	f.remove("idle/08")
	f.everywhere()
}
