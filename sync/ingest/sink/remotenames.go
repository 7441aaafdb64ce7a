package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/weirstreams/weir/stream/jsontext"
)

// names is the list of all streams that were ever made, since the protocol has no
// way to list them. It is kept in streams of strings, prefix/0, prefix/1 and so on,
// each begun when the one before is large. A name may be there several times, and
// when its stream is deleted. So it does not matter who adds what, how often.
//
// It may be used from many goroutines.
type names struct {
	server *server
	prefix string

	mu   sync.Mutex // guards open
	open *round     // the names that are added next

	writing sync.Mutex // held while names are added; guards known, part
	known   bool
	part    int // the last of the streams
}

// namesBytes is how large one of the streams may get before the next one is used.
const namesBytes = 1 << 20

// round is names that are added with one request.
type round struct {
	lines []byte
	done  bool // guarded by names.writing, as err is
	err   error
}

// add adds a name, together with those that others add meanwhile.
func (ns *names) add(ctx context.Context, name string) error {
	line, err := lines(name)
	if err != nil {
		return err
	}
	ns.mu.Lock()
	if ns.open == nil {
		ns.open = &round{}
	}
	rd := ns.open
	rd.lines = append(rd.lines, line...)
	ns.mu.Unlock()

	ns.writing.Lock()
	defer ns.writing.Unlock()
	if !rd.done {
		ns.mu.Lock()
		ns.open = nil
		ns.mu.Unlock()
		rd.done, rd.err = true, ns.write(ctx, rd.lines)
	}
	return rd.err
}

func (ns *names) stream(part int) string { return ns.prefix + strconv.Itoa(part) }

// write appends to the last of the streams.
func (ns *names) write(ctx context.Context, messages []byte) error {
	if !ns.known {
		if err := ns.find(ctx); err != nil {
			return err
		}
	}
	tail, exists, err := ns.server.head(ctx, ns.stream(ns.part))
	if err != nil {
		return err
	}
	if exists && tail > namesBytes {
		ns.part++
		exists = false
	}
	q := &request{method: http.MethodPost, name: ns.stream(ns.part), body: asArray(messages)}
	if !exists {
		q.method = http.MethodPut
	}
	rep, err := ns.server.ask(ctx, q)
	if err == nil && q.method == http.MethodPut && rep.status == http.StatusOK {
		// Somebody else has made it, or an attempt whose answer was lost.
		q.method = http.MethodPost
		rep, err = ns.server.ask(ctx, q)
	}
	if err == nil && rep.status >= http.StatusMultipleChoices {
		err = rep.refusal()
	}
	return wrap("add to", q.name, err)
}

// find looks for the last of the streams.
func (ns *names) find(ctx context.Context) error {
	for {
		_, exists, err := ns.server.head(ctx, ns.stream(ns.part+1))
		if err != nil {
			return err
		}
		if !exists {
			ns.known = true
			return nil
		}
		ns.part++
	}
}

// list returns up to limit names that begin with prefix and come after the name
// after, in ascending order of bytes.
func (ns *names) list(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	var found []string
	for part := 0; ; part++ {
		b, err := io.ReadAll(&pages{server: ns.server, ctx: ctx, name: ns.stream(part)})
		if errors.Is(err, errNoStream) {
			return lowest(found, limit), nil
		}
		if err != nil {
			return nil, err
		}
		for n := 0; len(b) > 0; b = b[n:] {
			if n = jsontext.Next(b); n == 0 {
				return nil, fmt.Errorf("read %s: %w", ns.stream(part), ErrForeign)
			}
			var name string
			if err := json.Unmarshal(b[:n-1], &name); err != nil {
				return nil, fmt.Errorf("read %s: %w (%w)", ns.stream(part), ErrForeign, err)
			}
			if name > after && strings.HasPrefix(name, prefix) {
				found = append(found, name)
			}
			if len(found) > 2*limit+1000 {
				found = lowest(found, limit)
			}
		}
	}
}

// lowest returns the first names in order, each once.
func lowest(found []string, limit int) []string {
	slices.Sort(found)
	found = slices.Compact(found)
	return found[:min(len(found), limit)]
}
