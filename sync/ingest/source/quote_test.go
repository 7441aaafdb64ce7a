package source_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// unquote undoes what the server's scanner would: it fails if the text does not
// end with its first lone mark.
func unquote(t interface{ Fatalf(string, ...any) }, quoted, mark string) string {
	inner, ok := strings.CutPrefix(quoted, mark)
	if !ok {
		t.Fatalf("%q does not begin with %s", quoted, mark)
	}
	inner, ok = strings.CutSuffix(inner, mark)
	if !ok || strings.Count(inner, mark)%2 != 0 {
		t.Fatalf("%q does not end with %s", quoted, mark)
	}
	plain := strings.ReplaceAll(inner, mark+mark, "\x00")
	if strings.Contains(plain, mark) {
		t.Fatalf("%q ends early", quoted)
	}
	return strings.ReplaceAll(plain, "\x00", mark)
}

func TestQuotingIsUndone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		want := strings.ReplaceAll(text, "\x00", "")
		if got := unquote(t, source.QuoteIdent(text), `"`); got != want {
			t.Fatalf("identifier: got %q, want %q", got, want)
		}
		if got := unquote(t, source.QuoteLiteral(text), `'`); got != want {
			t.Fatalf("literal: got %q, want %q", got, want)
		}
	})
}

func TestQuoteTable(t *testing.T) {
	got := source.QuoteTable(source.Table{Schema: "Sales", Name: `Order "Lines"`})
	if want := `"Sales"."Order ""Lines"""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestStartCommandQuotesTwice(t *testing.T) {
	spec := source.StartSpec{Slot: "s", Publications: []string{"it's", hostile}, From: 0x1600000001, Messages: true}
	got, err := spec.Command()
	if err != nil {
		t.Fatal(err)
	}
	want := `START_REPLICATION SLOT "s" LOGICAL 16/1 ` +
		`(proto_version '1', publication_names '"it''s","Wéird ""x"", y"', messages 'true')`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestSlotCommand(t *testing.T) {
	for _, c := range []struct {
		spec source.SlotSpec
		want string
	}{
		{source.SlotSpec{Name: "s"}, `CREATE_REPLICATION_SLOT "s" LOGICAL pgoutput NOEXPORT_SNAPSHOT`},
		{source.SlotSpec{Name: "s", Temporary: true, ExportSnapshot: true},
			`CREATE_REPLICATION_SLOT "s" TEMPORARY LOGICAL pgoutput EXPORT_SNAPSHOT`},
		{source.SlotSpec{Name: "s", Failover: true},
			`CREATE_REPLICATION_SLOT "s" LOGICAL pgoutput (SNAPSHOT 'nothing', FAILOVER true)`},
		{source.SlotSpec{Name: "s", Failover: true, ExportSnapshot: true},
			`CREATE_REPLICATION_SLOT "s" LOGICAL pgoutput (SNAPSHOT 'export', FAILOVER true)`},
	} {
		if got := c.spec.Command(); got != c.want {
			t.Errorf("%+v:\ngot  %s\nwant %s", c.spec, got, c.want)
		}
	}
}
