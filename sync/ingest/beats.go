package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/weirstreams/weir/sync/ingest/source"
)

// beats are heartbeats: messages that go through the database's log, so that their
// return tells how far behind the streams are.
type beats struct {
	p      *Pipeline
	prefix string
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// heartbeat is the content of one.
type heartbeat struct {
	Sent time.Time `json:"sent"`
}

// beatTime bounds the sending of one heartbeat.
const beatTime = 10 * time.Second

// beat sends heartbeats until stop.
func (p *Pipeline) beat(ctx context.Context) *beats {
	b := &beats{p: p, prefix: "ds-sync-heartbeat/" + p.o.Source.Pipeline}
	ctx, b.cancel = context.WithCancel(ctx)
	if p.o.Heartbeat > 0 {
		b.done.Go(func() { b.run(ctx) })
	}
	return b
}

func (b *beats) stop() {
	b.cancel()
	b.done.Wait()
}

func (b *beats) run(ctx context.Context) {
	tick := time.NewTicker(b.p.o.Heartbeat)
	defer tick.Stop()
	var conn *pgx.Conn
	defer func() { closeConn(conn) }()
	for {
		var err error
		conn, err = b.send(ctx, conn)
		b.p.beaten(ctx, err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// notAllowed is the SQLSTATE of a function that the role may not call.
const notAllowed = "42501"

// beaten says in the log what has become of a heartbeat, if that is not well. That it is
// not allowed is said once: it stays so until somebody grants it.
func (p *Pipeline) beaten(ctx context.Context, err error) {
	server, _ := errors.AsType[*pgconn.PgError](err)
	refused := server != nil && server.Code == notAllowed
	switch {
	case err != nil && ctx.Err() != nil:
	case !refused:
		p.heartless.Store(false)
		if err != nil {
			p.o.Log.Warn().Err(err).Msg("cannot send a heartbeat; the lag is not known meanwhile")
		}
	case !p.heartless.Swap(true):
		p.o.Log.Warn().Err(err).Msg("heartbeats are not allowed, so the lag is not known: " +
			"GRANT EXECUTE ON FUNCTION pg_logical_emit_message(boolean, text, bytea) to the role")
	}
}

// send sends one heartbeat, by a connection that it makes if there is none. A
// connection that fails is given up.
func (b *beats) send(ctx context.Context, conn *pgx.Conn) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, beatTime)
	defer cancel()
	if conn == nil {
		var err error
		if conn, err = b.p.target.Direct(ctx, source.ReadWrite); err != nil {
			return nil, err
		}
	}
	content, err := json.Marshal(heartbeat{Sent: time.Now()})
	if err == nil {
		_, err = source.Emit(ctx, conn, b.prefix, content)
	}
	if err != nil {
		closeConn(conn)
		return nil, err
	}
	return conn, nil
}

func closeConn(conn *pgx.Conn) {
	if conn == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTime)
	defer cancel()
	conn.Close(ctx)
}

// arrived notes a heartbeat that has come back. One that it cannot read is somebody
// else's.
func (b *beats) arrived(content []byte) {
	var beat heartbeat
	if json.Unmarshal(content, &beat) != nil {
		return
	}
	b.p.state.change(func(s *Status) { s.Beat, s.Lag = beat.Sent, time.Since(beat.Sent) })
}
