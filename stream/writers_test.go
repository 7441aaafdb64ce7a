package stream_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/memstore"
	"github.com/weirstreams/weir/stream"
)

// onEveryTier runs a test on memory and on files that are checkpointed all the
// time.
func onEveryTier(t *testing.T, f func(t *testing.T, e *stream.Engine)) {
	for name, open := range map[string]func(t *testing.T) store.Store{
		"memory": func(*testing.T) store.Store { return memstore.New(nil) },
		"files":  func(t *testing.T) store.Store { return openFiles(t, t.TempDir()) },
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t)
			e := stream.New(st, &stream.Options{PageBytes: 333})
			f(t, e)
			e.Close()
			if err := st.Close(); err != nil {
				t.Errorf("close store: %v", err)
			}
		})
	}
}

// entry is what writer w appends as its nth; all entries are equally long.
func entry(w, n int) string { return fmt.Sprintf("%04d:%04d;", w, n) }

const entryLen = 10

// checkEntries proves that every writer's entries are all there, once and in
// order.
func checkEntries(t *testing.T, name, all string, writers, each int) {
	t.Helper()
	if len(all) != writers*each*entryLen {
		t.Errorf("%s: got %d bytes, want %d", name, len(all), writers*each*entryLen)
	}
	next := make(map[string]int)
	for e := range strings.SplitAfterSeq(all, ";") {
		if e == "" {
			continue
		}
		w := e[:4]
		var n int
		if _, err := fmt.Sscanf(e[5:9], "%d", &n); err != nil || n != next[w] {
			t.Fatalf("%s: got entry %q of writer %s, want its number %d", name, e, w, next[w])
		}
		next[w]++
	}
	if len(next) != writers {
		t.Errorf("%s: got entries of %d writers, want %d", name, len(next), writers)
	}
}

func TestManyWritersOneStream(t *testing.T) {
	const writers, each = 200, 15
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		create(t, e, plain("s", text))
		var wrote sync.WaitGroup
		tails := make([][]stream.Offset, writers)
		for w := range writers {
			wrote.Go(func() {
				for n := range each {
					r := say(entry(w, n))
					r.Producer = &store.ProducerAppend{ID: entry(w, 0), Seq: int64(n)}
					res, err := e.Append(r)
					if err != nil || res.Duplicate {
						t.Errorf("append: got %+v, %v, want a new one", res, err)
					}
					tails[w] = append(tails[w], res.Tail)
				}
			})
		}
		stop := watchPrefixes(t, e, "s", 4)
		wrote.Wait()
		closeStream(t, e, "s")
		all := contents(t, e, "s", 0)
		checkEntries(t, "s", all, writers, each)
		for w := range tails {
			for n, tail := range tails[w] {
				if got := all[tail-entryLen : tail]; got != entry(w, n) {
					t.Fatalf("bytes before the offset answered to %s: got %q", entry(w, n), got)
				}
			}
		}
		for _, seen := range stop() {
			if seen != all {
				t.Errorf("a live reader saw %d bytes that are not the whole of %d", len(seen), len(all))
			}
		}
	})
}

// watchPrefixes follows a stream with live readers to its end, and checks that
// catch-up reads meanwhile see a prefix of what they see later. What it returns
// waits for the readers and returns what each live one saw.
func watchPrefixes(t *testing.T, e *stream.Engine, name string, readers int) func() []string {
	var followed, caught sync.WaitGroup
	seen := make([]string, readers)
	done := make(chan struct{})
	for i := range readers {
		followed.Go(func() { seen[i] = follow(t, e, name) })
		caught.Go(func() {
			for last := ""; ; {
				now := contents(t, e, name, 0)
				if !strings.HasPrefix(now, last) || len(now)%entryLen != 0 {
					t.Errorf("catch-up read of %d bytes: got no prefix of the one of %d before", len(now), len(last))
				}
				last = now
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	return func() []string {
		followed.Wait()
		close(done)
		caught.Wait()
		return seen
	}
}

// follow reads a stream live until its end.
func follow(t *testing.T, e *stream.Engine, name string) string {
	r, err := e.Read(name, 0, true)
	if err != nil {
		t.Errorf("read %s: %v", name, err)
		return ""
	}
	defer r.Close()
	var all strings.Builder
	for {
		changed := r.Changed()
		p, err := r.Peek()
		if err == nil {
			err = r.Take(p)
		}
		if err != nil {
			t.Errorf("follow %s at %s: %v", name, r.Pos(), err)
			return all.String()
		}
		all.WriteString(pageBytes(t, p.Pieces))
		p.Close()
		r.Skip(p)
		if p.EOF {
			return all.String()
		}
		if p.UpToDate {
			<-changed
		}
	}
}

func TestManyWritersManyStreams(t *testing.T) {
	const streams, writers, each = 1000, 4, 2
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		var wrote sync.WaitGroup
		for w := range writers {
			wrote.Go(func() {
				for n := range each {
					for s := range streams {
						name := fmt.Sprint("s", s)
						if _, _, err := e.Create(plain(name, text)); err != nil {
							t.Errorf("create %s: %v", name, err)
						}
						if _, err := e.Append(&stream.AppendRequest{Name: name, Body: []byte(entry(w, n)), ContentType: text}); err != nil {
							t.Errorf("append to %s: %v", name, err)
						}
					}
				}
			})
		}
		wrote.Wait()
		for s := range streams {
			name := fmt.Sprint("s", s)
			checkEntries(t, name, contents(t, e, name, 0), writers, each)
		}
	})
}

// TestOneCreationWins: of many that create a stream at once, one did.
func TestOneCreationWins(t *testing.T) {
	onEveryTier(t, func(t *testing.T, e *stream.Engine) {
		for round := range 20 {
			name := fmt.Sprint("s", round)
			var all sync.WaitGroup
			var mu sync.Mutex
			winners := 0
			for range 16 {
				all.Go(func() {
					_, created, err := e.Create(plain(name, text))
					if err != nil {
						t.Errorf("create: got %v, want none", err)
					}
					mu.Lock()
					defer mu.Unlock()
					if created {
						winners++
					}
				})
			}
			all.Wait()
			if winners != 1 {
				t.Errorf("round %d: got %d that created the stream, want 1", round, winners)
			}
		}
	})
}
