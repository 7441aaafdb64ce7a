package postgres_test

import (
	"fmt"
	"slices"
	"testing"
)

// T30: messages for one of our streams arrive there if they were committed, in
// order and once; all others do nothing, and nothing gets stuck.
func TestMessages(t *testing.T) {
	l := newLab(t, setup{})
	emit := func(transactional bool, prefix, content string) string {
		return fmt.Sprintf(`select pg_logical_emit_message(%t, '%s', '%s')`, transactional, prefix, content)
	}
	const ours = "ds:outbox/a"
	l.exec(
		emit(true, ours, `{"n": 1}`),
		emit(false, ours, `{"n": "not transactional"}`),
		`begin; `+emit(true, ours, `{"n": "rolled back"}`)+`; rollback`,
		emit(true, "other", `{"n": "of somebody else"}`),
		emit(true, "other", `no JSON at all`),
		`begin; `+emit(true, ours, `{"n": 2}`)+`; savepoint s; `+emit(true, ours, `{"n": "rolled back"}`)+
			`; rollback to s; `+emit(true, ours, `[3]`)+`; commit`,
		emit(true, "ds:outbox/b", `"elsewhere"`),
	)
	l.quiesce()
	l.killWeir()
	l.exec(emit(true, ours, `null`))
	l.quiesce()
	for stream, want := range map[string][]string{
		// An array is as many messages as it has elements, as in any append.
		"outbox/a": {`{"n": 1}`, `{"n": 2}`, `3`, `null`},
		"outbox/b": {`"elsewhere"`},
	} {
		messages, _, err := l.client.ReadMessages(t.Context(), stream, "-1")
		l.must(err)
		var got []string
		for _, message := range messages {
			got = append(got, string(message))
		}
		if !slices.Equal(got, want) {
			t.Errorf("stream %s: got %q, want %q", stream, got, want)
		}
	}
	l.check()
}
