package flood_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// figures are the size of a server.
type figures struct {
	resident    int64 // bytes of RAM that are its own: RssAnon
	heap        int64 // bytes of the heap that are alive
	goroutines  int64
	descriptors int
}

func (f figures) String() string {
	return fmt.Sprintf("%s resident, %s alive, %d goroutines, %d descriptors",
		mib(f.resident), mib(f.heap), f.goroutines, f.descriptors)
}

func mib(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

// collected returns the figures after the server has collected its garbage, twice:
// what a pool lets go of is garbage only the second time.
func (s *server) collected(t *testing.T) figures {
	t.Helper()
	for range 2 {
		s.ask(t, "/debug/pprof/heap?gc=1")
	}
	metrics := s.ask(t, "/metrics")
	open, err := s.Descriptors()
	if err != nil {
		t.Fatal(err)
	}
	resident, err := s.resident()
	if err != nil {
		t.Fatal(err)
	}
	return figures{
		resident:    resident,
		heap:        metric(t, metrics, "go_memstats_heap_alloc_bytes"),
		goroutines:  metric(t, metrics, "go_goroutines"),
		descriptors: open,
	}
}

// ask returns what the admin listener answers.
func (s *server) ask(t *testing.T, path string) string {
	t.Helper()
	resp, err := s.client.Get(s.admin + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: got status %d, error %v, want 200", path, resp.StatusCode, err)
	}
	return string(body)
}

// metric returns the value of a metric that has one.
func metric(t *testing.T, metrics, name string) int64 {
	t.Helper()
	for line := range strings.Lines(metrics) {
		rest, ok := strings.CutPrefix(line, name)
		if !ok || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		fields := strings.Fields(rest)
		value, err := strconv.ParseFloat(fields[len(fields)-1], 64)
		if err != nil {
			t.Fatalf("metric %s: %v", name, err)
		}
		return int64(value)
	}
	t.Fatalf("got no metric %s", name)
	return 0
}

// resident returns RssAnon of the server, in bytes.
func (s *server) resident() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	kib, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	n, err := strconv.ParseInt(kib, 10, 50)
	return n << 10, err
}

// watchMemory returns the most that the server has resident until stop is called.
func (s *server) watchMemory(t *testing.T) (stop func() (peak int64)) {
	end, ended := make(chan struct{}), make(chan struct{})
	var peak int64
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			n, err := s.resident()
			if err != nil {
				t.Errorf("memory of the server: %v", err)
				return
			}
			peak = max(peak, n)
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return sync.OnceValue(func() int64 {
		close(end)
		<-ended
		return peak
	})
}
