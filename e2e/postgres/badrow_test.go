package postgres_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
)

// bigTable has rows of which some are larger than badRowLimits allow.
const bigTable = `create table big (id int primary key, v text)`

var (
	badRowLimits = map[string]string{"DS_SYNC__MAX_ROW_BYTES": "64KiB"}
	// fitting is big without the rows that stay too large.
	fitting = table{Name: "big", Key: []string{"id"}, Where: "length(v) < 65536", Uncounted: true}
)

// T17: the pipeline stops at a row that is too large and says which and how large it
// is. With a higher limit it goes on, and nothing is missing.
func TestRowTooLargeStops(t *testing.T) {
	whole := table{Name: "big", Key: []string{"id"}}
	l := newLab(t, setup{SQL: []string{bigTable}, Tables: []table{whole}, Env: badRowLimits})
	l.exec(
		`insert into big values (1, 'small')`,
		`begin; insert into big values (2, 'beside it'); insert into big values (77, repeat('x', 100000)); commit`,
		`insert into big values (3, 'behind it')`,
	)
	l.stopsWith("public.big", "77", "event of 100", "DS_SYNC__MAX_ROW_BYTES")
	events, err := l.read(streamOf("big"))
	l.must(err)
	if slices.ContainsFunc(events, func(e event.Event) bool { return e.Key == "2" || e.Key == "3" }) {
		t.Errorf("got the events %v, want none of the transaction that could not be stored and of those behind it", events)
	}
	l.weir.Stop()
	l.env["DS_SYNC__MAX_ROW_BYTES"] = "1MiB"
	l.weir.Configure(l.env)
	l.client.Close()
	l.weir.Restart()
	l.check()
}

// T17: with dead letters the row is left out, once, and everything else goes on.
func TestRowTooLargeIsDeadLetter(t *testing.T) {
	l := newLab(t, setup{
		SQL:    []string{bigTable, `insert into big values (50, 'copied'), (51, repeat('y', 200000))`},
		Tables: []table{fitting},
		Env: map[string]string{
			"DS_SYNC__MAX_ROW_BYTES": badRowLimits["DS_SYNC__MAX_ROW_BYTES"], "DS_SYNC__ON_BAD_ROW": "dead_letter",
		},
	})
	l.exec(
		`begin; insert into big values (1, 'beside it'); insert into big values (77, repeat('x', 100000)); commit`,
		`insert into big values (78, repeat('x', 100000))`,
		`insert into big values (2, 'behind it')`,
		`update big set v = 'small now' where id in (51, 78)`,
	)
	l.check()
	l.killWeir()
	l.exec(`insert into big values (3, 'after a kill')`)
	l.check()
	letters, _, err := l.client.ReadMessages(t.Context(), "pg/_dead", "-1")
	l.must(err)
	var keys []string
	for _, text := range letters {
		var letter struct{ Table, Key, Error string }
		l.must(json.Unmarshal(text, &letter))
		if letter.Table != "public.big" || !strings.Contains(letter.Error, "an event of ") {
			t.Errorf("got the dead letter %s, want table and size", text)
		}
		keys = append(keys, letter.Key)
	}
	// The first one was copied.
	if got := strings.Join(keys, " "); got != "51 77 78" {
		t.Errorf("got dead letters of the keys %q, want those of 51, 77 and 78, once", got)
	}
}

// T17: Postgres itself cannot send a row of more than a gibibyte. The pipeline stops
// and says what can be done.
func TestRowBeyondGibibyte(t *testing.T) {
	if !everything {
		t.Skip("needs gigabytes of memory and a minute")
	}
	l := newLab(t, setup{SQL: []string{`create table huge (id int primary key, a bytea, b bytea)`}})
	l.exec(`with half as (select string_agg(decode(repeat('00', 1 << 20), 'hex'), '') as v from generate_series(1, 300))
		insert into huge select 1, v, v from half`)
	l.stopsWith("54000", "1 GiB", "column list", "/sync/resync")
}

// stopsWith waits until the pipeline has stopped, and wants certain words in what it
// says of it.
func (l *lab) stopsWith(words ...string) {
	l.t.Helper()
	var status struct {
		Pipelines []struct {
			State string
			Error struct{ Text string } `json:"last_error"`
		}
	}
	l.await("a pipeline that has stopped", func() (bool, error) {
		err := json.Unmarshal([]byte(l.status()), &status)
		return err == nil && status.Pipelines[0].State == "failed", err
	})
	text := status.Pipelines[0].Error.Text
	for _, word := range words {
		if !strings.Contains(text, word) {
			l.t.Errorf("why it has stopped: got %q, want %q in it", text, word)
		}
	}
}
