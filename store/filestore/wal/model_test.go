package wal_test

import (
	"testing"

	"pgregory.net/rapid"
)

// TestModel runs random calls, failures and ends of the process against the
// model in world.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, rapid.Int64Range(1, 600).Draw(t, "segment bytes"), rapid.IntRange(0, 300).Draw(t, "zeros ahead"))
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		reopen := func(c crash) func(*rapid.T) {
			return func(*rapid.T) { w.crash(c, pick) }
		}
		t.Repeat(map[string]func(*rapid.T){
			"append":     func(t *rapid.T) { w.append(rapid.IntRange(0, 200).Draw(t, "size")) },
			"flush":      func(*rapid.T) { w.flush() },
			"sync":       func(*rapid.T) { w.sync() },
			"rotate":     func(*rapid.T) { w.rotate() },
			"checkpoint": func(t *rapid.T) { w.checkpoint(rapid.Uint64Range(0, w.durable+2).Draw(t, "before")) },
			"failure": func(t *rapid.T) {
				w.failSoon(rapid.IntRange(0, 5).Draw(t, "in"), fault(rapid.IntRange(1, 3).Draw(t, "way")))
			},
			"close":      func(*rapid.T) { w.flushed(w.log.Close()); w.crash(killed, nil) },
			"kill":       reopen(killed),
			"power loss": reopen(powerLost),
			"torn":       reopen(powerTorn),
		})
	})
}

// failSoon lets one operation fail, after n others.
func (w *world) failSoon(n int, f fault) {
	w.fs.fault = func(string, string) fault {
		n--
		if n == -1 {
			return f
		}
		return noFault
	}
}
