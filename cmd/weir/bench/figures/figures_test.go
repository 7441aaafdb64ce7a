package figures_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/weirstreams/weir/cmd/weir/bench/figures"
)

func sheet() *figures.Sheet {
	s := &figures.Sheet{}
	s.Text("kind", "", "append")
	s.Count("streams", "streams", 1234567)
	s.Number("per_second", "rate", 98765.4321, "/s")
	s.Number("small_us", "small", 1.23456, "µs")
	s.Number("nothing", "nothing", math.NaN(), "s")
	s.Number("endless", "endless", math.Inf(1), "s")
	s.Counts("errors_by_kind", "errors", map[string]int64{"503": 2}, "503: 2")
	s.Counts("none_by_kind", "", nil, "none")
	return s
}

func TestTable(t *testing.T) {
	var b strings.Builder
	if err := sheet().WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := "streams  1,234,567\nrate     98,765 /s\nsmall    1.23 µs\nerrors   503: 2\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestJSON(t *testing.T) {
	var b strings.Builder
	if err := sheet().WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	want := `{"kind":"append","streams":1234567,"per_second":98765.432,"small_us":1.235,"errors_by_kind":{"503":2},"none_by_kind":{}}` + "\n"
	if b.String() != want || !json.Valid([]byte(b.String())) {
		t.Errorf("got %swant %s", b.String(), want)
	}
}

func TestLatency(t *testing.T) {
	l := figures.NewLatency()
	l.Add(math.MaxInt64)
	l.Reset()
	for us := range int64(1000) {
		l.Add((us + 1) * 1000)
	}
	l.Add(-5) // a clock is read by two threads
	s := &figures.Sheet{}
	s.Latency("", "latency", l)
	s.Latency("none_", "none", figures.NewLatency())
	var b strings.Builder
	if err := s.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got map[string]float64
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{"p50_us": 500, "p90_us": 900, "p99_us": 990, "p99_9_us": 999, "max_us": 1000}
	if len(got) != len(want) || l.Count() != 1001 {
		t.Errorf("got %d figures of %d values, want %d of 1001", len(got), l.Count(), len(want))
	}
	for name, us := range want {
		if math.Abs(got[name]-us) > us/100 {
			t.Errorf("%s: got %v, want %v within a hundredth", name, got[name], us)
		}
	}
}
