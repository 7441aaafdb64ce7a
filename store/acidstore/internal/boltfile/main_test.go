package boltfile_test

import (
	"flag"
	"testing"
)

func TestMain(m *testing.M) {
	// Enough for every day; -rapid.checks=1000 looks further.
	if err := flag.Set("rapid.checks", "6"); err != nil {
		panic(err)
	}
	m.Run()
}
