package sink

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Remote is a Weir server that is reached over HTTP.
//
// The protocol has no field for a position or a note, so each stream has a ledger
// beside it, a small stream of its own below RemoteOptions.Prefix. An append is two
// requests. The first writes an intent into the ledger: position, note, where the
// stream ends now and how much comes. The second appends the messages. Whoever
// comes later, after any crash, compares the end of the stream with the last
// intents: it ends where one of them says the append ends, and that append was
// made, or where it began, and none was. So a process that dies between two streams
// of one transaction leaves one of them ahead of the other, and State says so of
// both, exactly. It does not depend on transactions being cut into the same batches
// again.
//
// All appends, those to ledgers too, are numbered with Producer-Seq, across the
// processes that come one after another. An answer that was lost is asked for again
// under the same number, and the server appends once. Of two instances that append
// under one number the first is served. The other is told that the number is used,
// reads what stands there, finds that it is not its own, and fails with ErrFenced.
// So an instance that wakes up late can append nothing that its successor has done
// already, and a successor that is overtaken by the last request of a predecessor
// learns of it. Producer-Epoch is the time at which the numbers of a stream began:
// when a stream was deleted and made again, requests that were meant for the one
// before are refused from its first append on. Stream-Seq is not sent: it would refuse the same requests, but cannot
// tell an append that was made from one that was not allowed, and nobody can read it.
//
// Nothing can be hidden: what is appended is seen, and State.Hidden is never true.
// An append that is too large for one request is made in parts. If it ends between
// two of them, State tells of the append before, and the same messages have to
// come again, to which the rest is then added.
type Remote struct {
	server  *server
	own     string // what the names of the streams of sinks begin with
	records string // and those of the ledgers of records
	ledgers string // and those of the ledgers of streams
	names   *names
	lanes   lanes

	// limit is how many bytes of messages go into one request, as far as is known.
	limit limit
	slots chan struct{} // one for each append under way

	ctx    context.Context // of the appends
	cancel context.CancelFunc
	work   sync.WaitGroup
}

var (
	_ Sink = (*Remote)(nil)
	_ Sink = (*Local)(nil)
)

// ErrFenced says that another instance of the same pipeline writes to the server.
// This one has to stop, or to begin again with what is stored now.
var ErrFenced = errors.New("another instance of this pipeline has written here")

// RemoteOptions say where the server is and how to talk to it.
type RemoteOptions struct {
	// URL is what the names of streams stand below, such as
	// http://127.0.0.1:4437/v1/stream.
	URL string
	// Client sends the requests, and brings TLS and proxies. Redirects are never
	// followed. Default: one that keeps a connection for each request at a time.
	Client *http.Client
	// Header is sent with every request, such as Authorization.
	Header http.Header
	// Prefix is what the names of the sink's own streams begin with. Default
	// "_sync".
	Prefix string
	// Timeout is how long one request may take. Default 30 s.
	Timeout time.Duration
	// Retries is how often a request is sent again that got no answer, or one which
	// says that the server is in trouble. Default 10, which takes half a minute;
	// below 0, never.
	Retries int
	// MaxRequestBytes is how many bytes of messages go into one request. It is
	// lowered when the server finds them too many. Default 8 MiB.
	MaxRequestBytes int
	// Pause waits before a request is sent again, or returns why ctx ended.
	// Default: by the clock.
	Pause func(ctx context.Context, d time.Duration) error
}

const (
	// parallel is how many appends are under way at a time.
	parallel = 16

	presetPrefix       = "_sync"
	presetTimeout      = 30 * time.Second
	presetRetries      = 10
	presetRequestBytes = 8 << 20
)

// NewRemote returns the server as the sink of a pipeline. Appends are made until
// ctx ends or Close is called. No request is sent yet.
func NewRemote(ctx context.Context, pipeline string, o RemoteOptions) (*Remote, error) {
	s, err := newServer(pipeline, &o)
	if err != nil {
		return nil, err
	}
	all := cmp.Or(o.Prefix, presetPrefix) + "/"
	own := all + pipeline
	r := &Remote{
		server:  s,
		own:     all,
		records: own + "/records/",
		ledgers: own + "/streams/",
		slots:   make(chan struct{}, parallel),
	}
	r.limit.lower(cmp.Or(o.MaxRequestBytes, presetRequestBytes))
	r.ctx, r.cancel = context.WithCancel(ctx)
	r.names = &names{server: s, prefix: own + "/names/"}
	return r, nil
}

// Close gives up what is under way and returns when that has ended. Appends fail
// from then on. It is called when nothing else is, and may be called again.
func (r *Remote) Close() {
	r.cancel()
	r.work.Wait()
	r.server.client.CloseIdleConnections()
}

// Hides implements Sink: the protocol has no such append.
func (r *Remote) Hides() bool { return false }

// State implements Sink. It waits for what was staged before. The sink's own streams
// are nobody's to append to: whoever may write to the database chooses names, too.
func (r *Remote) State(ctx context.Context, name string) (st State, err error) {
	if strings.HasPrefix(name, r.own) {
		return State{}, fmt.Errorf("look at %s: streams below %s are for the sink itself: %w", name, r.own, ErrForeign)
	}
	err = r.onStream(ctx, name, func(s *remoteStream) error {
		err := s.load(ctx)
		st = s.state()
		return err
	})
	return st, err
}

// Read implements Sink.
func (r *Remote) Read(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	p := &pages{server: r.server, ctx: ctx, name: name, at: from}
	if err := p.next(); err != nil {
		return nil, err
	}
	return p, nil
}

// List implements Sink.
func (r *Remote) List(ctx context.Context, prefix, after string, limit int) ([]string, error) {
	var there []string
	for len(there) < limit {
		found, err := r.names.list(ctx, prefix, after, limit)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			_, exists, err := r.server.head(ctx, name)
			if err != nil {
				return nil, err
			}
			if exists && len(there) < limit {
				there = append(there, name)
			}
			after = name
		}
		if len(found) < limit {
			break
		}
	}
	return there, nil
}

// Delete implements Sink. The ledger goes last: without its stream it means
// nothing.
func (r *Remote) Delete(ctx context.Context, name string) error {
	return r.onStream(ctx, name, func(s *remoteStream) error {
		s.loaded = false
		if err := r.server.delete(ctx, name); err != nil {
			return err
		}
		return s.ledger.delete(ctx)
	})
}

// Load implements Sink. A record is the note of the last entry of a ledger.
func (r *Remote) Load(ctx context.Context, name string) (record string, err error) {
	err = r.onRecord(ctx, name, func(l *ledger) error {
		entries, err := l.load(ctx)
		if len(entries) > 0 {
			record = string(entries[len(entries)-1].Note)
		}
		return err
	})
	return record, err
}

// Save implements Sink.
func (r *Remote) Save(ctx context.Context, name, record string) error {
	return r.onRecord(ctx, name, func(l *ledger) error {
		if !l.loaded {
			if _, err := l.load(ctx); err != nil {
				return err
			}
		}
		return l.write(ctx, entry{Note: []byte(record)}, true)
	})
}

const streamKey = "stream/"

// streamOf returns the stream that a lane is for.
func (l *lane) streamOf(r *Remote, name string) *remoteStream {
	if l.stream == nil {
		l.stream = newRemoteStream(r, name)
	}
	return l.stream
}

// onStream does something with a stream when what was begun before is done.
func (r *Remote) onStream(ctx context.Context, name string, do func(*remoteStream) error) error {
	return r.lanes.enter(streamKey+name).take(ctx, false, func(l *lane) error {
		return do(l.streamOf(r, name))
	})
}

func (r *Remote) onRecord(ctx context.Context, name string, do func(*ledger) error) error {
	return r.lanes.enter("record/"+name).take(ctx, false, func(l *lane) error {
		if l.record == nil {
			l.record = &ledger{server: r.server, name: r.records + name}
		}
		return do(l.record)
	})
}
