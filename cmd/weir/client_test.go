package main

import (
	"context"
	"encoding/json"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

// TestClientScripts runs the scripts of testdata/client, in which people and
// programs use streams. The command
//
//	streams [VARIABLE=VALUE...]
//
// serves until the script ends, configured by these variables, and points
// DS_SERVER__PORT and DS_ADMIN__LISTEN at where.
func TestClientScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/client",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, quickExit)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"streams": startStreams},
	})
}

func startStreams(ts *testscript.TestScript, _ bool, args []string) {
	cfg, _, err := config.Load(append([]string{"DS_SERVER__PORT=0", "DS_ADMIN__LISTEN=127.0.0.1:0"}, args...))
	ts.Check(err)
	ctx, stop := context.WithCancel(context.Background())
	ready, done := make(chan string, 1), make(chan error, 1)
	var admin adminLog
	go func() { done <- serve(ctx, cfg, zerolog.New(&admin), func(addr string) { ready <- addr }) }()
	select {
	case err := <-done:
		stop()
		ts.Fatalf("serve: %v", err)
	case addr := <-ready:
		_, port, err := net.SplitHostPort(addr)
		ts.Check(err)
		ts.Setenv("DS_SERVER__PORT", port)
		ts.Setenv("DS_ADMIN__LISTEN", admin.get())
	}
	ts.Defer(func() {
		stop()
		if err := <-done; err != nil {
			ts.Logf("serve: %v", err)
		}
	})
}

// adminLog is a log that is searched for where the admin listener is.
type adminLog struct {
	mu    sync.Mutex
	found string
}

// Write implements io.Writer.
func (a *adminLog) Write(p []byte) (int, error) {
	var line struct{ Message, Address string }
	if err := json.Unmarshal(p, &line); err != nil {
		return 0, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if strings.HasPrefix(line.Message, "admin listener") && line.Address != "" {
		a.found = line.Address
	}
	return len(p), nil
}

func (a *adminLog) get() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.found
}
