package httpapi_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/store/filestore"
	"github.com/weirstreams/weir/stream"
	"github.com/weirstreams/weir/stream/httpapi"
)

// logged is a log that a test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns the lines that have a word in them.
func (l *logged) lines(word string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, word) {
			found = append(found, line)
		}
	}
	return found
}

// flipped is a server that was opened on files in each of which one byte is not as
// it was written. Of the text "good bad " the second append is the bad one.
func flipped(t *testing.T) (*server, *logged) {
	dir := t.TempDir()
	fill := func(write func(s *server)) {
		st, err := filestore.Open(dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("write", func(t *testing.T) { write(serveStore(t, st, nil, httpapi.Options{})) })
	}
	fill(func(s *server) {
		s.must(201, "PUT", "text", "good ", asText)
		s.must(201, "PUT", "json", `[1,2,3]`, asJSON)
	})
	// Another extent of the same file.
	fill(func(s *server) { s.must(204, "POST", "text", "bad ", asText) })
	files, err := filepath.Glob(filepath.Join(dir, "file/data/*/*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("data files: got %q and error %v, want 2", files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b[len(b)-2] ^= 4
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fill(func(s *server) { s.must(201, "PUT", "whole", "well", asText) })
	st, err := filestore.Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	logger := zerolog.New(log)
	return serveStore(t, st, &stream.Options{Log: &logger}, httpapi.Options{Log: &logger}), log
}

// TestDamagedBytesAreNotServed: a read of them is a problem, in every way of
// reading, and everything else goes on.
func TestDamagedBytesAreNotServed(t *testing.T) {
	s, log := flipped(t)
	for range 2 {
		for _, path := range []string{
			"text", "text?offset=" + offset(5), "text?offset=" + offset(7), "text?offset=-1&live=long-poll",
			"text?offset=-1&live=sse", "json", "json?offset=" + offset(2) + "&live=sse",
		} {
			a := s.do("GET", path, "")
			wantProblem(t, a, 500, "stream-damaged")
			if strings.Contains(a.body, "file/data") {
				t.Errorf("GET %s: got %s, want no path in it", path, a.body)
			}
			wantHeaders(t, a, map[string]string{"ETag": "", "Cache-Control": "no-store"})
		}
	}
	s.must(204, "POST", "text", "fresh", asText)
	for path, want := range map[string]string{
		"text?offset=" + offset(9): "fresh", "text?offset=now": "", "whole": "well",
	} {
		if a := s.must(200, "GET", path, ""); a.body != want {
			t.Errorf("GET %s: got %q, want %q", path, a.body, want)
		}
	}
	s.must(200, "HEAD", "text", "")
	s.must(204, "DELETE", "json", "")
	s.must(201, "PUT", "json", `["again"]`, asJSON)

	told := log.lines("damaged")
	if len(told) != 2 {
		t.Errorf("log: got %d lines about damage, want one for each place:\n%s", len(told), strings.Join(told, ""))
	}
	for _, line := range told {
		for _, want := range []string{`"level":"error"`, `"file":"file/data/`, `"offset":`, `"stream":"`, `"reason":"the checksum does not match"`, "backup"} {
			if !strings.Contains(line, want) {
				t.Errorf("log: got %s, want %s in it", line, want)
			}
		}
	}
}

// TestForkOfDamagedBytes needs the bytes of its source to find the fork point.
func TestForkOfDamagedBytes(t *testing.T) {
	s, _ := flipped(t)
	a := s.do("PUT", "fork", "", asJSON, "Stream-Forked-From: /v1/stream/json", "Stream-Fork-Offset: "+offset(2))
	wantProblem(t, a, 500, "stream-damaged")
	if a := s.do("GET", "fork", ""); a.StatusCode != 404 {
		t.Errorf("GET of the fork: got %d, want 404", a.StatusCode)
	}
}
