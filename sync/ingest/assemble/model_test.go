package assemble_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/sync/ingest/lsn"
	"github.com/weirstreams/weir/sync/ingest/pgoutput"
)

// The tables of the law: a has a stream of its own, the rows of b have the stream of
// their room, and c, d and e share one. Table e is being added to the publication:
// whether its first rows are sent depends on the session. The bag and the log have no
// key.
var (
	tableA = relation(1, "a", pgoutput.IdentityDefault, "*id", "v")
	tableB = relation(2, "b", pgoutput.IdentityFull, "id", "room", "v")
	tableC = relation(3, "c", pgoutput.IdentityDefault, "*id", "v")
	tableD = relation(4, "d", pgoutput.IdentityDefault, "*id", "v")
	tableE = relation(5, "e", pgoutput.IdentityDefault, "*id", "v")

	lawRoutes = []string{
		"table: public.b, template: 'rooms/{column:room}'",
		"table: public.bag, template: 'bags/{column:room}', no_key: hash", "table: public.log, no_key: append",
		"table: public.c, template: shared", "table: public.d, template: shared", "table: public.e, template: shared",
	}
)

// item is what a stream has to say at one place: one message, or several in any order.
// Each is the beginning of a message, up to the time of the commit.
type item struct {
	tx       int
	messages []string
	maybe    bool // or it is not there
	plain    bool // it is no event
}

// model makes transactions, and knows what the streams have to say in the end.
type model struct {
	t    *rapid.T
	rows map[*pgoutput.Relation]map[string]pgoutput.Tuple
	bag  []pgoutput.Tuple
	txs  []*tx
	want map[string][]item
	n    int // makes values differ
	at   lsn.LSN
	own  lsn.LSN // of the present change
}

func newModel(t *rapid.T) *model {
	m := &model{t: t, rows: make(map[*pgoutput.Relation]map[string]pgoutput.Tuple), want: make(map[string][]item), at: 0x1000}
	for _, r := range []*pgoutput.Relation{tableA, tableB, tableC, tableD, tableE} {
		m.rows[r] = make(map[string]pgoutput.Tuple)
	}
	return m
}

// transaction makes one. Its commit may stand where the one before has ended, and its
// changes may stand before those of transactions that were committed earlier.
func (m *model) transaction(early bool) {
	x := &tx{xid: uint32(700 + len(m.txs)), commit: m.at + lsn.LSN(rapid.IntRange(0, 2).Draw(m.t, "gap"))}
	x.end = x.commit + lsn.LSN(rapid.IntRange(1, 3).Draw(m.t, "commit record"))
	m.at = x.end
	m.txs = append(m.txs, x)
	m.own = lsn.LSN(rapid.IntRange(1, 0x800).Draw(m.t, "first change"))
	for range rapid.IntRange(1, 8).Draw(m.t, "changes") {
		m.own += lsn.LSN(rapid.IntRange(1, 3).Draw(m.t, "step"))
		m.change(early)
	}
}

func (m *model) change(early bool) {
	table := rapid.SampledFrom([]*pgoutput.Relation{tableA, tableB, tableC, tableD}).Draw(m.t, "table")
	id := rapid.SampledFrom([]string{"1", "2", "3", "4"}).Draw(m.t, "id")
	old, there := m.rows[table][id]
	what := rapid.IntRange(0, 25).Draw(m.t, "what")
	switch {
	case what > 20:
		m.bagged()
	case what == 20:
		m.logged()
	case what == 0:
		m.truncate()
	case what == 1:
		m.logical()
	case what < 4:
		m.added(early)
	case !there:
		m.insert(table, id)
	case what < 8:
		m.remove(table, id)
	case what < 11:
		m.rekey(table, id, old)
	default:
		m.update(table, id, old)
	}
}

// add puts a change into the log.
func (m *model) add(c pgoutput.Message, maybe bool) {
	x := m.txs[len(m.txs)-1]
	x.changes = append(x.changes, change{at: m.own, m: c, maybe: maybe})
}

// value is a text that no other row has, now and then a long one.
func (m *model) value() string {
	m.n++
	return fmt.Sprint("v", m.n, strings.Repeat(".", rapid.SampledFrom([]int{0, 0, 0, 200}).Draw(m.t, "padding")))
}

func (m *model) fresh(table *pgoutput.Relation, id string) pgoutput.Tuple {
	if table == tableB {
		return row(id, rapid.SampledFrom([]string{"x", "y"}).Draw(m.t, "room"), m.value())
	}
	return row(id, m.value())
}

// insert inserts a row and perhaps others, which have the same LSN then.
func (m *model) insert(table *pgoutput.Relation, id string) {
	ids := []string{id}
	for _, more := range []string{"5", "6", "7"}[:rapid.IntRange(0, 3).Draw(m.t, "more")] {
		if _, there := m.rows[table][more]; !there {
			ids = append(ids, more)
		}
	}
	for _, id := range ids {
		now := m.fresh(table, id)
		m.rows[table][id] = now
		m.add(&pgoutput.Insert{Relation: table, New: now}, false)
		m.says(table, "insert", now)
	}
}

// added inserts rows into the table that is being added.
func (m *model) added(early bool) {
	for range rapid.IntRange(1, 3).Draw(m.t, "rows") {
		m.n++
		now := row(fmt.Sprint("e", m.n), m.value())
		m.add(&pgoutput.Insert{Relation: tableE, New: now}, early)
		m.says(tableE, "insert", now)
		w := m.want["shared"]
		w[len(w)-1].maybe = early
	}
}

func (m *model) remove(table *pgoutput.Relation, id string) {
	old := m.rows[table][id]
	delete(m.rows[table], id)
	kind, sent := m.old(table, old)
	m.add(&pgoutput.Delete{Relation: table, OldKind: kind, Old: sent}, false)
	m.says(table, "delete", old)
}

// old is what a change tells of the row before.
func (m *model) old(table *pgoutput.Relation, old pgoutput.Tuple) (pgoutput.OldKind, pgoutput.Tuple) {
	if table.Identity == pgoutput.IdentityFull {
		return pgoutput.OldRow, old
	}
	return pgoutput.OldKey, row(string(old[0].Value), null)
}

// update changes a row in its place. A value that stays may not be sent.
func (m *model) update(table *pgoutput.Relation, id string, old pgoutput.Tuple) {
	now := m.fresh(table, id)
	sent := m.keep(now, old)
	c := &pgoutput.Update{Relation: table, New: sent}
	if table == tableB {
		c.OldKind, c.Old = pgoutput.OldRow, old
	}
	m.add(c, false)
	m.rows[table][id] = now
	m.changed(table, old, now, false)
}

// keep leaves the last value of a row as it was, or not, and returns what is sent.
func (m *model) keep(now, old pgoutput.Tuple) pgoutput.Tuple {
	sent := slices.Clone(now)
	if last := len(now) - 1; rapid.Bool().Draw(m.t, "unchanged") {
		now[last], sent[last] = old[last], pgoutput.Column{Kind: pgoutput.Unchanged}
	}
	return sent
}

// rekey gives a row another key, if that is free.
func (m *model) rekey(table *pgoutput.Relation, id string, old pgoutput.Tuple) {
	to := rapid.SampledFrom([]string{"1", "2", "8"}).Draw(m.t, "to")
	if _, taken := m.rows[table][to]; taken {
		return
	}
	now := m.fresh(table, to)
	c := &pgoutput.Update{Relation: table, New: m.keep(now, old)}
	c.OldKind, c.Old = m.old(table, old)
	m.add(c, false)
	delete(m.rows[table], id)
	m.rows[table][to] = now
	m.changed(table, old, now, true)
}

// changed says what an update becomes.
func (m *model) changed(table *pgoutput.Relation, old, now pgoutput.Tuple, rekeyed bool) {
	if !rekeyed && streamOf(table, old) == streamOf(table, now) {
		m.says(table, "update", now)
		return
	}
	m.says(table, "delete", old)
	m.says(table, "insert", now)
}

func (m *model) truncate() {
	var tables []*pgoutput.Relation
	for _, table := range []*pgoutput.Relation{tableC, tableA, tableD, tableB} {
		if rapid.Bool().Draw(m.t, "truncate "+table.Name) {
			tables = append(tables, table)
			m.emptied(table)
			clear(m.rows[table])
		}
	}
	if rapid.Bool().Draw(m.t, "truncate the bag") {
		tables = append(tables, tableBag)
		m.emptyBag()
	}
	if len(tables) > 0 {
		m.add(&pgoutput.Truncate{Relations: tables}, false)
	}
}

func (m *model) emptied(table *pgoutput.Relation) {
	if table == tableA {
		m.say("pg/public/a", item{messages: []string{fmt.Sprintf(`{"headers":{"control":"reset","txid":"%d"`, m.xid())}})
		return
	}
	deletes := make(map[string][]string)
	for _, old := range m.rows[table] {
		name := streamOf(table, old)
		deletes[name] = append(deletes[name], m.text(table, "delete", old))
	}
	for _, name := range slices.Sorted(maps.Keys(deletes)) {
		slices.Sort(deletes[name])
		m.say(name, item{messages: deletes[name]})
	}
}

func (m *model) logical() {
	name := rapid.SampledFrom([]string{"shared", "notes/n"}).Draw(m.t, "of message")
	m.n++
	m.add(&pgoutput.Logical{Transactional: true, Prefix: []byte("ds:" + name), Content: fmt.Appendf(nil, `[{"n":%d}, %d]`, m.n, m.n)}, false)
	m.say(name, item{messages: []string{fmt.Sprintf(`{"n":%d}`, m.n)}, plain: true})
	m.say(name, item{messages: []string{fmt.Sprint(m.n)}, plain: true})
}

func (m *model) xid() uint32 { return m.txs[len(m.txs)-1].xid }

func (m *model) say(name string, it item) {
	it.tx = len(m.txs) - 1
	m.want[name] = append(m.want[name], it)
}

func (m *model) says(table *pgoutput.Relation, operation string, r pgoutput.Tuple) {
	m.say(streamOf(table, r), item{messages: []string{m.text(table, operation, r)}})
}

func streamOf(table *pgoutput.Relation, r pgoutput.Tuple) string {
	switch table {
	case tableA:
		return "pg/public/a"
	case tableB:
		return "rooms/" + string(r[1].Value)
	}
	return "shared"
}

// text is an event up to its transaction's time.
func (m *model) text(table *pgoutput.Relation, operation string, r pgoutput.Tuple) string {
	value := ""
	if operation != "delete" {
		var members []string
		for i, c := range r {
			members = append(members, fmt.Sprintf(`%q:%q`, table.Columns[i].Name, c.Value))
		}
		value = `,"value":{` + strings.Join(members, ",") + "}"
	}
	return fmt.Sprintf(`{"type":%q,"key":%q%s,"headers":{"operation":%q,"txid":"%d"`, table.Name, r[0].Value, value, operation, m.xid())
}
