package ingest_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest"
)

// TestAddressesAreChecked: where the database's name leads is among what the checks warn
// of.
func TestAddressesAreChecked(t *testing.T) {
	r := newRig(t)
	r.exec(`CREATE TABLE t (id int PRIMARY KEY)`)
	codes := func(found ...netip.Addr) []string {
		t.Helper()
		p, err := ingest.New(r.o)
		if err != nil {
			t.Fatal(err)
		}
		p.Resolve(found...)
		all, err := p.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var codes []string
		for _, f := range all {
			if f.Code == "W5" || f.Code == "W8" {
				codes = append(codes, f.Code)
			}
		}
		return codes
	}
	loopback, private := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("10.0.0.1")
	if got := codes(loopback); len(got) > 0 {
		t.Errorf("one private address: found %q, want nothing", got)
	}
	if got := codes(loopback, private); !slices.Equal(got, []string{"W8"}) {
		t.Errorf("two private addresses: found %q, want W8", got)
	}
	if got := codes(netip.MustParseAddr("203.0.113.9")); !slices.Equal(got, []string{"W5"}) {
		t.Errorf("a public address without encryption: found %q, want W5", got)
	}
}
