package checks_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weirstreams/weir/sync/ingest/checks"
)

// codes returns the code of each finding, with its table.
func codes(found []checks.Finding) []string {
	var all []string
	for _, f := range found {
		text := f.Code
		if f.Table != "" {
			text += " " + f.Table
		}
		all = append(all, text)
	}
	return all
}

// TestRightAsItIs spoils nothing: each case is one that looks wrong at first.
func TestRightAsItIs(t *testing.T) {
	ordersName := checks.Name{Schema: "public", Table: "orders"}
	for name, change := range map[string]func(f *checks.Facts, w *checks.Want){
		"as it is": func(*checks.Facts, *checks.Want) {},
		"slot at the stored position": func(f *checks.Facts, w *checks.Want) {
			f.Slots[0].Confirmed = w.Record.Confirmed
		},
		"slot of an intent": func(_ *checks.Facts, w *checks.Want) {
			w.Record = &checks.Record{System: 7000, Timeline: 1, Slot: "ds_sync", Intent: true}
		},
		"first start": func(f *checks.Facts, w *checks.Want) { f.Slots, w.Record = nil, nil },
		"all slots taken, one by us": func(f *checks.Facts, _ *checks.Want) {
			f.Settings.MaxSlots = 1
		},
		"new timeline from where we are": func(f *checks.Facts, w *checks.Want) {
			f.Server.Timeline = 3
			f.History = []checks.Switch{{Timeline: 1, At: w.Record.Confirmed}, {Timeline: 2, At: w.Record.Confirmed + 1}}
		},
		"early switch before our timeline": func(f *checks.Facts, w *checks.Want) {
			w.Record.Timeline, f.Server.Timeline = 2, 3
			f.History = []checks.Switch{{Timeline: 1, At: 1}, {Timeline: 2, At: w.Record.Confirmed}}
		},
		"publication to be made": func(f *checks.Facts, w *checks.Want) {
			w.Manage, w.Record = true, nil
			f.Slots, f.Publications, f.Tables[0].Shares, f.Tables[1].Shares = nil, nil, nil, nil
			f.Tables[0].Owned, f.Tables[1].Owned = true, true
		},
		"table to be added": func(f *checks.Facts, w *checks.Want) {
			w.Manage, f.Publications[0].Owned, f.Tables[0].Owned = true, true, true
			f.Tables[0].Shares = nil
		},
		"values out of line of a whole identity, of the key, or not sent": func(f *checks.Facts, w *checks.Want) {
			w.WholeRows = true
			f.Tables[0].Identity, f.Tables[0].External = checks.Identity{Kind: checks.IdentityFull}, []string{"note"}
			f.Tables[2].External = []string{"id"}
			f.Tables[3].External, f.Tables[1].Shares[0].Columns = []string{"at"}, []string{"id"}
		},
		"values out of line that are merged": func(f *checks.Facts, _ *checks.Want) { f.Tables[0].External = []string{"note"} },
		"insert-only log": func(f *checks.Facts, w *checks.Want) {
			f.Publications[0].Publishes = []string{"insert"}
			f.Tables = f.Tables[:1]
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityDefault}, nil
			w.Routes[ordersName] = checks.Route{Columns: []string{"user_id"}, NoKey: checks.NoKeyAppend}
		},
		"log whose rows cannot be changed in silence": func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
			w.Routes[ordersName] = checks.Route{NoKey: checks.NoKeyAppend}
		},
		"rows that are told apart by all that is in them": func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
			w.Routes[ordersName] = checks.Route{NoKey: checks.NoKeyHash}
		},
		"key that was chosen": func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity, f.Tables[0].Primary = checks.Identity{Kind: checks.IdentityFull}, nil
			w.Routes[ordersName] = checks.Route{PerKey: true, Key: []string{"id"}}
		},
		"table with a key where others have none": func(f *checks.Facts, w *checks.Want) {
			w.Routes[ordersName] = checks.Route{PerKey: true, NoKey: checks.NoKeyHash}
		},
		"operations shared out": func(f *checks.Facts, w *checks.Want) {
			rest := publication("rest", 200)
			f.Publications[0].Publishes, rest.Publishes = []string{"insert", "update"}, []string{"delete", "truncate"}
			f.Publications, w.Publications = append(f.Publications, rest), append(w.Publications, "rest")
			both := []checks.Share{{Publication: "ds_sync"}, {Publication: "rest"}}
			f.Tables[0].Shares, f.Tables[1].Shares = both, both
		},
		"same column lists": func(f *checks.Facts, w *checks.Want) {
			f.Publications, w.Publications = append(f.Publications, publication("b", 200)), append(w.Publications, "b")
			f.Tables[0].Shares = []checks.Share{
				{Publication: "b", Columns: []string{"id"}}, {Publication: "ds_sync", Columns: []string{"id"}},
			}
		},
		"full identity": func(f *checks.Facts, w *checks.Want) {
			f.Tables[0].Identity = checks.Identity{Kind: checks.IdentityFull}
			w.Routes[ordersName] = checks.Route{Template: "u/{column:user_id}", Columns: []string{"user_id"}}
		},
		"busy server before there is a slot": func(f *checks.Facts, w *checks.Want) {
			f.Slots, w.Record = nil, nil
			f.Blockers = []checks.Transaction{{PID: 3}, {PID: 4, AgeKnown: true}}
		},
		"mirror that is not selected": func(f *checks.Facts, _ *checks.Want) {
			f.Publications[0].Schemas = []string{"ds_sync", "public"}
		},
	} {
		f, w := healthy()
		change(&f, &w)
		if found := checks.Findings(f, w); len(found) > 0 {
			t.Errorf("%s: found %q, want nothing", name, codes(found))
		}
	}
}

// TestCombinations holds cases in which one cause could be told twice.
func TestCombinations(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *checks.Facts, w *checks.Want)
		want   []string
	}{
		"everything, in order": {
			func(f *checks.Facts, w *checks.Want) {
				f.Settings.SlotKeepBytes, f.Settings.WALLevel, f.Role.Replication = -1, "minimal", false
				f.Tables[0].RowSecurity, f.Tables[1].RowSecurity = true, true
				f.Slots[0].Status, f.Slots[0].ActivePID = "lost", 5
			},
			[]string{"E101", "E102", "E106", "E108", "E117 public.events", "E117 public.orders", "W1"},
		},
		"another system tells nothing of positions": {
			func(f *checks.Facts, w *checks.Want) {
				f.Server.System, f.Slots[0].Confirmed, f.Publications[0].OID = 1, w.Record.Confirmed+1, 9
			},
			[]string{"E111"},
		},
		"a publication that we had is not made again": {
			func(f *checks.Facts, w *checks.Want) {
				w.Manage, f.Publications, f.Tables = true, nil, nil
			},
			[]string{"E112"},
		},
		"a table of somebody else cannot be added": {
			func(f *checks.Facts, w *checks.Want) {
				w.Manage, f.Publications[0].Owned, f.Tables[0].Shares = true, true, nil
			},
			[]string{"E113 public.orders"},
		},
		"a publication of somebody else takes no table": {
			func(f *checks.Facts, w *checks.Want) {
				w.Manage, f.Tables[0].Owned, f.Tables[0].Shares = true, true, nil
			},
			[]string{"E113 public.orders"},
		},
		"the identity of a root that is published per leaf": {
			func(f *checks.Facts, _ *checks.Want) {
				f.Tables[2].Shares, f.Tables[3].Shares, f.Tables[1].Shares = f.Tables[1].Shares, f.Tables[1].Shares, nil
				f.Tables[1].Identity = checks.Identity{Kind: checks.IdentityNothing}
			},
			[]string{"E118 public.events"},
		},
		"some leaves are not all": {
			func(f *checks.Facts, _ *checks.Want) {
				f.Tables[2].Shares, f.Tables[1].Shares = f.Tables[1].Shares, nil
			},
			[]string{"E113 public.events"},
		},
		"a root without leaves that is named": {
			func(f *checks.Facts, _ *checks.Want) {
				f.Tables = f.Tables[:2]
				f.Tables[1].Member, f.Tables[1].Shares = true, nil
			},
			[]string{"E118 public.events"},
		},
		"an unselected publication without our tables": {
			func(f *checks.Facts, w *checks.Want) {
				other := publication("other", 200)
				other.Publishes = []string{"insert"}
				f.Publications, w.Publications = append(f.Publications, other), append(w.Publications, "other")
			},
			[]string{"E114"},
		},
	} {
		f, w := healthy()
		c.change(&f, &w)
		if got := codes(checks.Findings(f, w)); !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
}

func TestNamesAndUnits(t *testing.T) {
	for name, want := range map[checks.Name]string{
		{Schema: "public", Table: "orders_2"}:  "public.orders_2",
		{Schema: "Sales", Table: `Order "1".`}: `"Sales"."Order ""1""."`,
		{Schema: "user", Table: "2x"}:          `"user"."2x"`,
		{Schema: "", Table: "wörter"}:          `""."wörter"`,
	} {
		if got := name.String(); got != want {
			t.Errorf("name is %s, want %s", got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1<<20 - 1: "1 MiB", 1536 << 20: "1.5 GiB", 1<<63 - 1: "8 EiB"} {
		if got := checks.Size(n); got != want {
			t.Errorf("size of %d is %s, want %s", n, got, want)
		}
	}
	for d, want := range spans {
		if got := checks.Span(d); got != want {
			t.Errorf("span of %v is %s, want %s", d, got, want)
		}
	}
}

// TestLongListsAreBounded counts what does not fit.
func TestLongListsAreBounded(t *testing.T) {
	var all []checks.Transaction
	for i := range 250 {
		all = append(all, checks.Transaction{PID: int32(i + 1)})
	}
	text := checks.Waiting(all).Text
	if want := "and 150 more."; text[len(text)-len(want):] != want {
		t.Errorf("the list ends with %q, want %q", text[len(text)-30:], want)
	}
}

// TestTextsOfErrorsDecideNothing: another language, the same code.
func TestTextsOfErrorsDecideNothing(t *testing.T) {
	_, w := healthy()
	plain := fmt.Errorf("connect: %w", errors.New("FATAL: no pg_hba.conf entry (SQLSTATE 28000)"))
	if got := checks.Connecting(plain, w.Target, checks.Facts{}); got.Code != "E100" || got.Then != checks.Retry {
		t.Errorf("a text that looks like a refusal is %s, %v; want E100, retry", got.Code, got.Then)
	}
	if got := checks.Connecting(refusal("28000", "kein Eintrag"), w.Target, checks.Facts{}); got.Code != "E103" {
		t.Errorf("SQLSTATE 28000 is %s, want E103", got.Code)
	}
}

// TestUnreadablePartition: a copy reads partitions one by one, whatever the grant on
// their root. One that comes later needs no copy.
func TestUnreadablePartition(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *checks.Facts, w *checks.Want)
		want   checks.Then
	}{
		"nothing is stored":         {func(_ *checks.Facts, w *checks.Want) { w.Record = nil }, checks.Stop},
		"the root is not published": {func(f *checks.Facts, w *checks.Want) { f.Tables[1].Shares, w.Manage = nil, true }, checks.Stop},
		"the root is copied":        {func(*checks.Facts, *checks.Want) {}, checks.Warn},
	} {
		f, w := healthy()
		f.Tables[2].Unreadable = true
		c.change(&f, &w)
		found := slices.DeleteFunc(checks.Findings(f, w), func(f checks.Finding) bool { return f.Code != "E117" })
		if len(found) != 1 || found[0].Table != "public.events_1" || found[0].Then != c.want {
			t.Errorf("%s: found %+v, want E117 of public.events_1, then %v", name, found, c.want)
		}
	}
}
