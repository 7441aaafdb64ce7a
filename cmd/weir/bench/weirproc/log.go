package weirproc

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"time"
)

const (
	// keptLines are the newest lines of the log, for errors.
	keptLines = 10
	// maxLine bounds what is kept of a line, in bytes.
	maxLine = 4 << 10
)

// log takes the server's log, in JSON, and notes what it says of the ingestion. It
// may be used by several goroutines.
type log struct {
	mu        sync.Mutex // guards all below
	carry     []byte     // of a line whose end has not come
	lines     []string
	streaming time.Time
	failed    string
}

func newLog() *log { return &log{} }

// Write implements io.Writer.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.carry = append(l.carry, p...)
	for {
		line, rest, whole := bytes.Cut(l.carry, []byte{'\n'})
		if !whole {
			break
		}
		l.takeLocked(string(line[:min(len(line), maxLine)]))
		l.carry = rest
	}
	if len(l.carry) > maxLine {
		l.carry = nil
	}
	return len(p), nil
}

func (l *log) takeLocked(line string) {
	if l.lines = append(l.lines, line); len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}
	var entry struct{ Level, Message string }
	if json.Unmarshal([]byte(line), &entry) != nil {
		return
	}
	switch {
	case entry.Message == "streaming" && l.streaming.IsZero():
		l.streaming = time.Now()
	case entry.Level == "error" && l.failed == "":
		l.failed = line
	}
}

func (l *log) streamingSince() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.streaming
}

// failure is the first error that was logged, as a line, or "".
func (l *log) failure() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

func (l *log) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(append(l.lines, string(l.carry)), "\n")
}
