package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// check compares a stream after the crash with what it was before the round and
// with what the round's clients saw.
func (r crashRound) check(t *testing.T, s int, before, now []string) {
	t.Helper()
	checkPrefix(t, fmt.Sprintf("%s before the round", crashStream(s)), before, now)
	checkPrefix(t, fmt.Sprintf("%s as its reader saw it", crashStream(s)), r.shown[s], now)
	expected := len(before)
	for w := s * crashWriters; w < (s+1)*crashWriters; w++ {
		expected += r.checkWriter(t, w, now) * messagesOfAppend
	}
	if len(now) != expected {
		t.Errorf("%s: got %d messages after the crash, want the %d before the round and of its writers",
			crashStream(s), len(now), expected)
	}
}

// checkWriter wants the writer's acknowledged appends and perhaps one more, in
// order, each append's messages side by side. It returns how many there are.
func (r crashRound) checkWriter(t *testing.T, w int, now []string) (got int) {
	t.Helper()
	mark := fmt.Sprintf(`{"writer":%q,`, r.names[w])
	for i := 0; i < len(now); i++ {
		if !strings.HasPrefix(now[i], mark) {
			continue
		}
		want := r.batch(w, got)
		if end := min(i+len(want), len(now)); !slices.Equal(now[i:end], want) {
			t.Errorf("writer %s: got %.300q at message %d, want append %d: %.300q", r.names[w], now[i:end], i, got, want)
			return got
		}
		got++
		i += len(want) - 1
	}
	if got != r.acked[w] && got != r.acked[w]+1 {
		t.Errorf("writer %s: got %d appends after the crash, want the %d acknowledged or one more",
			r.names[w], got, r.acked[w])
	}
	return got
}

func checkPrefix(t *testing.T, what string, prefix, all []string) {
	t.Helper()
	for i, m := range prefix {
		if i >= len(all) {
			t.Errorf("%s: got %d messages after the crash, want at least %d", what, len(all), len(prefix))
			return
		}
		if all[i] != m {
			t.Errorf("%s: got message %d %.100s, want %.100s", what, i, all[i], m)
			return
		}
	}
}
