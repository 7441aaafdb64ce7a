package e2e_test

import (
	"encoding/json"
	"testing"
)

// numbersOf reads the n of every message.
func numbersOf(t *testing.T, messages []string) []int {
	t.Helper()
	numbers := make([]int, len(messages))
	for i, m := range messages {
		var message struct{ N int }
		if err := json.Unmarshal([]byte(m), &message); err != nil {
			t.Fatalf("message %d: %v: %s", i, err, m)
		}
		numbers[i] = message.N
	}
	return numbers
}

// firstDifference returns the index of the first byte that differs.
func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
