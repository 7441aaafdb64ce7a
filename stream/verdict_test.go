package stream_test

import (
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/stream"
)

// faults are what can be wrong with an append, in the order in which the
// protocol asks (section 5.2): of several faults the earliest decides.
var faults = []struct {
	name string
	code stream.Code
	set  func(r *stream.AppendRequest)
}{
	{"no such stream", stream.CodeNotFound, func(r *stream.AppendRequest) { r.Name = "missing" }},
	{"deleted", stream.CodeGone, func(r *stream.AppendRequest) { r.Name = "deleted" }},
	{"no content type", stream.CodeInvalidType, func(r *stream.AppendRequest) { r.ContentType = "" }},
	{"closed", stream.CodeClosed, func(r *stream.AppendRequest) { r.Name = "closed" }},
	{"wrong type", stream.CodeTypeMismatch, func(r *stream.AppendRequest) {
		if r.ContentType != "" {
			r.ContentType = text
		}
	}},
	{"stale epoch", stream.CodeStaleEpoch, func(r *stream.AppendRequest) { r.Producer = &store.ProducerAppend{ID: "p", Epoch: 1, Seq: 9} }},
	{"sequence", stream.CodeSeqRegression, func(r *stream.AppendRequest) { r.Seq = "4" }},
	{"not JSON", stream.CodeInvalidBody, func(r *stream.AppendRequest) { r.Body = []byte(`{"a":`) }},
}

// prepareFaults makes the JSON streams that faults speak of, each with producer
// p at epoch 2 and sequence 0, and Stream-Seq 5.
func prepareFaults(t *testing.T, e *stream.Engine) {
	for _, name := range []string{"live", "closed", "deleted"} {
		create(t, e, plain(name, json))
		if _, err := e.Append(&stream.AppendRequest{
			Name: name, Body: []byte("0"), ContentType: json, Seq: "5",
			Producer: &store.ProducerAppend{ID: "p", Epoch: 2},
		}); err != nil {
			t.Fatal(err)
		}
	}
	closeStream(t, e, "closed")
	create(t, e, forkOf("fork", "deleted", 0, 0))
	remove(t, e, "deleted")
}

func TestVerdictOrder(t *testing.T) {
	e := newEngine(t, nil)
	prepareFaults(t, e)
	for first := range faults {
		for second := first; second < len(faults); second++ {
			r := &stream.AppendRequest{Name: "live", Body: []byte("1"), ContentType: json}
			// The later fault first, so that the earlier one can build on it.
			faults[second].set(r)
			faults[first].set(r)
			_, err := e.Append(r)
			wantCode(t, faults[first].name+" and "+faults[second].name, err, faults[first].code)
		}
	}
	wantContents(t, e, "live", "0,")
	wantContents(t, e, "closed", "0,")
	wantContents(t, e, "fork", "")
}

func TestEmptyAppend(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("live", text))
	create(t, e, plain("closed", text))
	closeStream(t, e, "closed")
	p := &store.ProducerAppend{ID: "p"}
	for _, r := range []*stream.AppendRequest{
		{Name: "live"}, {Name: "live", ContentType: text}, {Name: "live", ContentType: json, Producer: p},
		{Name: "closed", ContentType: text},
	} {
		_, err := e.Append(r)
		wantCode(t, "empty append to "+r.Name, err, stream.CodeInvalidBody)
	}
	_, err := e.Append(&stream.AppendRequest{Name: "live", ContentType: "no type at all", Close: true})
	wantCode(t, "close with a wrong type", err, "")
}

func TestDuplicateComesBeforeSequence(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	r := by(0, "x")
	r.Seq = "7"
	for i := range 2 {
		res, err := e.Append(r)
		if err != nil || res.Duplicate != (i == 1) {
			t.Errorf("append %d: got %+v, %v, want a duplicate only the second time", i, res, err)
		}
	}
}

// A refused append leaves the producer's and the writer's sequence alone, so that
// the corrected one passes.
func TestRefusalChangesNothing(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", json))
	r := &stream.AppendRequest{Name: "s", ContentType: json, Seq: "1", Producer: &store.ProducerAppend{ID: "p"}, Close: true}
	for _, body := range []string{"{", "[]", "[1,2", "\ufeff1", "  ", "\"\xff\"", "[1,2,]"} {
		r.Body = []byte(body)
		_, err := e.Append(r)
		wantCode(t, body, err, stream.CodeInvalidBody)
	}
	r.Body, r.ContentType = []byte("1"), text
	_, err := e.Append(r)
	wantCode(t, "wrong type", err, stream.CodeTypeMismatch)
	r.ContentType = "Application/JSON; charset=utf-8"
	res, err := e.Append(r)
	if err != nil || res.Duplicate || !res.Closed || res.Tail != 2 {
		t.Errorf("corrected append: got %+v, %v, want a new one that closes at 2", res, err)
	}
}

func TestStreamSeq(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	for _, test := range []struct {
		seq  string
		want stream.Code
	}{
		{"09", ""}, {"10", ""}, {"10", stream.CodeSeqRegression}, {"1", stream.CodeSeqRegression},
		{"2", ""}, {"10", stream.CodeSeqRegression}, {"", ""}, {"2", stream.CodeSeqRegression},
		{"a", ""}, {"B", stream.CodeSeqRegression}, {"a\x00", ""}, {"\xff", ""}, {"z", stream.CodeSeqRegression},
	} {
		r := say("x")
		r.Seq = test.seq
		_, err := e.Append(r)
		wantCode(t, "Stream-Seq "+test.seq, err, test.want)
	}
}

// A close without a body takes no notice of Stream-Seq, and keeps none.
func TestCloseIgnoresSeq(t *testing.T) {
	e := newEngine(t, nil)
	create(t, e, plain("s", text))
	r := say("x")
	r.Seq = "5"
	e.Append(r)
	_, err := e.Append(&stream.AppendRequest{Name: "s", Seq: "1", Close: true})
	wantCode(t, "close with an old Stream-Seq", err, "")
}

func TestSizeLimit(t *testing.T) {
	e := newEngine(t, &stream.Options{MaxStreamBytes: 10})
	create(t, e, plain("s", text))
	put(t, e, "s", "123456789")
	_, err := e.Append(say("xx"))
	wantCode(t, "append over the limit", err, stream.CodeStreamFull)
	put(t, e, "s", "0")
	_, err = e.Append(say("x"))
	wantCode(t, "append to a full stream", err, stream.CodeStreamFull)
	closeStream(t, e, "s")
	wantContents(t, e, "s", "1234567890")

	r := forkOf("f", "s", 8, 0)
	r.Body = []byte("xyz")
	_, _, err = e.Create(r)
	wantCode(t, "fork whose first body is over the limit", err, stream.CodeStreamFull)
	r.Body = []byte("xy")
	create(t, e, r)
	wantContents(t, e, "f", "12345678xy")
	big := plain("big", octets)
	big.Body = make([]byte, 11)
	_, _, err = e.Create(big)
	wantCode(t, "create over the limit", err, stream.CodeStreamFull)
	wantState(t, e, "big", stream.CodeNotFound)
}
