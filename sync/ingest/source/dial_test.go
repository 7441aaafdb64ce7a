package source_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weirstreams/weir/sync/ingest/source"
)

var (
	four    = netip.MustParseAddr("192.0.2.1")
	four2   = netip.MustParseAddr("192.0.2.2")
	six     = netip.MustParseAddr("2001:db8::1")
	six2    = netip.MustParseAddr("2001:db8::2")
	errDial = errors.New("refused")
)

func TestInterleave(t *testing.T) {
	got := source.Interleave([]netip.Addr{six, six2, four, four2})
	if want := []netip.Addr{six, four, six2, four2}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got = source.Interleave([]netip.Addr{four, six, six2})
	if want := []netip.Addr{four, six, six2}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// outcome is how one address behaves: it answers or fails after a while.
type outcome struct {
	after time.Duration
	err   error
}

// wire is a connection that knows its address and whether it was closed.
type wire struct {
	net.Conn
	addr   netip.Addr
	closed chan struct{}
}

func (w *wire) Close() error {
	close(w.closed)
	return nil
}

func TestRace(t *testing.T) {
	for _, c := range []struct {
		name   string
		first  outcome
		second outcome
		want   netip.Addr
		took   time.Duration
	}{
		{"first answers", outcome{after: 100 * time.Millisecond}, outcome{}, six, 100 * time.Millisecond},
		{"first fails", outcome{50 * time.Millisecond, errDial}, outcome{after: time.Second}, four, 1050 * time.Millisecond},
		{"first hangs", outcome{time.Hour, errDial}, outcome{after: time.Second}, four, 1250 * time.Millisecond},
		{"second overtakes", outcome{after: time.Second}, outcome{after: 100 * time.Millisecond}, four, 350 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				outcomes := map[netip.Addr]outcome{six: c.first, four: c.second}
				began := time.Now()
				conn, err := source.Race(context.Background(), []netip.Addr{six, four}, scripted(outcomes))
				if err != nil {
					t.Fatal(err)
				}
				if got := conn.(*wire).addr; got != c.want {
					t.Errorf("winner: got %s, want %s", got, c.want)
				}
				if took := time.Since(began); took != c.took {
					t.Errorf("took %s, want %s", took, c.took)
				}
			})
		})
	}
}

// scripted dials by the table; a cancelled attempt ends at once.
func scripted(outcomes map[netip.Addr]outcome) func(context.Context, netip.Addr) (net.Conn, error) {
	return func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		o := outcomes[addr]
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(o.after):
		}
		if o.err != nil {
			return nil, o.err
		}
		return &wire{addr: addr, closed: make(chan struct{})}, nil
	}
}

// A loser that comes up all the same must not leak.
func TestRaceClosesLosers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := &wire{addr: six, closed: make(chan struct{})}
		_, err := source.Race(context.Background(), []netip.Addr{six, four}, func(_ context.Context, addr netip.Addr) (net.Conn, error) {
			if addr == four {
				return &wire{addr: four}, nil
			}
			time.Sleep(time.Minute) // deaf to its context
			return late, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		<-late.closed
	})
}

func TestDialExplains(t *testing.T) {
	unreachable := &net.OpError{Op: "dial", Err: syscall.ENETUNREACH}
	lookup := func(_ context.Context, network, _ string) ([]netip.Addr, error) {
		if network == "ip4" {
			return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
		}
		return []netip.Addr{six, six2}, nil
	}
	refuse := func(context.Context, string, string) (net.Conn, error) { return nil, unreachable }
	_, err := source.DialWith(context.Background(), source.FamilyAuto, "db.example.com:5432", lookup, refuse)
	if !errors.Is(err, syscall.ENETUNREACH) || !strings.Contains(err.Error(), "has only IPv6 addresses") {
		t.Errorf("no route: got %v, want the cause by name", err)
	}
	_, err = source.DialWith(context.Background(), source.Family4, "db.example.com:5432", lookup, refuse)
	if err == nil || !strings.Contains(err.Error(), "no address of the IPv4 family") {
		t.Errorf("wrong family: got %v, want the cause by name", err)
	}
}

func TestDialTriesEveryAddress(t *testing.T) {
	lookup := func(context.Context, string, string) ([]netip.Addr, error) {
		return []netip.Addr{six, netip.MustParseAddr("::ffff:192.0.2.1")}, nil
	}
	var tried []string
	_, err := source.DialWith(context.Background(), source.FamilyAuto, "db.example.com:5432", lookup,
		func(_ context.Context, _, address string) (net.Conn, error) {
			tried = append(tried, address)
			return nil, io.EOF
		})
	if want := []string{"[2001:db8::1]:5432", "192.0.2.1:5432"}; err == nil || !reflect.DeepEqual(tried, want) {
		t.Errorf("got %q and %v, want %q and an error", tried, err, want)
	}
}
