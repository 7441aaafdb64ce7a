// Package storetest is the suite that every storage tier passes: package store
// in tests. Start with Run, Model and Harness.
//
// Each test keeps a model of what the store must hold, and compares all that can
// be seen of the store with it: while it is open, after its bytes have moved
// from memory to their place, after a restart, and after a crash.
package storetest

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weirstreams/weir/store"
)

// TB is what a *testing.T and a *rapid.T have in common.
type TB interface {
	rapid.TB
	Cleanup(func())
}

// Harness makes the stores of one test, one at a time, on data that no other
// test sees. Fields that are nil name what the tier cannot do.
type Harness struct {
	// Open opens the tier on what the stores before it have left, nothing at
	// first.
	Open func() store.Store
	// Crash ends the open store, which may be in use, by the worst accident that
	// its settled changes survive. Nil: they do not survive Close either.
	Crash func(store.Store)
	// Settle moves what the tier holds in memory to its place on the disk.
	Settle func(store.Store)
	// OpenCopy opens the tier on the files of a backup, by their names, apart from
	// the harness's own data. Nil: the tier has none.
	OpenCopy func(files map[string][]byte) store.Store
	// Fill lets the tier run out of room for large appends, until relieve is
	// called.
	Fill func(store.Store) (relieve func())
}

// Run puts the tier through every test but Model. open is called once a test, and
// ties what it needs to undo to t.Cleanup.
func Run(t *testing.T, open func(t TB) *Harness) {
	for _, topic := range []struct {
		name  string
		tests map[string]func(*fixture)
	}{
		{"create", createTests},
		{"append", appendTests},
		{"read", readTests},
		{"order", orderTests},
		{"fork", forkTests},
		{"delete", deleteTests},
		{"list", listTests},
		{"due", dueTests},
		{"full", fullTests},
		{"close", closeTests},
		{"concurrent", concurrentTests},
		{"crash", crashTests},
		{"backup", backupTests},
	} {
		t.Run(topic.name, func(t *testing.T) {
			for name, test := range topic.tests {
				t.Run(name, func(t *testing.T) { test(newFixture(t, open(t))) })
			}
		})
	}
}
