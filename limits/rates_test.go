package limits_test

import (
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/limits"
)

func TestRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := limits.NewRates(10, 2, 1000)
		wantClient(t, r, 1, 0, 0)
		wantClient(t, r, 1, 100*time.Millisecond, 100*time.Millisecond) // a refusal costs nothing
		wantClient(t, r, 2, 0, 0, 100*time.Millisecond)                 // another has its own

		time.Sleep(60 * time.Millisecond)
		wantClient(t, r, 1, 40*time.Millisecond)
		time.Sleep(40 * time.Millisecond)
		wantClient(t, r, 1, 0, 100*time.Millisecond)

		time.Sleep(time.Hour)
		wantClient(t, r, 1, 0, 0, 100*time.Millisecond) // quiet time is saved up to the burst only
	})
}

func TestRatesBurstDefaultsToOneSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wantClient(t, limits.NewRates(4, 0, 10), 1, 0, 0, 0, 0, time.Second/4)
	})
}

func TestRatesWithoutLimit(t *testing.T) {
	for _, r := range []*limits.Rates{nil, limits.NewRates(0, 5, 10), limits.NewRates(-1, 5, 10)} {
		for range 1000 {
			wantClient(t, r, 1, 0)
		}
	}
}

// wantClient sends one request for each wait: 0 for one that is allowed.
func wantClient(t *testing.T, r *limits.Rates, client uint64, waits ...time.Duration) {
	t.Helper()
	for i, want := range waits {
		if wait, ok := r.Allow(client); ok != (want == 0) || wait != want {
			t.Errorf("client %d, request %d: got %v, %v, want %v, %v", client, i, wait, ok, want, want == 0)
		}
	}
}

// TestRatesNeverAllowMore: whatever a client does, and however many others there
// are, as long as they are remembered no interval has more than the burst and what
// its length adds.
func TestRatesNeverAllowMore(t *testing.T) {
	const perSecond = 10
	rapid.Check(t, func(rt *rapid.T) {
		burst := rapid.IntRange(1, 5).Draw(rt, "burst")
		pauses := rapid.SliceOfN(rapid.IntRange(0, 300), 1, 100).Draw(rt, "pauses in ms")
		allowed := allowedAfter(t, limits.NewRates(perSecond, burst, 1000), pauses)
		for i, from := range allowed {
			for j, to := range allowed[i:] {
				if most := burst + int(to.Sub(from).Seconds()*perSecond+1e-9); j+1 > most {
					rt.Fatalf("within %v: got %d allowed, want at most %d", to.Sub(from), j+1, most)
				}
			}
		}
	})
}

// allowedAfter sends a request after each pause, and returns when those were sent
// that were allowed.
func allowedAfter(t *testing.T, r *limits.Rates, pauses []int) (allowed []time.Time) {
	synctest.Test(t, func(*testing.T) {
		for _, ms := range pauses {
			time.Sleep(time.Duration(ms) * time.Millisecond)
			if _, ok := r.Allow(3); ok {
				allowed = append(allowed, time.Now())
			}
		}
	})
	return allowed
}

// TestRatesForgetTheQuietFirst: those whose budget is full make room before others.
func TestRatesForgetTheQuietFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const shards, most = 16, 8
		r := limits.NewRates(1, 1, shards*most)
		key := func(i int) uint64 { return uint64(i * shards) } // all in one shard
		for i := range most - 2 {
			wantClient(t, r, key(i), 0)
		}
		time.Sleep(time.Second)
		for i := most; i < most+2; i++ {
			wantClient(t, r, key(i), 0) // now it is full
		}
		wantClient(t, r, key(100), 0)
		for _, i := range []int{most, most + 1, 100} {
			wantClient(t, r, key(i), time.Second)
		}
	})
}

// TestRatesAreBounded: a flood of clients is served, and takes no more memory than
// was said.
func TestRatesAreBounded(t *testing.T) {
	r := limits.NewRates(1, 1, 64)
	for i := range uint64(100_000) {
		if wait, ok := r.Allow(i); !ok {
			t.Fatalf("new client %d: got %v, false, want it allowed", i, wait)
		}
	}
	if got := limits.Remembered(r); got > 64 {
		t.Errorf("clients remembered: got %d, want at most 64", got)
	}
}
