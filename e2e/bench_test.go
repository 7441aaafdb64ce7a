package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weirstreams/weir/e2e/internal/weirtest"
)

// measurements are short runs of every kind of weir bench, and figures that each
// must have found, above 0: processor time is counted in hundredths of a second.
var measurements = []struct {
	args  string
	found []string
}{
	{"append --conns 8", []string{"appends", "per_second", "p50_us", "p99_9_us", "server_cpu_us_per_op"}},
	{"append --batch 10 --streams 3", []string{"messages_per_second", "mib_per_second"}},
	{"append --producer --streams 100 --conns 8", []string{"appends"}},
	{"append --producer --streams 3 --conns 8", []string{"appends"}},
	{"append --rate 200", []string{"appends", "p50_us"}},
	{"create", []string{"streams", "per_second", "server_anonymous_after_mib"}},
	{"create --count 500", []string{"streams"}},
	{"catchup --bytes 3MiB", []string{"pages", "mib_per_second", "server_cpu_us_per_mib"}},
	{"catchup --bytes 3MiB --messages", []string{"pages", "mib_per_second"}},
	{"sse --streams 3 --subscribers 20 --rate 300", []string{"deliveries", "delivery_p99_us", "server_cpu_seconds_per_million"}},
	{"sse --subscribers 50 --idle", []string{"subscribers", "server_resident_after_mib"}},
	{"longpoll --streams 3 --subscribers 20", []string{"deliveries", "delivery_p99_us", "polls"}},
	{"rtt", []string{"deliveries", "delivery_p50_us", "append_p50_us"}},
}

// TestBench measures a server with every kind of weir bench, and holds that the
// figures are there and nothing went wrong. How large they are is not tested.
func TestBench(t *testing.T) {
	server := startServer(t, "memory", env{"DS_LIMITS__MAX_MEMORY_BYTES": "4GiB", "DS_LIMITS__MAX_STREAM_BYTES": "0"})
	for _, m := range measurements {
		t.Run(m.args, func(t *testing.T) {
			args := strings.Fields(m.args)
			args = append(args, "--url", server.URL(), "--pid", fmt.Sprint(server.PID()))
			if !strings.Contains(m.args, "--count") {
				args = append(args, "--duration", "500ms", "--warmup", "100ms")
			}
			got := bench(t, args...)
			for _, name := range m.found {
				if n, ok := got[name].(float64); !ok || n <= 0 {
					t.Errorf("%s: got %v, want a number above 0", name, got[name])
				}
			}
			for _, name := range []string{"errors", "lost", "repeated", "garbled", "wrong_passes"} {
				if n, ok := got[name].(float64); ok && n != 0 {
					t.Errorf("%s: got %v, want 0", name, n)
				}
			}
		})
	}
}

// TestBenchYardstick measures the empty handler, and ends it as an operator does.
func TestBenchYardstick(t *testing.T) {
	address := fmt.Sprintf("127.0.0.1:%d", weirtest.FreePort(t))
	yardstick := weirtest.Command(weirtest.Config{Binary: weirBinary}, "bench", "yardstick", "--listen", address)
	if err := yardstick.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- yardstick.Wait() }()
	t.Cleanup(func() { _ = yardstick.Process.Kill() }) // when the test failed before it was ended
	awaitListener(t, address)

	got := bench(t, "append", "--raw", "--url", "http://"+address, "--duration", "300ms")
	if n, ok := got["appends"].(float64); !ok || n <= 0 || got["errors"] != 0.0 {
		t.Errorf("got %v appends and %v errors, want some and 0", got["appends"], got["errors"])
	}
	if err := yardstick.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("yardstick after SIGINT: got %v, want exit status 0", err)
	}
}

// bench runs weir bench with --json and returns the figures.
func bench(t *testing.T, args ...string) map[string]any {
	t.Helper()
	cmd := weirtest.Command(weirtest.Config{Binary: weirBinary}, append(append([]string{"bench"}, args...), "--json")...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("weir bench %q: %v\n%s%s", args, err, out, &stderr)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("weir bench %q: got %q, want one JSON object: %v", args, out, err)
	}
	return got
}

func awaitListener(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("nobody listens on %s after %v", address, patience)
}
