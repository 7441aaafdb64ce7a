package source

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

// StartSpec says which changes to receive, and how.
type StartSpec struct {
	Slot         string
	Publications []string // at least one

	// From is the first position wanted. The server moves it forward to what
	// the slot has confirmed, without saying so. It also counts as confirmed:
	// the caller has stored everything before it.
	From lsn.LSN

	// BufferBytes bounds what waits for the consumer. 0 means 64 MiB. One
	// message above the bound is still received, alone.
	BufferBytes int64

	// StatusInterval is the time between two reports. 0 means a third of
	// WalSenderTimeout, 10 s at most.
	StatusInterval time.Duration

	// WalSenderTimeout is the server's setting; 0 there means never. It decides
	// how long silence is borne: twice as long, 20 s at least.
	WalSenderTimeout time.Duration

	// Messages asks for logical messages too.
	Messages bool
}

const defaultBuffer = 64 << 20

// Start begins to stream and takes conn over: it must not be used after,
// whether Start fails or not. ctx bounds the start only. That Start succeeds
// says nothing about the publications: the server looks at them with the first
// change (an error of class 42 then comes out of [Receiver.Next]).
//
// The caller ends the Receiver by Stop or Close, also after an error.
func Start(ctx context.Context, conn *pgconn.PgConn, spec StartSpec) (*Receiver, error) {
	command, err := spec.command()
	if err == nil {
		err = conn.SyncConn(ctx)
	}
	if err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("start replication: %w", err)
	}
	raw, err := conn.Hijack()
	if err != nil {
		conn.Close(ctx)
		return nil, fmt.Errorf("start replication: %w", err)
	}
	r := newReceiver(raw.Conn, spec)
	if err := r.handshake(ctx, command); err != nil {
		raw.Conn.Close()
		return nil, fmt.Errorf("start replication on slot %s: %w", spec.Slot, err)
	}
	r.run()
	return r, nil
}

// command is the text that starts the stream.
func (s StartSpec) command() (string, error) {
	if err := checkSlotName(s.Slot); err != nil {
		return "", err
	}
	if len(s.Publications) == 0 {
		return "", errors.New("no publication given")
	}
	// A list of identifiers inside a literal: without the inner quotes the
	// server would fold the names to lower case.
	options := "proto_version '1', publication_names " + QuoteLiteral(quoteIdents(s.Publications))
	if s.Messages {
		options += ", messages 'true'"
	}
	return fmt.Sprintf("START_REPLICATION SLOT %s LOGICAL %s (%s)", QuoteIdent(s.Slot), s.From, options), nil
}

func newReceiver(conn net.Conn, spec StartSpec) *Receiver {
	budget := spec.BufferBytes
	if budget <= 0 {
		budget = defaultBuffer
	}
	queue, first := newQueue(budget)
	r := &Receiver{
		conn:    conn,
		queue:   queue,
		pace:    newPace(spec.StatusInterval, spec.WalSenderTimeout),
		done:    make(chan struct{}),
		stop:    make(chan struct{}),
		answer:  make(chan struct{}, 1),
		advance: make(chan struct{}, 1),
		in:      intake{src: conn, slab: first},
		// The server knows where it starts.
		reported: uint64(spec.From),
	}
	r.confirmed.Store(uint64(spec.From))
	return r
}

// handshake sends the command and waits until the server streams. What has
// arrived after that stays in the intake.
func (r *Receiver) handshake(ctx context.Context, command string) error {
	unhook := context.AfterFunc(ctx, func() { r.conn.SetDeadline(time.Unix(1, 0)) })
	err := r.converse(command)
	if !unhook() {
		return ctx.Err()
	}
	return err
}

func (r *Receiver) converse(command string) error {
	query, err := (&pgproto3.Query{String: command}).Encode(nil)
	if err != nil {
		return err
	}
	if _, err := r.conn.Write(query); err != nil {
		return err
	}
	for {
		msg, err := r.in.whole()
		switch {
		case err != nil:
			return err
		case msg == nil:
			if _, err := r.in.fill(); err != nil {
				return err
			}
		case msg[0] == msgCopyBoth:
			r.queue.skip(r.in.scanned)
			return nil
		case msg[0] == msgError:
			return serverError(msg[headerSize:])
		case msg[0] != msgNotice && msg[0] != msgParameter:
			return fmt.Errorf("%w: message 0x%02x instead of a stream", ErrFrame, msg[0])
		}
	}
}

// run starts the two goroutines; Stop and Close wait for them.
func (r *Receiver) run() {
	now := time.Now()
	r.heard.Store(now.UnixNano())
	r.runs.Add(2)
	go r.runReader()
	go r.runWriter()
}
