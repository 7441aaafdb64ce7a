package nginx_test

import (
	"net/http"
	"testing"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// TestLeavingIsPassedOn fills the only place for a live reader, lets that reader
// leave, and wants the place to be free: the server has learnt of it from nginx.
func TestLeavingIsPassedOn(t *testing.T) {
	t.Parallel()
	s := newStage(t, "memory", env{"DS_LIMITS__MAX_SUBSCRIBERS": "1"})
	for _, protocol := range protocols {
		c, stream := s.client(protocol), "left-"+protocol[5:6]
		s.create(c, stream, jsonType, "")
		for range 3 {
			live := s.await200(c, stream)
			s.get(http.StatusTooManyRequests, c, stream+"?offset=now&live=long-poll", nil)
			live.Close()
		}
	}
}

// await200 follows a stream as soon as there is a place.
func (s stage) await200(c *wire.Client, stream string) *wire.Live {
	s.t.Helper()
	var live *wire.Live
	await(s.t, "place for a reader", func() (ok bool) {
		var err error
		live, err = c.Follow(s.t.Context(), stream, "-1")
		return err == nil
	})
	s.t.Cleanup(live.Close)
	return live
}
