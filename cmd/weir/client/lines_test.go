package client_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/cmd/weir/client"
)

// TestBatchesKeepLines holds that batches of text are the input, cut only behind
// lines, and no longer than they may be.
func TestBatchesKeepLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.StringMatching(`[a-z]{0,20}\n`)).Draw(t, "lines")
		input := strings.Join(lines, "") + rapid.StringMatching(`[a-z]{0,20}`).Draw(t, "last")
		most := rapid.IntRange(21, 100).Draw(t, "most")
		batches, err := client.Batches(strings.NewReader(input), false, most)
		if got := string(bytes.Join(batches, nil)); err != nil || got != input {
			t.Fatalf("got %q and %v, want %q", got, err, input)
		}
		for i, b := range batches {
			if len(b) > most || i < len(batches)-1 && !bytes.HasSuffix(b, []byte("\n")) {
				t.Errorf("got the batch %q, want at most %d bytes, up to the end of a line", b, most)
			}
		}
	})
}

// TestBatchesKeepMessages holds that batches of JSON are arrays with the lines as
// they are, but for blank ones.
func TestBatchesKeepMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := rapid.SliceOf(rapid.SampledFrom([]string{`{"a":1}`, `[1,2]`, `"x"`, `12345678901234567890`, `null`, "", "  "})).Draw(t, "messages")
		most := rapid.IntRange(24, 60).Draw(t, "most")
		batches, err := client.Batches(strings.NewReader(strings.Join(messages, "\n")), true, most)
		if err != nil {
			t.Fatalf("got %v, want no error", err)
		}
		var got, want []string
		for _, b := range batches {
			var array []json.RawMessage
			if err := json.Unmarshal(b, &array); err != nil || len(b) > most {
				t.Fatalf("got the batch %q and %v, want an array of at most %d bytes", b, err, most)
			}
			for _, m := range array {
				got = append(got, string(m))
			}
		}
		for _, m := range messages {
			if strings.TrimSpace(m) != "" {
				want = append(want, m)
			}
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestWrongLines(t *testing.T) {
	for input, want := range map[string]string{
		"1\n\n{\n":                          "line 3 is no JSON document",
		"1\n2,3\n":                          "line 2 is no JSON document",
		"\"" + strings.Repeat("x", 99):      "line 1 is over 50 bytes: want a larger --chunk",
		"1\n" + strings.Repeat("1", 51):     "line 2 is over 50 bytes: want a larger --chunk",
		"1\n2 ]\n":                          "line 2 is no JSON document",
		"1\n\"" + strings.Repeat("\xff", 3): "line 2 is no JSON document",
	} {
		if _, err := client.Batches(strings.NewReader(input), true, 50); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %q", input, err, want)
		}
	}
}

// TestLinesDoNotWait holds that a line goes when it is there, also with a part of
// the next one behind it.
func TestLinesDoNotWait(t *testing.T) {
	base := newServer(t)
	good(t, base, "", "create", "log", "--content-type", "text/plain")
	out := newPieces()
	tailed, appended := make(chan outcome), make(chan int)
	var tail, o outcome
	go func() {
		runTo(t.Context(), out, out, &tail, base, strings.NewReader(""), "tail", "--offset", "-1", "log")
		tailed <- tail
	}()
	stdin, write := io.Pipe()
	go func() {
		appended <- runTo(t.Context(), io.Discard, io.Discard, &o, base, stdin, "append", "--lines", "--close", "log")
	}()
	io.WriteString(write, "one\ntwo\nthr")
	out.waitFor("one\ntwo\n")
	io.WriteString(write, "ee\n")
	out.waitFor("three\n")
	write.Close()
	if status := <-appended; status != client.OK {
		t.Errorf("append: got status %d, want 0", status)
	}
	<-tailed
	if got, want := out.String(), "one\ntwo\nthree\n"; got != want {
		t.Errorf("tail: got %q, want %q", got, want)
	}
}
