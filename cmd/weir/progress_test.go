package main

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func TestProgressOnTerminal(t *testing.T) {
	var out strings.Builder
	p := progress{w: &out, terminal: true, what: "moving", amount: decimal}
	p.end()
	if out.Len() > 0 {
		t.Errorf("without progress: got %q, want nothing", out.String())
	}
	p.at(5, 20)
	p.at(20, 20)
	p.at(0, 0)
	p.end()
	want := []string{
		"", "moving [=======                       ]  25% 5 of 20",
		"moving [==============================] 100% 20 of 20",
		"moving [==============================] 100% 0 of 0",
		"",
	}
	if got := strings.Join(want, eraseLine); out.String() != got {
		t.Errorf("got  %q,\nwant %q", out.String(), got)
	}
}

func TestProgressInLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		p := progress{w: &out, log: zerolog.New(&out), what: "moving", amount: decimal}
		for i := range 12 {
			p.at(int64(i), 100)
			time.Sleep(time.Second)
		}
		p.end()
		want := `{"level":"info","done":"0","total":"100","message":"moving"}
{"level":"info","done":"5","total":"100","message":"moving"}
{"level":"info","done":"10","total":"100","message":"moving"}
`
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	})
}

func TestProgressOfAnUnknownTotal(t *testing.T) {
	var out strings.Builder
	p := progress{w: &out, terminal: true, what: "backing up", amount: decimal}
	p.at(5, -1)
	if got, want := out.String(), eraseLine+"backing up: 5"; got != want {
		t.Errorf("on a terminal: got %q, want %q", got, want)
	}
	out.Reset()
	p = progress{w: &out, log: zerolog.New(&out), what: "backing up", amount: decimal}
	p.at(5, -1)
	if got, want := out.String(), `{"level":"info","done":"5","message":"backing up"}`+"\n"; got != want {
		t.Errorf("in the log: got %q, want %q", got, want)
	}
}
