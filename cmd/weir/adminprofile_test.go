package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestProfiles(t *testing.T) {
	s := startOperated(t)
	defer s.stop()
	for path, want := range map[string]string{
		"":                   "goroutine",
		"goroutine?debug=1":  "goroutine profile:",
		"heap?debug=1":       "heap profile:",
		"cmdline":            "weir",
		"symbol":             "num_symbols: 1",
		"profile?seconds=1":  "\x1f\x8b", // compressed
		"trace?seconds=0.01": "go 1.",
		"profile?seconds=61": "from 0 to 60",
		"trace?seconds=1e9":  "from 0 to 60",
		"heap?seconds=-1":    "from 0 to 60",
		"heap?seconds=NaN":   "from 0 to 60",
	} {
		status, body := fetch(t, http.MethodGet, "http://"+s.admin+"/debug/pprof/"+path)
		wantStatus := http.StatusOK
		if strings.HasPrefix(want, "from") {
			wantStatus = http.StatusBadRequest
		}
		if status != wantStatus || !strings.Contains(body, want) {
			t.Errorf("%s: got status %d and %.80q, want %d and %q in it", path, status, body, wantStatus, want)
		}
	}
	if status, _ := fetch(t, http.MethodPost, "http://"+s.admin+"/debug/pprof/profile"); status != http.StatusMethodNotAllowed {
		t.Errorf("post to a profile: got status %d, want %d", status, http.StatusMethodNotAllowed)
	}
}

// A profile may take longer than the server has for other requests and answers.
func TestProfileOutlastsTheTimeouts(t *testing.T) {
	mux := http.NewServeMux()
	addProfiles(mux)
	srv := httptest.NewUnstartedServer(mux)
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = time.Second/2, time.Second/2
	srv.Start()
	defer srv.Close()
	status, body := fetch(t, http.MethodGet, srv.URL+"/debug/pprof/profile?seconds=1")
	if status != http.StatusOK || !strings.HasPrefix(body, "\x1f\x8b") { // compressed
		t.Errorf("profile: got status %d and %.80q, want a compressed one", status, body)
	}
}
