package weirtest

import (
	"strings"
	"sync"
)

// maxLog bounds the log that is kept; the newest part stays.
const maxLog = 256 << 10

// logBuffer collects the output of one server over all its restarts.
type logBuffer struct {
	mu   sync.Mutex
	text []byte // guarded by mu
}

// Write implements io.Writer and never fails.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	if len(b.text) > 2*maxLog {
		b.text = append([]byte(nil), b.text[len(b.text)-maxLog:]...)
	}
	return len(p), nil
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

func (b *logBuffer) contains(s string) bool {
	return strings.Contains(b.String(), s)
}
