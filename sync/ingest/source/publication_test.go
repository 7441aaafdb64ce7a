package source_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/weirstreams/weir/sync/ingest/source"
)

func TestEnsurePublication(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	s.ExecIn(t, db,
		`create table a (id int primary key)`, `create schema "S.x"`,
		`create table "S.x"."B ""b""" (id int primary key)`,
		`create table parent (id int primary key)`, `create table child () inherits (parent)`)
	conn := writer(t, target(t, s, db))
	a, b := source.Table{Schema: "public", Name: "a"}, source.Table{Schema: "S.x", Name: `B "b"`}
	parent := source.Table{Schema: "public", Name: "parent"}

	var oid uint32
	for _, step := range []struct {
		what   string
		tables []source.Table
		want   source.PublicationChange
	}{
		{"create", []source.Table{a, b, a}, source.PublicationChange{Created: true, Added: []source.Table{b, a}}},
		{"again", []source.Table{b, a}, source.PublicationChange{}},
		{"swap", []source.Table{b, parent}, source.PublicationChange{Added: []source.Table{parent}, Dropped: []source.Table{a}}},
		{"again", []source.Table{b, parent}, source.PublicationChange{}},
		{"empty", nil, source.PublicationChange{Dropped: []source.Table{b, parent}}},
	} {
		got := ensure(t, conn, source.PublicationSpec{Name: hostile, Tables: step.tables, Version: 150000})
		if oid == 0 {
			oid = got.OID
		}
		if step.want.OID = oid; !reflect.DeepEqual(got, step.want) {
			t.Errorf("%s: got %+v, want %+v", step.what, got, step.want)
		}
	}
}

func TestEnsurePublicationMendsOptions(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	s.ExecIn(t, db, `create publication p with (publish = 'insert')`)
	conn := writer(t, target(t, s, db))
	spec := source.PublicationSpec{Name: "p", Version: 150000}
	if got := ensure(t, conn, spec); !got.OptionsSet {
		t.Errorf("insert-only publication: got %+v, want its options set", got)
	}
	if got := ensure(t, conn, spec); got.OptionsSet {
		t.Errorf("mended publication: got %+v, want nothing done", got)
	}
	var all bool
	err := conn.QueryRow(context.Background(), `select pubinsert and pubupdate and pubdelete and pubtruncate and pubviaroot
		from pg_publication where pubname = 'p'`).Scan(&all)
	if err != nil || !all {
		t.Errorf("options in the catalogue: got %v and %v, want all on", all, err)
	}
}

func TestEnsurePublicationLeavesWideOnesAlone(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	s.ExecIn(t, db, `create table a (id int primary key)`,
		`create publication everything for all tables with (publish_via_partition_root)`,
		`create publication schemas for tables in schema public with (publish_via_partition_root)`)
	conn := writer(t, target(t, s, db))
	for _, name := range []string{"everything", "schemas"} {
		got := ensure(t, conn, source.PublicationSpec{Name: name, Version: 150000,
			Tables: []source.Table{{Schema: "public", Name: "a"}}})
		if !got.Wide || got.Added != nil || got.OptionsSet {
			t.Errorf("%s: got %+v, want wide and untouched", name, got)
		}
	}
}

// A failed step leaves nothing behind: all is one transaction.
func TestEnsurePublicationIsAllOrNothing(t *testing.T) {
	s := postgres.Server(t)
	db := s.Database(t)
	s.ExecIn(t, db, `create publication p with (publish = 'insert')`)
	conn := writer(t, target(t, s, db))
	_, err := source.EnsurePublication(within(t, 10*time.Second), conn, source.PublicationSpec{
		Name: "p", Version: 150000, Tables: []source.Table{{Schema: "public", Name: "absent"}}})
	state(t, err, "42P01")
	if got := source.Classify(err); got != source.Retry {
		t.Errorf("a table that is gone: got %s, want retry, with a new list", got)
	}
	var updates bool
	err = conn.QueryRow(context.Background(), `select pubupdate from pg_publication where pubname = 'p'`).Scan(&updates)
	if err != nil || updates {
		t.Errorf("after the failure: publishes updates %v, error %v; want it as before", updates, err)
	}
}

func ensure(t *testing.T, conn *pgx.Conn, spec source.PublicationSpec) source.PublicationChange {
	t.Helper()
	got, err := source.EnsurePublication(within(t, 10*time.Second), conn, spec)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
