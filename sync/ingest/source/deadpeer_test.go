package source_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// TestQueriesDoNotWaitForTheDead: the kernel is told when to give up a connection whose
// peer acknowledges nothing, but not one that replicates.
func TestQueriesDoNotWaitForTheDead(t *testing.T) {
	s := postgres.Server(t)
	tgt := target(t, s, s.Database(t))
	ctx := within(t, 10*time.Second)
	ordinary, err := tgt.Direct(ctx, source.ReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer ordinary.Close(ctx)
	for what, c := range map[string]struct {
		conn net.Conn
		want time.Duration
	}{
		"ordinary":    {ordinary.PgConn().Conn(), 25 * time.Second},
		"replication": {replication(t, tgt).Conn(), 0},
	} {
		raw, err := c.conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var ms int
		var failed error
		err = raw.Control(func(fd uintptr) {
			ms, failed = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
		})
		if got := time.Duration(ms) * time.Millisecond; errors.Join(err, failed) != nil || got != c.want {
			t.Errorf("%s connection: given up after %s (%v), want %s", what, got, errors.Join(err, failed), c.want)
		}
	}
}
