package assemble_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
	"github.com/weirstreams/weir/sync/ingest/rowkey"
)

// The tables without a key: rows of the bag have the stream of their room, and few
// values, so that many are equal.
var (
	tableBag = relation(6, "bag", pgoutput.IdentityFull, "room", "v")
	tableLog = relation(7, "log", pgoutput.IdentityDefault, "v")
)

// bagged changes the bag.
func (m *model) bagged() {
	what := rapid.SampledFrom([]string{"insert", "insert", "update", "delete"}).Draw(m.t, "what of the bag")
	if what == "insert" || len(m.bag) == 0 {
		now := m.bagRow()
		m.add(&pgoutput.Insert{Relation: tableBag, New: now}, false)
		m.putInBag(now)
		return
	}
	i := rapid.IntRange(0, len(m.bag)-1).Draw(m.t, "row of the bag")
	old := m.bag[i]
	if what == "delete" {
		m.add(&pgoutput.Delete{Relation: tableBag, OldKind: pgoutput.OldRow, Old: old}, false)
		m.takeFromBag(i)
		return
	}
	now := m.bagRow()
	sent := m.keep(now, old)
	if now[1].Kind == pgoutput.Null {
		sent = now // NULL is always sent
	}
	m.add(&pgoutput.Update{Relation: tableBag, OldKind: pgoutput.OldRow, Old: old, New: sent}, false)
	if bagText(now) == bagText(old) {
		m.sayOfBag("update", now, m.equals(now))
		return
	}
	m.takeFromBag(i)
	m.putInBag(now)
}

func (m *model) bagRow() pgoutput.Tuple {
	return row(rapid.SampledFrom([]string{"x", "y"}).Draw(m.t, "room"), rapid.SampledFrom([]string{"1", "2", null}).Draw(m.t, "value"))
}

func (m *model) putInBag(r pgoutput.Tuple) {
	m.bag = append(m.bag, r)
	m.sayOfBag("insert", r, m.equals(r))
}

func (m *model) takeFromBag(i int) {
	r := m.bag[i]
	m.sayOfBag("delete", r, m.equals(r))
	m.bag = slices.Delete(m.bag, i, i+1)
}

// equals counts the rows of the bag that are as one is.
func (m *model) equals(r pgoutput.Tuple) (n int) {
	for _, other := range m.bag {
		if bagText(other) == bagText(r) {
			n++
		}
	}
	return n
}

func (m *model) emptyBag() {
	deletes := make(map[string][]string)
	for len(m.bag) > 0 {
		r, name := m.bag[0], bagStream(m.bag[0])
		deletes[name] = append(deletes[name], m.bagEvent("delete", r, m.equals(r)))
		m.bag = m.bag[1:]
	}
	for _, name := range []string{"bags/x", "bags/y"} {
		if slices.Sort(deletes[name]); len(deletes[name]) > 0 {
			m.say(name, item{messages: deletes[name]})
		}
	}
}

func (m *model) sayOfBag(operation string, r pgoutput.Tuple, number int) {
	m.say(bagStream(r), item{messages: []string{m.bagEvent(operation, r, number)}})
}

func bagStream(r pgoutput.Tuple) string { return "bags/" + string(r[0].Value) }

// bagText is the value of a row of the bag.
func bagText(r pgoutput.Tuple) string {
	v := "null"
	if r[1].Kind == pgoutput.Text {
		v = fmt.Sprintf("%q", r[1].Value)
	}
	return fmt.Sprintf(`{"room":%q,"v":%s}`, r[0].Value, v)
}

func (m *model) bagEvent(operation string, r pgoutput.Tuple, number int) string {
	var h rowkey.Hasher
	for i, c := range r {
		if c.Kind == pgoutput.Text {
			h.Add(tableBag.Columns[i].Name, c.Value)
		}
	}
	key, value := rowkey.AppendNumber(h.Append(nil), number), ""
	if operation != "delete" {
		value = `,"value":` + bagText(r)
	}
	return fmt.Sprintf(`{"type":"bag","key":%q%s,"headers":{"operation":%q,"txid":"%d"`, key, value, operation, m.xid())
}

// logged inserts rows into the log, all at one place of Postgres' log.
func (m *model) logged() {
	for i := range rapid.IntRange(1, 3).Draw(m.t, "rows of the log") {
		now := row(m.value())
		m.add(&pgoutput.Insert{Relation: tableLog, New: now}, false)
		at := lsn.Position{Commit: m.txs[len(m.txs)-1].commit, Change: m.own, Sub: uint32(2 * i)}
		m.say("pg/public/log", item{messages: []string{fmt.Sprintf(
			`{"type":"log","key":"%s","value":{"v":%q},"headers":{"operation":"insert","txid":"%d"`, at, now[0].Value, m.xid())}})
	}
}

// checkBags checks that the streams of the bag add up to its rows.
func (r *lawRun) checkBags() {
	r.t.Helper()
	want := make(map[string][]string)
	for _, one := range r.m.bag {
		want[bagStream(one)] = append(want[bagStream(one)], bagText(one))
	}
	for _, name := range []string{"bags/x", "bags/y"} {
		alive := make(map[string]string)
		for _, line := range split(visible(r.t, r.engine, name)) {
			var e struct {
				Key     string
				Value   json.RawMessage
				Headers struct{ Operation string }
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				r.t.Fatalf("%s: %v", name, err)
			}
			if alive[e.Key] = string(e.Value); e.Headers.Operation == "delete" {
				delete(alive, e.Key)
			}
		}
		var got []string
		for _, value := range alive {
			got = append(got, value)
		}
		slices.Sort(got)
		slices.Sort(want[name])
		if g, w := strings.Join(got, "\n"), strings.Join(want[name], "\n"); g != w {
			r.t.Fatalf("%s adds up to\n%s\nwant\n%s", name, g, w)
		}
	}
}
