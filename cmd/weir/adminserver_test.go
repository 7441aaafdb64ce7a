package main

import (
	"bytes"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/config"
)

func TestListenAdmin(t *testing.T) {
	const token = "0123456789abcdef"
	for _, test := range []struct {
		address, token string
		ok             bool
	}{
		{"127.0.0.1:0", "", true},
		{"127.1.2.3:0", "", true},
		{"localhost:0", "", true},
		{"127.0.0.1:0", token, true},
		{"0.0.0.0:0", token, true},
		{":0", token, true},
		{"0.0.0.0:0", "", false},
		{":0", "", false},
	} {
		listener, err := listenAdmin(t.Context(), config.Admin{Listen: test.address, Token: test.token})
		if err == nil {
			listener.Close()
		}
		if got := err == nil; got != test.ok {
			t.Errorf("listen at %s with the token %q: got %v, want it accepted: %v", test.address, test.token, err, test.ok)
		}
		if err != nil && !strings.Contains(err.Error(), "DS_ADMIN__TOKEN") {
			t.Errorf("listen at %s: got %v, want an error that names the token's variable", test.address, err)
		}
	}
}

// startHandler serves handler as the admin listener would.
func startHandler(t *testing.T, handler http.HandlerFunc, log zerolog.Logger) (a *adminServer, addr string) {
	t.Helper()
	listener, err := listenAdmin(t.Context(), config.Admin{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	a = startAdmin(listener, newHTTPServer(loadConfig(t).Limits, handler, log), log)
	return a, listener.Addr().String()
}

// What handlers read may be closed as soon as stop returns, so it has to wait
// also for one whose client was cut off.
func TestStopOutlastsEveryHandler(t *testing.T) {
	entered := make(chan struct{})
	ended := false
	a, addr := startHandler(t, func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
		for range 1000 { // whoever does not wait has its turn here
			runtime.Gosched()
		}
		ended = true
	}, zerolog.Nop())
	answer := make(chan error, 1)
	go func() { answer <- get("http://" + addr) }()
	<-entered

	a.stop(time.Millisecond)
	if !ended {
		t.Error("handler when stop returned: got it running, want it ended")
	}
	if err := <-answer; err == nil {
		t.Error("open request: got an answer, want a cut connection")
	}
}

func TestStopDoesNotWaitForASilentClient(t *testing.T) {
	a, addr := startHandler(t, func(http.ResponseWriter, *http.Request) {}, zerolog.Nop())
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// Connections are accepted in order: this answer comes after the one before
	// was taken.
	if err := get("http://" + addr); err != nil {
		t.Fatal(err)
	}

	a.stop(time.Millisecond)
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("silent connection: got a byte, want it cut")
	}
}

func TestAdminTimeouts(t *testing.T) {
	a, _ := startHandler(t, func(http.ResponseWriter, *http.Request) {}, zerolog.Nop())
	defer a.stop(time.Millisecond)
	if s := a.srv; s.ReadHeaderTimeout <= 0 || s.ReadTimeout <= 0 || s.WriteTimeout <= 0 || s.IdleTimeout <= 0 || s.MaxHeaderBytes <= 0 {
		t.Errorf("bounds: got header %v, read %v, write %v, idle %v, header bytes %d; want all set",
			s.ReadHeaderTimeout, s.ReadTimeout, s.WriteTimeout, s.IdleTimeout, s.MaxHeaderBytes)
	}
}

func TestFailedAdminListenerIsLogged(t *testing.T) {
	listener, err := listenAdmin(t.Context(), config.Admin{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	log := zerolog.New(&out)
	a := startAdmin(listener, newHTTPServer(loadConfig(t).Limits, http.NotFoundHandler(), log), log)
	listener.Close()
	<-a.served

	a.stop(time.Millisecond)
	if got := out.String(); !strings.Contains(got, `"level":"error"`) || !strings.Contains(got, "admin listener has ended") {
		t.Errorf("log: got %s, want an error that says so", got)
	}
}
