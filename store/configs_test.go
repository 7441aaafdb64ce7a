package store_test

import (
	"testing"

	"github.com/weirstreams/weir/store"
)

// TestShare: equal configurations become one copy, others do not.
func TestShare(t *testing.T) {
	var s store.Configs
	plain := store.Config{ContentType: "text/plain", TTL: store.NoTTL}
	first := s.Share(plain)
	for name, c := range map[string]struct {
		config store.Config
		shared bool
	}{
		"equal":      {plain, true},
		"type":       {store.Config{ContentType: "text/html", TTL: store.NoTTL}, false},
		"ttl":        {store.Config{ContentType: "text/plain", TTL: 5}, false},
		"asked":      {store.Config{ContentType: "text/plain", TTL: store.NoTTL, Asked: 1}, false},
		"fork":       {store.Config{ContentType: "text/plain", TTL: store.NoTTL, Fork: &store.Fork{At: 3}}, false},
		"fixed end":  {store.Config{ContentType: "text/plain", TTL: store.NoTTL, ExpiresAt: "2031-01-01T00:00:00Z"}, false},
		"equal once": {plain, true},
	} {
		t.Run(name, func(t *testing.T) {
			got := s.Share(c.config)
			if *got != c.config || (got == first) != c.shared {
				t.Errorf("got %+v, the first one %v, want %+v, %v", *got, got == first, c.config, c.shared)
			}
		})
	}
}

// TestShareIsBounded: more configurations than are kept are still right, and
// those that come often are shared again.
func TestShareIsBounded(t *testing.T) {
	var s store.Configs
	for i := range int64(2000) {
		if got := s.Share(store.Config{TTL: i}); got.TTL != i {
			t.Fatalf("TTL: got %d, want %d", got.TTL, i)
		}
	}
	plain := store.Config{ContentType: "text/plain"}
	if a, b := s.Share(plain), s.Share(plain); a != b {
		t.Error("an equal configuration after many others: got a copy, want the same one")
	}
}
