package bench_test

import (
	"context"
	"strings"
	"testing"
)

// enough requests have been made when each reader got some messages.
const enough = 80

// few is a measurement with some hundred deliveries.
func few(f *fake, kind string, more ...string) []string {
	return endless(f, kind, append([]string{"--streams", "2", "--subscribers", "3", "--rate", "100", "--size", "64"}, more...)...)
}

func TestLiveReaders(t *testing.T) {
	for _, kind := range []string{"sse", "longpoll"} {
		f := newFake(t, faults{})
		got := good(t, f, enough, few(f, kind)...)
		positive(t, got, "deliveries", "delivery_p50_us", "delivery_max_us", "appends", "append_p50_us")
		if got["lost"] != 0.0 || got["repeated"] != 0.0 || got["garbled"] != 0.0 {
			t.Errorf("%s: got %v lost, %v repeated, %v garbled, want none", kind, got["lost"], got["repeated"], got["garbled"])
		}
		if got["subscribers"] != 6.0 {
			t.Errorf("%s: got %v subscribers, want 6", kind, got["subscribers"])
		}
	}
}

// TestLostAndRepeated holds that a delivery that is missing, and one that comes
// twice, are noticed at each of the three readers of the stream.
func TestLostAndRepeated(t *testing.T) {
	for _, kind := range []string{"sse", "longpoll"} {
		for _, tt := range []struct {
			name  string
			how   faults
			lost  float64
			twice float64
		}{
			{"dropped", faults{drop: 4}, 3, 0},
			{"repeated", faults{repeat: 4}, 0, 3},
		} {
			f := newFake(t, tt.how)
			out, _, err := measure(f.until(enough), few(f, kind)...)
			got := figuresOf(t, out)
			if err == nil || got["lost"] != tt.lost || got["repeated"] != tt.twice || got["errors"] != 0.0 {
				t.Errorf("%s, %s: got %v lost, %v repeated, %v errors and error %v, want %v, %v, 0 and an error",
					kind, tt.name, got["lost"], got["repeated"], got["errors"], err, tt.lost, tt.twice)
			}
		}
	}
}

// TestNeverDelivered holds that messages count as lost when nothing comes after
// them, either.
func TestNeverDelivered(t *testing.T) {
	f := newFake(t, faults{dropFrom: 5})
	out, _, err := measure(f.until(enough), few(f, "sse", "--streams", "1", "--grace", "50ms")...)
	got := figuresOf(t, out)
	_, _, appends := f.state()
	if want := float64(3 * (appends - 4)); err == nil || got["lost"] != want {
		t.Errorf("got %v lost and error %v, want %v and an error", got["lost"], err, want)
	}
}

func TestReconnects(t *testing.T) {
	f := newFake(t, faults{sseOnce: true})
	got := good(t, f, enough, few(f, "sse")...)
	positive(t, got, "deliveries", "reconnects")
	if got["lost"] != 0.0 || got["repeated"] != 0.0 {
		t.Errorf("got %v lost, %v repeated, want none", got["lost"], got["repeated"])
	}
}

func TestSubscribersAreRefused(t *testing.T) {
	_, _, err := measure(context.Background(), few(newFake(t, faults{noSSE: true}), "sse")...)
	if err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("got error %v, want one with the status 429", err)
	}
}

func TestFailedAppendsOfEvents(t *testing.T) {
	f := newFake(t, faults{refuse: 3})
	out, _, err := measure(f.until(enough), few(f, "sse", "--grace", "0")...)
	got := figuresOf(t, out)
	positive(t, got, "errors")
	if err == nil {
		t.Error("got no error, want one")
	}
}

func TestRoundTrip(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, enough, endless(f, "rtt", "--pause", "1ms")...)
	positive(t, got, "deliveries", "delivery_p50_us", "append_p50_us")
	if most := got["seconds"].(float64)*1000 + 1; got["deliveries"].(float64) > most {
		t.Errorf("got %v round trips, want at most %v with a millisecond between them", got["deliveries"], most)
	}
}

// TestRoundTripGoesOn holds that one append that fails does not end the others.
func TestRoundTripGoesOn(t *testing.T) {
	f := newFake(t, faults{hangUp: 3})
	out, _, err := measure(f.until(enough), endless(f, "rtt")...)
	got := figuresOf(t, out)
	_, _, appends := f.state()
	if err == nil || got["errors"] != 1.0 || appends < 10 {
		t.Errorf("got %v errors, error %v and %d appends, want one error and more appends", got["errors"], err, appends)
	}
}

func TestCatchup(t *testing.T) {
	for _, more := range [][]string{
		{"--bytes", "100KiB"},
		{"--bytes", "100KiB", "--streams", "3", "--readers", "7"},
		{"--bytes", "3MiB"},
	} {
		f := newFake(t, faults{page: 100_000})
		got := good(t, f, 300, endless(f, "catchup", more...)...)
		positive(t, got, "passes", "pages", "mib_per_second", "page_p50_us")
		if got["wrong_passes"] != 0.0 {
			t.Errorf("%q: got %v passes of a wrong length, want none", more, got["wrong_passes"])
		}
	}
}

func TestCatchupOfMessages(t *testing.T) {
	f := newFake(t, faults{})
	got := good(t, f, 20, endless(f, "catchup", "--messages", "--bytes", "2MiB", "--size", "1KiB")...)
	positive(t, got, "passes", "mib_per_second")
}

func TestCatchupChecksContent(t *testing.T) {
	f := newFake(t, faults{corrupt: true})
	if _, _, err := measure(f.until(1000), endless(f, "catchup", "--bytes", "10KiB")...); err == nil || !strings.Contains(err.Error(), "checksum") {
		t.Errorf("got error %v, want one about the checksum", err)
	}
}

func TestCatchupChecksLengths(t *testing.T) {
	f := newFake(t, faults{shrinkAfter: 1})
	out, _, err := measure(f.until(20), endless(f, "catchup", "--bytes", "10KiB", "--readers", "1")...)
	if err == nil {
		t.Fatal("got no error, want one about the length")
	}
	positive(t, figuresOf(t, out), "wrong_passes")
}

func TestReadAFile(t *testing.T) {
	f := newFake(t, faults{})
	f.mu.Lock()
	f.streams["/file"] = make([]byte, 1000)
	f.mu.Unlock()
	args := endless(f, "catchup", "--raw")
	args[2] += "/file"
	positive(t, good(t, f, 20, args...), "passes", "mib_per_second")
}
