package ingest_test

import (
	"strings"
	"testing"
)

// TestRowsArrive: what is committed while the pipeline runs is in the stream, in
// order, as events.
func TestRowsArrive(t *testing.T) {
	r := newRig(t)
	r.exec(`create table users (id int primary key, name text)`)
	r.start()
	r.exec(`insert into users values (1, 'Ada'), (2, 'Grace')`,
		`update users set name = 'Ada L.' where id = 1`,
		`update users set id = 3 where id = 2`,
		`delete from users where id = 1`)
	want := []string{
		`{"type":"users","key":"1","value":{"id":1,"name":"Ada"},"headers":{"operation":"insert",`,
		`{"type":"users","key":"2","value":{"id":2,"name":"Grace"},"headers":{"operation":"insert",`,
		`{"type":"users","key":"1","value":{"id":1,"name":"Ada L."},"headers":{"operation":"update",`,
		`{"type":"users","key":"2","headers":{"operation":"delete",`,
		`{"type":"users","key":"3","value":{"id":3,"name":"Grace"},"headers":{"operation":"insert",`,
		`{"type":"users","key":"1","headers":{"operation":"delete",`,
	}
	r.wait("six events", func() bool { return strings.Count(r.contents("pg/public/users"), "\"headers\"") >= len(want) })
	got := strings.SplitAfter(strings.TrimSuffix(r.contents("pg/public/users"), ","), "}},")
	for i, w := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], w) {
			t.Fatalf("event %d: got %q, want it to begin with %q", i, got, w)
		}
	}
}
