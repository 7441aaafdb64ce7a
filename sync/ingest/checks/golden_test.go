package checks_test

import (
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/checks"
)

var update = flag.Bool("update", false, "write the golden files anew")

// wrong spoils one thing of the healthy server.
type wrong struct {
	name  string
	spoil func(f *checks.Facts, w *checks.Want)
}

// texts holds, by code and perhaps a word more, the ways to come by it. Each way must lead to findings
// of that code alone.
var texts = map[string][]wrong{
	"E101": {{"replica", func(f *checks.Facts, _ *checks.Want) { f.Settings.WALLevel = "replica" }}},
	"E102": {{"no attribute", func(f *checks.Facts, _ *checks.Want) { f.Role.Replication = false }}},
	"E104": {
		{"Supabase", func(_ *checks.Facts, w *checks.Want) {
			w.Target.Host, w.Target.Port, w.Target.Role = "aws-0-eu.pooler.supabase.com", 6543, "postgres.abcd"
		}},
		{"Neon", func(_ *checks.Facts, w *checks.Want) { w.Target.Host = "ep-cool-1-pooler.eu.aws.neon.tech" }},
		{"RDS", func(_ *checks.Facts, w *checks.Want) { w.Target.Host = "p.proxy-x1.eu-west-1.rds.amazonaws.com" }},
	},
	"E105": {
		{"slots", func(f *checks.Facts, w *checks.Want) {
			w.Record = nil
			idle, busy := slot("old", 1), slot("other", 2)
			busy.ActivePID, busy.Application = 77, `app "x"`
			f.Settings.MaxSlots, f.Slots = 2, []checks.Slot{idle, busy}
		}},
		{"senders", func(f *checks.Facts, _ *checks.Want) {
			f.Settings.MaxSenders = 1
			f.Senders = []checks.Sender{{PID: 78, Role: "standby", Application: "walreceiver", Behind: 10}}
		}},
	},
	"E106": {
		{"seen", func(f *checks.Facts, _ *checks.Want) {
			s := &f.Slots[0]
			s.ActivePID, s.Application, s.Client, s.Since = 4711, "ds-sync/main", "10.0.0.9", now
		}},
		{"hidden, and no timeout", func(f *checks.Facts, _ *checks.Want) {
			f.Slots[0].ActivePID, f.Settings.SenderTimeout = 4711, 0
		}},
	},
	"E107": {
		{"plugin", func(f *checks.Facts, _ *checks.Want) { f.Slots[0].Plugin = "test_decoding" }},
		{"database", func(f *checks.Facts, _ *checks.Want) { f.Slots[0].Database = "other" }},
		{"physical", func(f *checks.Facts, _ *checks.Want) {
			f.Slots[0] = checks.Slot{Name: "ds_sync", Type: "physical", Status: "lost"}
		}},
	},
	"E108": {
		{"15", func(f *checks.Facts, _ *checks.Want) { f.Slots[0].Status = "lost" }},
		{"17", func(f *checks.Facts, _ *checks.Want) {
			f.Slots[0].Status, f.Slots[0].Reason, f.Slots[0].Inactive = "lost", "idle_timeout", now
		}},
	},
	"E109": {
		{"advanced", func(f *checks.Facts, _ *checks.Want) { f.Slots[0].Confirmed = 0x2000 + 5<<20 }},
		{"not ours", func(_ *checks.Facts, w *checks.Want) { w.Record = nil }},
	},
	"E110": {{"dropped", func(f *checks.Facts, _ *checks.Want) { f.Slots = nil }}},
	"E111": {
		{"system", func(f *checks.Facts, _ *checks.Want) { f.Server.System = 7001 }},
		{"timeline without its history", func(f *checks.Facts, _ *checks.Want) { f.Server.Timeline = 2 }},
		{"timeline that left too early", func(f *checks.Facts, _ *checks.Want) {
			f.Server.Timeline, f.History = 2, []checks.Switch{{Timeline: 1, At: 0x1fff}}
		}},
	},
	"E112": {
		{"missing", func(f *checks.Facts, _ *checks.Want) {
			f.Publications, f.Tables[0].Shares, f.Tables[1].Shares = nil, nil, nil
		}},
		{"another", func(f *checks.Facts, _ *checks.Want) { f.Publications[0].OID = 101 }},
	},
	"E113": {{"table and root", func(f *checks.Facts, _ *checks.Want) { f.Tables[0].Shares, f.Tables[1].Shares = nil, nil }}},
	"E114": {{"insert and update", func(f *checks.Facts, _ *checks.Want) {
		f.Publications[0].Publishes = []string{"insert", "update"}
	}}},
	"E115": {
		{"no index", func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, w.Routes = checks.Identity{Kind: 'd'}, nil
		}},
		{"candidate", func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity = checks.Identity{Kind: checks.IdentityNothing, Candidate: "Orders number"}
		}},
		{"a leaf", func(f *checks.Facts, _ *checks.Want) {
			f.Tables[2].Identity = checks.Identity{Kind: checks.IdentityNothing}
		}},
	},
	"E115-nokey": {
		{"nothing but a full identity", func(f *checks.Facts, _ *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
		}},
		{"hash without old rows", func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityDefault}, nil
			w.Routes[f.Tables[0].Name] = checks.Route{NoKey: checks.NoKeyHash}
		}},
		{"hash, a leaf without old rows", func(f *checks.Facts, w *checks.Want) {
			for i := range f.Tables[1:] {
				f.Tables[i+1].Identity, f.Tables[i+1].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
			}
			f.Tables[3].Identity.Kind = checks.IdentityDefault
			w.Routes[f.Tables[1].Name] = checks.Route{NoKey: checks.NoKeyHash}
		}},
		{"a log that cannot be changed", func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityDefault}, nil
			w.Routes[f.Tables[0].Name] = checks.Route{NoKey: checks.NoKeyAppend}
		}},
	},
	"E115-toast": {
		{"columns beside the key", func(f *checks.Facts, w *checks.Want) {
			w.WholeRows, f.Tables[0].External = true, []string{"id", "user_id", "note"}
		}},
		{"a leaf", func(f *checks.Facts, w *checks.Want) { w.WholeRows, f.Tables[3].External = true, []string{"at"} }},
	},
	"E116": {
		{"not held", func(_ *checks.Facts, w *checks.Want) {
			w.Routes[checks.Name{Schema: "public", Table: "orders"}] = checks.Route{Template: "u/{column:user_id}", Columns: []string{"user_id"}}
		}},
		{"no key", func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
			w.Routes[f.Tables[0].Name] = checks.Route{Template: "t/{key}", PerKey: true, NoKey: checks.NoKeyAppend}
		}},
		{"no such column", func(_ *checks.Facts, w *checks.Want) {
			w.Routes[checks.Name{Schema: "public", Table: "orders"}] = checks.Route{Template: "u/{column:who}", Columns: []string{"who"}}
		}},
	},
	"E117": {
		{"no grant", func(f *checks.Facts, _ *checks.Want) { f.Tables[0].Unreadable = true }},
		{"policies", func(f *checks.Facts, _ *checks.Want) { f.Tables[0].RowSecurity = true }},
		{"everything", func(f *checks.Facts, _ *checks.Want) {
			t := &f.Tables[0]
			t.Unreadable, t.RowSecurity, t.SchemaShut = true, true, true
		}},
	},
	"E118": {
		{"lists", func(f *checks.Facts, w *checks.Want) {
			f.Publications = append(f.Publications, publication("Second", 200))
			w.Publications = append(w.Publications, "Second")
			f.Tables[0].Shares = []checks.Share{
				{Publication: "ds_sync", Columns: []string{"id", "note"}}, {Publication: "Second", Columns: []string{"id"}},
			}
		}},
		{"per leaf", func(f *checks.Facts, _ *checks.Want) {
			f.Tables[2].Shares, f.Tables[3].Shares, f.Tables[1].Shares = f.Tables[1].Shares, f.Tables[1].Shares, nil
		}},
	},
	"E119": {{"before the slot", func(f *checks.Facts, w *checks.Want) {
		f.Slots, w.Record = nil, nil
		f.Blockers = []checks.Transaction{
			{PID: 9, Application: "psql", Age: 26*time.Hour + 3*time.Minute, AgeKnown: true},
			{Application: "gid-1", Age: 11 * time.Second, AgeKnown: true},
			{PID: 10, Application: "short", Age: 9 * time.Second, AgeKnown: true},
			{PID: 11},
		}
	}}},
	"E120": {{"loop", func(f *checks.Facts, _ *checks.Want) {
		t := orders()
		t.OID, t.Name = 9, checks.Name{Schema: "ds_sync", Table: "rows"}
		f.Tables = append(f.Tables, t)
	}}},
	"W1": {{"unlimited", func(f *checks.Facts, _ *checks.Want) { f.Settings.SlotKeepBytes = -1 }}},
	"W2": {{"half an hour", func(f *checks.Facts, _ *checks.Want) { f.Server.WALRate = 10 << 30 / 1800 }}},
	"W3": {{"a second", func(f *checks.Facts, _ *checks.Want) { f.Settings.SenderTimeout = time.Second }}},
	"W4": {{"spills", func(f *checks.Facts, _ *checks.Want) { f.Slots[0].SpillCount, f.Slots[0].SpillBytes = 12, 3<<30 }}},
	"W5": {{"public", func(_ *checks.Facts, w *checks.Want) {
		w.Target.Resolved = append(w.Target.Resolved[:0], netip.MustParseAddr("203.0.113.9"))
	}}},
	"W6": {{"ten minutes", func(f *checks.Facts, _ *checks.Want) { f.Settings.IdleSlotTimeout = 10 * time.Minute }}},
	"W7": {{"all tables", func(f *checks.Facts, _ *checks.Want) {
		f.Publications[0].AllTables, f.Publications[0].Schemas = true, []string{"ds_sync", "public"}
	}}},
	"W8": {{"two of a family", func(_ *checks.Facts, w *checks.Want) {
		w.Target.Resolved = append(w.Target.Resolved, netip.MustParseAddr("10.0.0.6"))
	}}},
	"W9": {
		{"named", func(f *checks.Facts, _ *checks.Want) { f.Settings.SyncStandbys = `ANY 1 (node1, "DS-sync/main")` }},
		{"anybody", func(f *checks.Facts, _ *checks.Want) { f.Settings.SyncStandbys = `*` }},
	},
	"W10": {
		{"temporary", func(_ *checks.Facts, w *checks.Want) { w.Temporary = true }},
		{"temporary, and no copies", func(_ *checks.Facts, w *checks.Want) { w.Temporary, w.NoCopies = true, true }},
	},
}

// refusals are the errors of connecting, by the code that they lead to.
var refusals = map[string][]error{
	"E100": {
		errors.New("dial tcp 10.0.0.5:5432: connect: connection refused"),
		refusal("28P01", `password authentication failed for user "weir"`),
		refusal("3D000", `database "shop" does not exist`),
		refusal("57P03", "the database system is starting up"),
	},
	"E102-connecting": {refusal("42501", "permission denied")},
	"E103":            {refusal("28000", "no entry")},
	"E104-connecting": {refusal("08P01", "unsupported startup parameter"), refusal("42601", "syntax error")},
	"E105-connecting": {refusal("53400", "all replication slots are in use"), refusal("53300", "too many clients")},
}

func refusal(state, message string) error {
	return fmt.Errorf("connect: %w", &pgconn.PgError{Severity: "FATAL", Code: state, Message: message})
}

func TestTexts(t *testing.T) {
	for code, ways := range texts {
		var golden strings.Builder
		for _, way := range ways {
			f, w := healthy()
			way.spoil(&f, &w)
			found := checks.Findings(f, w)
			if len(found) == 0 {
				t.Errorf("%s, %s: nothing was found", code, way.name)
			}
			for _, x := range found {
				if x.Code != code[:min(len(code), 4)] {
					t.Errorf("%s, %s: found %s too: %s", code, way.name, x.Code, x.Text)
				}
			}
			write(&golden, way.name, found...)
		}
		compare(t, code, golden.String())
	}
}

func TestTextsOfConnecting(t *testing.T) {
	for name, errs := range refusals {
		var golden strings.Builder
		for _, err := range errs {
			f, w := healthy()
			known := w.Target
			known.From, known.TLS = netip.MustParseAddr("10.0.0.9"), true
			write(&golden, err.Error(), checks.Connecting(err, known, f))
			if bare := checks.Connecting(err, w.Target, checks.Facts{}); bare.Code != name[:4] {
				t.Errorf("%v is %s, want %s", err, bare.Code, name[:4])
			} else {
				write(&golden, err.Error()+", nothing known", bare)
			}
		}
		compare(t, name, golden.String())
	}
}

func write(to *strings.Builder, title string, found ...checks.Finding) {
	fmt.Fprintf(to, "# %s\n", title)
	for _, x := range found {
		fmt.Fprintf(to, "%s [%s] then %v after %v\n%s\n", x.Code, x.Table, x.Then, x.After, x.Text)
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}
