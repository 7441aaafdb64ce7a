package flood_test

import (
	"net/http"
	"syscall"
	"time"
)

// idle opens connections that do nothing, half of them after one good request. Those
// may rest for two minutes, the others have the time of a header.
func idle(g *siege) {
	const n = 10_000
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur < n+500 {
		g.t.Fatalf("open files: got %d, error %v, want %d; raise the limit with ulimit -n", files.Cur, err, n+500)
	}
	const good = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"
	served := g.dialMany(n/2, good)
	g.dialMany(n/2, "")
	for _, c := range served {
		if status, _, err := answer(c); status != http.StatusOK {
			g.t.Fatalf("a connection's good request: got status %d, error %v, want 200", status, err)
		}
	}
	g.check(func() {
		if cut(served[0], time.Now().Add(100*time.Millisecond)) {
			g.t.Error("an idle connection was ended that had sent a good request")
		}
	})
}

// churn connects and closes, without a byte between.
func churn(g *siege) {
	const atOnce, every = 5, time.Millisecond // 5,000 a second
	g.every(every, func(int) bool {
		for range atOnce {
			c := g.dial()
			if c == nil {
				return false
			}
			g.drop(c)
		}
		return true
	})
}
