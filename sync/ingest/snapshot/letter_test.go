package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// letters are the keys of the dead letters, of rows with errors that have a part.
func (w *world) letters(part string) map[string]int {
	w.t.Helper()
	body, err := w.sink.Read(context.Background(), "dead", 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []struct {
		Table, Key, Error string
		Snapshot          bool
	}
	if err := json.Unmarshal([]byte("["+strings.TrimSuffix(string(text), ",")+"]"), &all); err != nil {
		w.t.Fatalf("dead letters: %v\n%s", err, text)
	}
	keys := make(map[string]int)
	for _, l := range all {
		if !l.Snapshot || !strings.Contains(l.Error, part) {
			w.t.Errorf("got the letter %+v, want one of a copy that says %q", l, part)
		}
		keys[l.Table+" "+l.Key]++
	}
	return keys
}

// Rows that cannot become events have a dead letter each, once, whichever write of the
// copy is the last one of a process, and the others are copied.
func TestLetters(t *testing.T) {
	for _, way := range []string{"consistent", "incremental"} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", way, done), func(t *testing.T) { lettersEverywhere(t, way == "consistent", done) })
		}
	}
}

func lettersEverywhere(t *testing.T, consistent, done bool) {
	w := newWorld(t, postgres.Server(t), "",
		`CREATE TABLE many (id int PRIMARY KEY, text text);
		 INSERT INTO many SELECT n, repeat('x', CASE WHEN n % 10 = 0 OR n BETWEEN 21 AND 40 THEN 500 ELSE 10 END) FROM generate_series(1, 60) n`,
		`CREATE TABLE bad (id int PRIMARY KEY, text text); INSERT INTO bad SELECT n, repeat('y', 500) FROM generate_series(1, 5) n`)
	w.o.Workers, w.o.ChunkRows, w.o.MaxRowBytes = 2, 10, 400
	w.o.BadRow, w.o.DeadLetters = func(string, []byte, error) error { return nil }, "dead"
	for n := 1; ; n += 8 {
		w.fresh()
		w.sink.breakAt(n, done)
		failed := errors.Is(w.attempt(consistent), errShaky)
		w.sink.breakAt(0, false)
		s := w.resume()
		if err := s.quiet(); err != nil {
			t.Fatalf("after a failure at write %d: %v", n, err)
		}
		s.stop()
		want := 4 + 20 + 5
		got := w.letters("an event of 5")
		for key, times := range got {
			if times != 1 {
				t.Fatalf("after a failure at write %d: got %d letters of %s, want one", n, times, key)
			}
		}
		if len(got) != want {
			t.Fatalf("after a failure at write %d: got letters of %v, want %d", n, got, want)
		}
		if rows := w.fold("many"); len(rows) != 60-24 {
			t.Fatalf("after a failure at write %d: got %d rows, want %d", n, len(rows), 60-24)
		}
		if !failed {
			return
		}
	}
}
