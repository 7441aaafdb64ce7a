package sink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/weirstreams/weir/stream/jsontext"
)

// A ledger is a list of entries of which only the last ones count. It is kept in two
// streams, name/a and name/b, of which one is current:
//
//	{"epoch":E,"entries":N}   how many of the entries were there from the beginning
//	{"pos":...}               an entry
//	...
//	{"moved":E}               the other one, of that epoch, is current if it is there
//
// The epoch is also the Producer-Epoch of appends. When the current one has grown
// enough, it says where the ledger goes on. Then the other one, which is old, is
// deleted and created again, with all that still counts in the same request. So at
// each moment one of them is whole, and an entry behind "moved" takes it back.
//
// To delete cannot be fenced as appends are. If the server is late to carry that out,
// by as much as it takes to come round to the same stream again, entries are gone.
// What stands in the streams themselves does not match then, which is an error and
// never a second copy of an event.
//
// Whoever uses a ledger does so alone.
type ledger struct {
	server *server
	name   string

	loaded  bool
	current string // "a", "b" or "" before the first entry
	at      link   // where the next entry goes
	newest  int64  // the highest epoch that was ever meant to be used
}

// ledgerBytes is how large a ledger's stream may get before the other one is used.
const ledgerBytes = 64 << 10

// heading is the first message of a ledger's stream.
type heading struct {
	Epoch   int64 `json:"epoch"`
	Entries int64 `json:"entries"`
}

// entry is what a ledger says of a stream after an append. In those of records
// there is only a note.
type entry struct {
	Position string `json:"pos,omitempty"`
	Note     []byte `json:"note,omitempty"`
	Moved    int64  `json:"moved,omitempty"` // and nothing else

	// Of is the epoch of the ledger's stream that it is for. A late request may have
	// put it into one that was created anew meanwhile: there it does not count.
	Of int64 `json:"of"`

	// Epoch and Seq are those of the append, Before is where the stream ended, Bytes
	// how much comes and Sum its checksum. Without Bytes nothing is appended, and
	// Seq is that of the next append.
	Epoch  int64  `json:"epoch,omitempty"`
	Seq    int64  `json:"seq,omitempty"`
	Before int64  `json:"before,omitempty"`
	Bytes  int64  `json:"bytes,omitempty"`
	Sum    string `json:"sum,omitempty"`

	// Torn says that what stands from Base on is the beginning of an append of which
	// the rest is to come. Position and Note are those before it.
	Torn bool  `json:"torn,omitempty"`
	Base int64 `json:"base,omitempty"`
}

// newEpoch is the epoch of a chain of appends that begins now, after one of the
// epoch last under the same name.
func newEpoch(last int64) int64 { return max(last+1, time.Now().UnixMilli()) }

// half is what one of the two streams holds.
type half struct {
	name string
	heading
	entries []entry
	size    int64
}

// load reads the entries, the last one last. There may be older ones that do not
// count any more.
func (l *ledger) load(ctx context.Context) ([]entry, error) {
	a, err := l.loadHalf(ctx, "a")
	if err != nil {
		return nil, err
	}
	b, err := l.loadHalf(ctx, "b")
	if err != nil {
		return nil, err
	}
	older, newer := a, b
	if a.Epoch > b.Epoch {
		older, newer = b, a
	}
	if older.Epoch > 0 && older.moved() != newer.Epoch && !newer.used() {
		newer = older // somebody meant to move on, and was too late
	}
	l.loaded, l.current = true, newer.name
	l.at = link{epoch: newer.Epoch, seq: int64(len(newer.entries)) - newer.Entries, before: newer.size}
	l.newest = max(l.newest, a.Epoch, b.Epoch)
	for _, e := range newer.entries {
		l.newest = max(l.newest, e.Moved)
	}
	return slices.DeleteFunc(newer.entries, func(e entry) bool { return e.Moved > 0 }), nil
}

// moved returns the epoch at which the ledger goes on in the other stream, or 0.
func (h *half) moved() int64 {
	if len(h.entries) == 0 {
		return 0
	}
	return h.entries[len(h.entries)-1].Moved
}

// used reports whether something was added after the stream was created, which
// happens to the current one alone.
func (h *half) used() bool { return int64(len(h.entries)) > h.Entries }

// loadHalf reads one of the two streams. One that is not there gives the zero half.
func (l *ledger) loadHalf(ctx context.Context, name string) (half, error) {
	p := &pages{server: l.server, ctx: ctx, name: l.name + "/" + name}
	b, err := io.ReadAll(p)
	if errors.Is(err, errNoStream) {
		return half{}, nil
	}
	if err != nil {
		return half{}, err
	}
	h, err := parseHalf(b)
	h.name, h.size = name, int64(len(b))
	return h, wrap("read", p.name, err)
}

// parseHalf reads what one of the two streams holds.
func parseHalf(b []byte) (half, error) {
	h := half{}
	for first := true; len(b) > 0; first = false {
		n := jsontext.Next(b)
		if n == 0 {
			return half{}, ErrForeign
		}
		var e entry
		into := any(&e)
		if first {
			into = &h.heading
		}
		if err := json.Unmarshal(b[:n-1], into); err != nil {
			return half{}, fmt.Errorf("%w (%w)", ErrForeign, err)
		}
		if !first && e.Of == h.Epoch {
			h.entries = append(h.entries, e)
		}
		b = b[n:]
	}
	if h.Epoch <= 0 || h.Entries < 0 || h.Entries > int64(len(h.entries)) {
		return half{}, ErrForeign
	}
	return h, nil
}

// write adds an entry. If drop says so, others than those given with it may be
// dropped.
func (l *ledger) write(ctx context.Context, e entry, drop bool, count ...entry) error {
	e.Of = l.at.epoch
	line, err := lines(e)
	if err != nil {
		return err
	}
	switch {
	case l.current == "":
		return l.begin(ctx, "a", newEpoch(l.newest), e)
	case drop && l.at.before+int64(len(line)) > ledgerBytes:
		return l.move(ctx, append(count, e))
	}
	return l.add(ctx, line)
}

// add appends to the current stream.
func (l *ledger) add(ctx context.Context, line []byte) (err error) {
	if l.at.before, err = l.server.post(ctx, l.name+"/"+l.current, l.at, line); err == nil {
		l.at.seq++
	}
	return err
}

// move goes on in the other stream, with these entries.
func (l *ledger) move(ctx context.Context, entries []entry) error {
	other := map[string]string{"a": "b", "b": "a"}[l.current]
	epoch := newEpoch(l.newest)
	line, err := lines(entry{Moved: epoch, Of: l.at.epoch})
	if err != nil {
		return err
	}
	// Whoever is not up to date gets no further than this.
	if err := l.add(ctx, line); err != nil {
		return err
	}
	if err := l.server.delete(ctx, l.name+"/"+other); err != nil {
		return err
	}
	return l.begin(ctx, other, epoch, entries...)
}

// begin makes one of the two streams, which becomes the current one.
func (l *ledger) begin(ctx context.Context, half string, epoch int64, entries ...entry) error {
	all, err := lines(heading{Epoch: epoch, Entries: int64(len(entries))})
	if err != nil {
		return err
	}
	for _, e := range entries {
		e.Of = epoch
		line, err := lines(e)
		if err != nil {
			return err
		}
		all = append(all, line...)
	}
	size, err := l.server.create(ctx, l.name+"/"+half, all)
	if err == nil {
		l.loaded, l.current, l.newest = true, half, epoch
		l.at = link{epoch: epoch, before: size}
	}
	return err
}

// delete removes the ledger.
func (l *ledger) delete(ctx context.Context) error {
	*l = ledger{server: l.server, name: l.name, newest: l.newest}
	return errors.Join(l.server.delete(ctx, l.name+"/a"), l.server.delete(ctx, l.name+"/b"))
}

// lines is a value as a message.
func lines(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode an entry: %w", err)
	}
	return append(b, ','), nil
}
