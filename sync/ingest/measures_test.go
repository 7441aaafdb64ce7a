package ingest_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/weirstreams/weir/sync/ingest"
	"github.com/weirstreams/weir/sync/ingest/assemble"
)

// TestSumLeavesNothingOut: a count that is new has to be added to sum.
func TestSumLeavesNothingOut(t *testing.T) {
	var a, b assemble.Counts
	for i := range reflect.TypeFor[assemble.Counts]().NumField() {
		reflect.ValueOf(&a).Elem().Field(i).SetInt(int64(i + 1))
		reflect.ValueOf(&b).Elem().Field(i).SetInt(100)
	}
	got := reflect.ValueOf(ingest.Sum(a, b))
	for i := range got.NumField() {
		if n, want := got.Field(i).Int(), int64(i+101); n != want {
			t.Errorf("%s: got %d, want %d", got.Type().Field(i).Name, n, want)
		}
	}
}

func TestTally(t *testing.T) {
	got := ingest.Tally([]int64{10, 20}, -5, 10, 11, 20, 21, 1000)
	want := ingest.Distribution{UpTo: []int64{10, 20}, Below: []int64{2, 4}, Count: 6, Sum: 1062}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestOverdue(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, test := range []struct {
		last  time.Duration
		sent  time.Time
		every time.Duration
		want  time.Duration
	}{
		{0, time.Time{}, time.Second, 0},                                           // none has come back
		{3 * time.Second, now.Add(-time.Minute), 0, 3 * time.Second},               // none are sent
		{time.Millisecond, now.Add(-time.Second), time.Minute, time.Millisecond},   // the next is not due
		{time.Millisecond, now.Add(-2 * time.Minute), time.Minute, time.Minute},    // the next is on its way
		{5 * time.Minute, now.Add(-2 * time.Minute), time.Minute, 5 * time.Minute}, // the last took longer
	} {
		if got := ingest.Overdue(test.last, test.sent, test.every, now); got != test.want {
			t.Errorf("overdue(%s, %s ago, every %s): got %s, want %s", test.last, now.Sub(test.sent), test.every, got, test.want)
		}
	}
}
