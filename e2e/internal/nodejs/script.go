package nodejs

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Bounds for one script: the longest line it may print, in bytes, and the
// events that wait for the test to ask for them.
const (
	maxLine   = 4 << 20
	maxEvents = 1 << 16
)

// Event is one line a script has printed.
type Event struct {
	// Name says what happened.
	Name string
	// Line is the whole JSON object.
	Line []byte
}

// Decode reads the event's fields into v and fails the test if it cannot.
func (e Event) Decode(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(e.Line, v); err != nil {
		t.Fatalf("event %s: %v", e.Line, err)
	}
}

// Script is a running script. Its methods must be called from the test's
// goroutine.
type Script struct {
	t      testing.TB
	name   string
	events chan Event
	stderr bytes.Buffer  // complete once done is closed
	end    string        // how the process ended; complete once done is closed
	done   chan struct{} // closed after the process has ended
}

// Start runs js/<name> below dir with config as its argument.
func Start(t testing.TB, dir, name string, config any) *Script {
	t.Helper()
	argument, err := json.Marshal(config)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Script{
		t:      t,
		name:   name,
		events: make(chan Event, maxEvents),
		done:   make(chan struct{}),
	}
	cmd := exec.CommandContext(ctx, "node", filepath.Join("js", name), string(argument))
	cmd.Dir = dir
	cmd.Stderr = &s.stderr
	cmd.WaitDelay = time.Second
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		defer close(s.done)
		s.collect(bufio.NewScanner(stdout))
		_ = cmd.Wait()
		s.end = cmd.ProcessState.String()
	}()
	t.Cleanup(func() {
		cancel()
		<-s.done
	})
	return s
}

// collect turns lines into events; lines that are none, such as warnings of a
// library, are left out.
func (s *Script) collect(lines *bufio.Scanner) {
	defer close(s.events)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var head struct{ Event string }
		line := bytes.Clone(lines.Bytes())
		if json.Unmarshal(line, &head) != nil || head.Event == "" {
			continue
		}
		select {
		case s.events <- Event{Name: head.Event, Line: line}:
		default:
			// Nobody is listening; the test will miss the event and say so.
		}
	}
}

// Await returns the next event with the given name and drops those before it.
// It fails the test if the script ends first, or after patience.
func (s *Script) Await(name string, patience time.Duration) Event {
	s.t.Helper()
	return s.AwaitFunc(name, patience, func(Event) bool { return true })
}

// AwaitFunc is Await for the first event that fits.
func (s *Script) AwaitFunc(name string, patience time.Duration, fits func(Event) bool) Event {
	s.t.Helper()
	timeout := time.After(patience)
	for {
		select {
		case event, ok := <-s.events:
			if !ok {
				<-s.done
				s.t.Fatalf("%s ended (%s) before event %q; it said:\n%s", s.name, s.end, name, &s.stderr)
			}
			if event.Name == name && fits(event) {
				return event
			}
		case <-timeout:
			s.t.Fatalf("%s: no event %q within %s", s.name, name, patience)
		}
	}
}
