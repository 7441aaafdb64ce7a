package oracle_test

import (
	"os"
	"reflect"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/oracle"
	"github.com/weirstreams/weir/sync/ingest/pgtest"
)

var postgres pgtest.Shared

func TestMain(m *testing.M) { os.Exit(postgres.Main(m)) }

// kinds returns the kinds of change of each transaction.
func kinds(committed []oracle.Transaction) [][]oracle.Kind {
	var all [][]oracle.Kind
	for _, transaction := range committed {
		var one []oracle.Kind
		for _, change := range transaction.Changes {
			one = append(one, change.Kind)
		}
		all = append(all, one)
	}
	return all
}

func TestAdvance(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	conn := server.Conn(t, db)
	server.ExecIn(t, db, `create table a (id int primary key, v text)`)
	truth, err := oracle.Create(t.Context(), conn, "truth_"+db)
	if err != nil {
		t.Fatal(err)
	}
	server.ExecIn(t, db,
		`insert into a values (1, 'x'), (2, null)`,
		`begin; update a set id = 3 where id = 1; savepoint s; delete from a; rollback to s; commit`,
		`begin; delete from a; rollback`,
		`begin; insert into a values (9, 'late'); prepare transaction 'two phases `+db+`'`,
		`delete from a where id = 2`,
		`commit prepared 'two phases `+db+`'`,
		`select pg_logical_emit_message(true, 'p', 'hello')`,
		`select pg_logical_emit_message(false, 'p', 'unheard')`,
	)
	want := [][]oracle.Kind{
		{oracle.Insert, oracle.Insert}, {oracle.Update}, {oracle.Delete}, {oracle.Insert}, {oracle.Message},
	}
	advance := func() []oracle.Transaction {
		t.Helper()
		committed, err := truth.Advance(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := kinds(committed); !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		return committed
	}
	committed := advance()
	advance() // the second time nothing is new, and nothing is forgotten

	update := committed[1].Changes[0]
	if old, _ := update.Old.Get("id"); old.Text != "1" {
		t.Errorf("got the old key %+v, want 1", update.Old)
	}
	for i := 1; i < len(committed); i++ {
		if committed[i].End <= committed[i-1].End {
			t.Errorf("transaction %d: got the end %X after %X, want it to rise", i, committed[i].End, committed[i-1].End)
		}
	}
	server.ExecIn(t, db, `truncate a`)
	want = append(want, []oracle.Kind{oracle.Truncate})
	advance()
	if err := truth.Drop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCopy holds that a copy of a slot for another decoder begins where that one
// stands.
func TestCopy(t *testing.T) {
	server := postgres.Server(t)
	db := server.Database(t)
	conn := server.Conn(t, db)
	server.ExecIn(t, db,
		`create table a (id int primary key)`,
		`select pg_create_logical_replication_slot('ours_`+db+`', 'pgoutput')`,
		`insert into a values (1)`,
	)
	truth, err := oracle.Copy(t.Context(), conn, "ours_"+db, "truth_"+db)
	if err != nil {
		t.Fatal(err)
	}
	committed, err := truth.Advance(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(committed); !reflect.DeepEqual(got, [][]oracle.Kind{{oracle.Insert}}) {
		t.Errorf("got %v, want the insert from before the copy", got)
	}
}

// TestTakeAfterACrash has the slot fall back by one transaction.
func TestTakeAfterACrash(t *testing.T) {
	var truth oracle.Oracle
	first, second, third := oracle.Transaction{End: 10}, oracle.Transaction{End: 20}, oracle.Transaction{End: 30}
	truth.Take([]oracle.Transaction{first, second})
	got := truth.Take([]oracle.Transaction{second, third})
	if want := []oracle.Transaction{first, second, third}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
