package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// asker keeps no connection, and so no goroutine, when it has its answer.
var asker = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second}

// get asks for url and drops the answer.
func get(url string) error {
	response, err := asker.Get(url)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// fetch returns the status and the body of an answer.
func fetch(t *testing.T, method, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := asker.Do(request)
	if err != nil {
		t.Fatalf("%s %s: got %v, want an answer", method, url, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("%s %s: got %v, want a whole answer", method, url, err)
	}
	return response.StatusCode, string(body)
}

// operated is a server in this process with an admin listener.
type operated struct {
	public, admin string // host:port
	stop          func() error
}

// startOperated starts a server with these variables and an admin listener on a
// free port.
func startOperated(t *testing.T, environ ...string) operated {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cfg := loadConfig(t, append(environ, "DS_ADMIN__LISTEN=127.0.0.1:0")...)
	lines, log := io.Pipe()
	ready, done := make(chan string, 1), make(chan error, 1)
	go func() {
		done <- serve(ctx, cfg, zerolog.New(log), func(addr string) { ready <- addr })
		log.Close()
	}()
	admin := adminAddress(t, lines)
	go io.Copy(io.Discard, lines)
	return operated{
		public: <-ready,
		admin:  admin,
		stop: func() error {
			cancel()
			return <-done
		},
	}
}

// adminAddress reads the log until it says where the admin listener is.
func adminAddress(t *testing.T, log io.Reader) string {
	t.Helper()
	for lines := json.NewDecoder(log); ; {
		var line struct{ Message, Address string }
		if err := lines.Decode(&line); err != nil {
			t.Fatalf("log: got %v, want a line with the address of the admin listener", err)
		}
		if line.Message == "admin listener" {
			return line.Address
		}
	}
}

func TestScrape(t *testing.T) {
	tests := []struct {
		mode   string
		has    []string
		hasNot string
	}{
		{"memory", nil, "weir_store_log_bytes"},
		{"file-fast", []string{"\nweir_store_log_bytes{", "\nweir_store_checkpoints_total{", "\nweir_data_free_bytes{"}, "weir_acid_"},
		{"file-durable", []string{"\nweir_store_log_bytes{", "\nweir_store_sync_seconds_count{", "\nweir_data_free_bytes{"}, "weir_acid_"},
		{"acid", []string{`weir_acid_file_bytes{instance_id="one",shard="001"} `, `weir_acid_read_only{instance_id="one",shard="000"} 0` + "\n"}, "weir_store_log_bytes"},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			s := startOperated(t, "DS_STORAGE__MODE="+test.mode, "DS_STORAGE__DATA_DIR="+t.TempDir(), "DS_STORAGE__ACID_SHARD_COUNT=2", "DS_INSTANCE_ID=one")
			if status, body := fetch(t, http.MethodPut, "http://"+s.public+"/v1/stream/a-secret-room"); status != http.StatusCreated {
				t.Fatalf("create a stream: got status %d and %s, want %d", status, body, http.StatusCreated)
			}

			status, text := fetch(t, http.MethodGet, "http://"+s.admin+"/metrics")
			if status != http.StatusOK {
				t.Fatalf("scrape: got status %d and %s, want %d", status, text, http.StatusOK)
			}
			for _, part := range append(test.has, `weir_streams{instance_id="one"} 1`+"\n", "\nweir_build_info{",
				`weir_http_requests_total{instance_id="one",kind="create",status="201"} 1`+"\n", `weir_ready{component="storage",instance_id="one"} 1`+"\n") {
				if !strings.Contains(text, part) {
					t.Errorf("scrape: got no %q, want it in\n%s", part, text)
				}
			}
			for _, part := range []string{test.hasNot, "a-secret-room"} {
				if strings.Contains(text, part) {
					t.Errorf("scrape: got %q, want it not to be in\n%s", part, text)
				}
			}
			checkLint(t, text)
			if err := s.stop(); err != nil {
				t.Errorf("serve: got %v after a stop, want no error", err)
			}
		})
	}
}

// checkLint holds a scrape against Prometheus' own rules.
func checkLint(t *testing.T, text string) {
	t.Helper()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Errorf("parse scrape: got %v, want no error", err)
	}
	for _, p := range problems {
		t.Errorf("%s: got the complaint %q, want none", p.Metric, p.Text)
	}
}

// Each listener serves its own, and the admin listener ends with the server.
func TestAdminListenerIsApart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := startOperated(t)
	for url, paths := range map[string]string{s.public: "/metrics /streams /debug/pprof/ /", s.admin: "/v1/stream/a /debug /streams/a"} {
		for path := range strings.FieldsSeq(paths) {
			if status, _ := fetch(t, http.MethodGet, "http://"+url+path); status != http.StatusNotFound {
				t.Errorf("get %s: got status %d, want %d", path, status, http.StatusNotFound)
			}
		}
	}
	for _, path := range []string{"/", "/metrics", "/healthz", "/readyz", "/streams"} {
		if status, _ := fetch(t, http.MethodGet, "http://"+s.admin+path); status != http.StatusOK {
			t.Errorf("get %s: got status %d, want %d", path, status, http.StatusOK)
		}
	}
	if status, _ := fetch(t, http.MethodPost, "http://"+s.admin+"/metrics"); status != http.StatusMethodNotAllowed {
		t.Errorf("post to metrics: got status %d, want %d", status, http.StatusMethodNotAllowed)
	}
	if err := s.stop(); err != nil {
		t.Errorf("serve: got %v after a stop, want no error", err)
	}
	if conn, err := net.Dial("tcp", s.admin); err == nil {
		conn.Close()
		t.Errorf("dial %s after serve returned: got a connection, want none", s.admin)
	}
}

func TestServeFailsOnAnAdminPortInUse(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := loadConfig(t, "DS_ADMIN__LISTEN="+taken.Addr().String())

	err = serve(t.Context(), cfg, zerolog.Nop(), func(string) { t.Error("ready: got a call, want none") })
	if err == nil || !strings.Contains(err.Error(), "open admin listener") || !strings.Contains(err.Error(), taken.Addr().String()) {
		t.Errorf("serve: got %v, want an error that names the admin listener and %s", err, taken.Addr())
	}
}

// A public port that is taken ends the admin listener that was open before.
func TestAdminListenerEndsWithAFailedStart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := loadConfig(t, "DS_ADMIN__LISTEN=127.0.0.1:0")
	cfg.Server.Port = taken.Addr().(*net.TCPAddr).Port

	err = serve(t.Context(), cfg, zerolog.Nop(), func(string) { t.Error("ready: got a call, want none") })
	if err == nil || strings.Contains(err.Error(), "admin") {
		t.Errorf("serve: got %v, want an error about the public listener", err)
	}
}
