package limits_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/limits"
)

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limits.NewRate(10, 2)
		wantAllowed(t, r, 2)
		wantRefused(t, r, 100*time.Millisecond)
		wantRefused(t, r, 100*time.Millisecond) // a refusal costs nothing

		time.Sleep(60 * time.Millisecond)
		wantRefused(t, r, 40*time.Millisecond)

		time.Sleep(40 * time.Millisecond)
		wantAllowed(t, r, 1)
		wantRefused(t, r, 100*time.Millisecond)

		time.Sleep(time.Hour)
		wantAllowed(t, r, 2) // quiet time is saved up to the burst only
		wantRefused(t, r, 100*time.Millisecond)
	})
}

func TestRateBurstDefaultsToOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limits.NewRate(3, 0)
		wantAllowed(t, r, 3)
		wantRefused(t, r, time.Second/3)
	})
}

func TestRateWithoutLimit(t *testing.T) {
	var none *limits.Rate
	wantAllowed(t, none, 1000)
	wantAllowed(t, &limits.Rate{}, 1000)
	wantAllowed(t, limits.NewRate(0, 5), 1000)
	wantAllowed(t, limits.NewRate(-1, 5), 1000)
}

func wantAllowed(t *testing.T, r *limits.Rate, n int) {
	t.Helper()
	for i := range n {
		if wait, ok := r.Allow(); !ok || wait != 0 {
			t.Errorf("request %d: got %v, %v, want 0, true", i, wait, ok)
		}
	}
}

func wantRefused(t *testing.T, r *limits.Rate, want time.Duration) {
	t.Helper()
	wait, ok := r.Allow()
	if off := (wait - want).Abs(); ok || off > time.Microsecond {
		t.Errorf("got %v, %v, want %v, false", wait, ok, want)
	}
}
