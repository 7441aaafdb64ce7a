package checks_test

import (
	"net/netip"
	"time"

	"github.com/weirstreams/weir/sync/ingest/checks"
	"github.com/weirstreams/weir/sync/ingest/lsn"
)

var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// healthy is a server and a pipeline between which nothing is wrong: a slot and
// a publication of ours, a table with a key, and a root with two leaves.
func healthy() (checks.Facts, checks.Want) {
	f := checks.Facts{
		Server: checks.Server{Version: 150018, System: 7000, Timeline: 1, Database: "shop", DatabaseOID: 5, Position: 0x3000000, Now: now},
		Settings: checks.Settings{
			WALLevel: "logical", MaxSlots: 10, MaxSenders: 10, SenderTimeout: time.Minute,
			SlotKeepBytes: 10 << 30, DecodingMemory: 64 << 20,
		},
		Role:         checks.Role{Name: "weir", Replication: true, CreateDatabase: true},
		Slots:        []checks.Slot{slot("ds_sync", 0x1000)},
		Publications: []checks.Publication{publication("ds_sync", 100)},
		Tables:       []checks.Table{orders(), events(), leaf("events_1", 3), leaf("events_2", 4)},
	}
	w := checks.Want{
		Target: checks.Target{
			Role: "weir", Database: "shop", Host: "db.example.com", Port: 5432, SSLMode: "require",
			Resolved: []netip.Addr{netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("fd00::5")},
		},
		Slot:         "ds_sync",
		Publications: []string{"ds_sync"},
		Routes: map[checks.Name]checks.Route{
			{Schema: "public", Table: "orders"}: {Template: "pg/orders/{column:id}", Columns: []string{"id"}},
		},
		MirrorSchemas: []string{"ds_sync"},
		Record: &checks.Record{
			System: 7000, Timeline: 1, Slot: "ds_sync", Confirmed: 0x2000,
			Publications: map[string]uint32{"ds_sync": 100},
		},
		Application: "ds-sync/main",
	}
	return f, w
}

func slot(name string, confirmed lsn.LSN) checks.Slot {
	return checks.Slot{
		Name: name, Type: "logical", Plugin: "pgoutput", Database: "shop", Status: "reserved",
		Confirmed: confirmed, Behind: 3 << 20,
	}
}

func publication(name string, oid uint32) checks.Publication {
	return checks.Publication{
		Name: name, OID: oid, ViaRoot: true, Publishes: []string{"insert", "update", "delete", "truncate"},
		Schemas: []string{"public"},
	}
}

func orders() checks.Table {
	return checks.Table{
		Name: checks.Name{Schema: "public", Table: "orders"}, OID: 1, Selected: true, Owner: "shop_owner", Bytes: 3 << 20,
		Identity: checks.Identity{Kind: checks.IdentityDefault, Columns: []string{"id"}, Candidate: "orders_pkey"},
		Columns:  []string{"id", "user_id", "note"}, Primary: []string{"id"},
		Shares: []checks.Share{{Publication: "ds_sync"}},
	}
}

func events() checks.Table {
	t := leaf("events", 2)
	t.Parent, t.Partitioned, t.Selected, t.Bytes = 0, true, true, 0
	t.Shares = []checks.Share{{Publication: "ds_sync"}}
	return t
}

// leaf is a partition of events, which has the oid 2.
func leaf(name string, oid uint32) checks.Table {
	return checks.Table{
		Name: checks.Name{Schema: "public", Table: name}, OID: oid, Parent: 2, Owner: "shop_owner", Bytes: 1 << 20,
		Identity: checks.Identity{Kind: checks.IdentityDefault, Columns: []string{"id"}},
		Columns:  []string{"id", "at"}, Primary: []string{"id"},
	}
}

// spans are durations as texts have them.
var spans = map[time.Duration]string{
	0:                       "0 ms",
	1500 * time.Millisecond: "1 s",
	time.Minute:             "1 min",
	90 * time.Second:        "1 min 30 s",
	time.Hour + time.Second: "1 h",
	49 * time.Hour:          "2 d 1 h",
}
