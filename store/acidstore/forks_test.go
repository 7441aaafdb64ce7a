package acidstore_test

import (
	"bytes"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/acidstore"
)

// openLogged opens a store, closes it, and returns what it logged.
func openLogged(t *testing.T, dir string, shards int) string {
	t.Helper()
	var out bytes.Buffer
	log := zerolog.New(&out)
	s, err := acidstore.Open(dir, &acidstore.Options{Shards: shards, Log: &log})
	if err != nil {
		t.Fatalf("open with %d shards: %v", shards, err)
	}
	closeStore(t, s)
	return out.String()
}
