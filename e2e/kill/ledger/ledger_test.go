package ledger_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/weirstreams/weir/e2e/kill/ledger"
)

// TestHonestServer goes through all that may happen around crashes.
func TestHonestServer(t *testing.T) {
	for _, kind := range []ledger.Kind{ledger.Text, ledger.Binary, ledger.JSON} {
		inherited := string(kind.Stored(ledger.Append{ID: ledger.ID{Writer: "other"}, Parts: 1}))
		s := newStory(kind, inherited)
		steps := []func(){
			func() { s.acked(1); s.acked(2); s.shows() },
			func() { s.Sent(number(3).ID) },                    // lost, for good
			func() { s.Sent(number(4).ID); s.stores(4) },       // stored, without an answer
			func() { s.Repeated(number(4).ID) },                // and found a duplicate
			func() { s.Sent(number(5).ID) },                    // lost
			func() { s.acked(5) },                              // and sent again
			func() { s.Sent(number(6).ID); s.CloseSent(&six) }, // a close that was lost
			func() { s.acked(6); s.view.Closed = true },        // and sent again
			func() { s.DeleteSent() },                          // lost
			func() { s.view.Found = false },
		}
		for i, step := range steps {
			step()
			if err := s.check(); err != nil {
				t.Fatalf("step %d in a stream of %s: got %v, want nothing", i, kind.ContentType(), err)
			}
		}
		want := ledger.Verified{Appends: 5, Bytes: int64(len(s.view.Content) - len(inherited)), Shown: 1}
		if got := s.Verified(); got != want {
			t.Errorf("verified in a stream of %s: got %+v, want %+v", kind.ContentType(), got, want)
		}
	}
}

var six = number(6).ID

// TestKinds takes an append from the request to the answers that show it.
func TestKinds(t *testing.T) {
	for n := range 4 {
		a := ledger.Append{ID: ledger.ID{Writer: "w", N: n}, Parts: 1 + n/2, Pad: 3}
		for _, kind := range []ledger.Kind{ledger.Text, ledger.Binary, ledger.JSON} {
			body := kind.Body(a)
			page, event := body, string(body)
			if kind == ledger.JSON {
				page = arrayOf(t, body)
				event = string(page)
			}
			if kind == ledger.Binary {
				event = base64.StdEncoding.EncodeToString(body)
			}
			want := kind.Stored(a)
			if got, err := kind.FromPage(page); err != nil || !bytes.Equal(got, want) {
				t.Errorf("page of %s: got %q, error %v, want %q", kind.ContentType(), got, err, want)
			}
			if got, err := kind.FromEvent(event); err != nil || !bytes.Equal(got, want) {
				t.Errorf("event of %s: got %q, error %v, want %q", kind.ContentType(), got, err, want)
			}
			cut := kind.FromCutPage(page[:len(page)-1])
			if !bytes.HasPrefix(want, cut) || len(cut) < len(want)-1 {
				t.Errorf("cut page of %s: got %q, want the beginning of %q", kind.ContentType(), cut, want)
			}
		}
	}
}

func arrayOf(t *testing.T, body []byte) []byte {
	t.Helper()
	if !json.Valid(body) {
		t.Fatalf("body: got %q, want JSON", body)
	}
	if body[0] == '[' {
		return body
	}
	return append(append([]byte("["), body...), ']')
}

// FuzzCheck holds any bytes for a stream: the check must end, and never find an
// append that was not sent.
func FuzzCheck(f *testing.F) {
	for _, kind := range []ledger.Kind{ledger.Text, ledger.Binary, ledger.JSON} {
		f.Add(int(kind), kind.Stored(number(1)))
		f.Add(int(kind), kind.Stored(number(1))[:10])
	}
	f.Add(0, []byte("w:1:0/9999999999999:x:00000000\n"))
	f.Fuzz(func(t *testing.T, kind int, content []byte) {
		s := newStory(ledger.Kind(uint(kind)%ledger.Kinds), "")
		s.view.Content = content
		if err := s.check(); err == nil && len(content) > 0 {
			t.Errorf("stream of %q: got no error, want one: nothing was sent", content)
		}
		if _, err := s.Kind().FromPage(content); err == nil {
			s.Kind().FromCutPage(content)
		}
	})
}
