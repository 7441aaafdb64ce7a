package fold_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weirstreams/weir/e2e/postgres/event"
	"github.com/weirstreams/weir/e2e/postgres/fold"
)

func parse(t *testing.T, messages ...string) []event.Event {
	t.Helper()
	var events []event.Event
	for _, message := range messages {
		e, err := event.Parse([]byte(message))
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e)
	}
	return events
}

const (
	insert1 = `{"type":"a","key":"1","value":{"id":1,"v":"x"},"headers":{"operation":"insert"}}`
	insert2 = `{"type":"a","key":"2","value":{"id":2,"v":null},"headers":{"operation":"insert"}}`
	update1 = `{"type":"a","key":"1","value":{"id":1,"v":"y"},"headers":{"operation":"update"}}`
	delete1 = `{"type":"a","key":"1","headers":{"operation":"delete"}}`
	other1  = `{"type":"b","key":"1","value":{"id":1},"headers":{"operation":"insert"}}`
	reset   = `{"headers":{"control":"reset"}}`
	begin   = `{"headers":{"control":"snapshot-start"}}`
	end     = `{"headers":{"control":"snapshot-end"}}`
)

func TestOf(t *testing.T) {
	for name, c := range map[string]struct {
		messages []string
		want     fold.Rows
	}{
		"nothing":       {nil, nil},
		"insert":        {[]string{insert1, insert2}, fold.Rows{"1": {"id": "1 ", "v": `"x" `}, "2": {"id": "2 ", "v": "null "}}},
		"update":        {[]string{insert1, update1}, fold.Rows{"1": {"id": "1 ", "v": `"y" `}}},
		"delete":        {[]string{insert1, insert2, delete1}, fold.Rows{"2": {"id": "2 ", "v": "null "}}},
		"delete of two": {[]string{other1, insert1, delete1}, nil},
		"reset":         {[]string{insert1, reset, insert2}, fold.Rows{"2": {"id": "2 ", "v": "null "}}},
	} {
		state, err := fold.Of(parse(t, c.messages...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if found := fold.Compare(state.Type("a"), c.want); len(found) != 0 {
			t.Errorf("%s: got %v, want %v:\n%s", name, state.Type("a"), c.want, found)
		}
	}
}

func TestTypes(t *testing.T) {
	for want, messages := range [][]string{{insert1, reset}, {insert1, delete1}, {insert1, other1}} {
		state, err := fold.Of(parse(t, messages...))
		if err != nil {
			t.Fatal(err)
		}
		if got := state.Types(); got != want {
			t.Errorf("%s: got %d types, want %d", messages, got, want)
		}
	}
}

func TestCopying(t *testing.T) {
	state := &fold.State{}
	for _, step := range []struct {
		message string
		want    bool
	}{{insert1, false}, {begin, true}, {insert2, true}, {end, false}} {
		if err := state.Apply(parse(t, step.message)[0]); err != nil {
			t.Fatal(err)
		}
		if got := state.Copying(); got != step.want {
			t.Errorf("after %s: copying: got %t, want %t", step.message, got, step.want)
		}
	}
}

func TestCompare(t *testing.T) {
	table := fold.Rows{"1": {"id": "1", "v": "2"}, "2": {"id": "2"}}
	for name, c := range map[string]struct {
		stream fold.Rows
		want   string
	}{
		"equal":       {fold.Rows{"1": {"id": "1", "v": "2"}, "2": {"id": "2"}}, ""},
		"row missing": {fold.Rows{"1": {"id": "1", "v": "2"}}, `key "2" is missing in the stream`},
		"row extra":   {fold.Rows{"1": {"id": "1", "v": "2"}, "2": {"id": "2"}, "3": {}}, `key "3" is in the stream only`},
		"column missing": {
			fold.Rows{"1": {"id": "1"}, "2": {"id": "2"}}, `key "1": column v is missing in the stream`,
		},
		"column extra": {
			fold.Rows{"1": {"id": "1", "v": "2"}, "2": {"id": "2", "w": "1"}}, `key "2": column w is in the stream only`,
		},
		"value": {fold.Rows{"1": {"id": "1", "v": "3"}, "2": {"id": "2"}}, `key "1", column v: got 3, want 2`},
	} {
		if got := fold.Compare(c.stream, table).String(); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestReportIsShort(t *testing.T) {
	got := fold.Differences(slices.Repeat([]string{"x"}, 25)).String()
	if lines := strings.Split(got, "\n"); len(lines) != 11 || lines[10] != "and 15 more" {
		t.Errorf("got %q, want ten lines and the number of the others", got)
	}
}

func TestCanonical(t *testing.T) {
	same := [][2]string{
		{`{"a": [1, "é\u0041"]}`, `{"a":[1,"\u00e9A"]}`},
		{`"a\/b"`, `"a/b"`},
	}
	differ := [][2]string{
		{`1.0`, `1`}, {`1e2`, `100`}, {`"1"`, `1`}, {`{"a":1,"a":2}`, `{"a":2}`},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`}, {`[1,2]`, `[12]`}, {`null`, `"null"`}, {`[[1],2]`, `[[1,2]]`},
	}
	canonical := func(text string) string {
		t.Helper()
		got, err := fold.Canonical([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return got
	}
	for _, pair := range same {
		if a, b := canonical(pair[0]), canonical(pair[1]); a != b {
			t.Errorf("%s and %s: got %s and %s, want the same", pair[0], pair[1], a, b)
		}
	}
	for _, pair := range differ {
		if a, b := canonical(pair[0]), canonical(pair[1]); a == b {
			t.Errorf("%s and %s: got %s for both, want a difference", pair[0], pair[1], a)
		}
	}
	if got, err := fold.Canonical([]byte(`{"a":`)); err == nil {
		t.Errorf("half an object: got %s, want an error", got)
	}
}
