package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// quickExit keeps a race-enabled program from lingering for a second when it
// exits; it has no meaning to any other.
const quickExit = "GORACE=atexit_sleep_ms=0"

// TestMain lets scripts and tests run the test binary as the program weir.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"weir": main})
}

// TestScripts runs the scripts of testdata, one for each topic. The command
//
//	healthz STATUS
//
// starts a server that answers GET /healthz with STATUS until the script ends,
// and points DS_SERVER__PORT at it. The commands
//
//	acidstore DIR SHARDS STREAMS
//	acidholds DIR SHARDS STREAMS
//	acidinuse DIR SHARDS
//
// make a store of mode acid, check how many streams one has, and keep one open
// until the script ends. So do, with a store of files that has a stream in a data
// file and one in the log,
//
//	filestore DIR
//	fileinuse DIR
//
// and
//
//	flip FILE OFFSET
//
// turns over a bit of a file.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, quickExit)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"healthz":   startHealthz,
			"acidstore": makeAcid,
			"acidholds": checkAcid,
			"acidinuse": useAcid,
			"filestore": makeFiles,
			"fileinuse": useFiles,
			"flip":      flipBit,
		},
	})
}

func startHealthz(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: healthz STATUS")
	}
	status, err := strconv.Atoi(args[0])
	ts.Check(err)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "/fine")
		w.WriteHeader(status)
	})
	mux.HandleFunc("GET /fine", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	ts.Defer(server.Close)

	address, err := url.Parse(server.URL)
	ts.Check(err)
	ts.Setenv("DS_SERVER__PORT", address.Port())
}
