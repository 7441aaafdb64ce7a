package source

// What travels inside CopyData between a walsender and us. All numbers are
// big-endian; clocks count microseconds from 2000-01-01 UTC.
//
//	XLogData   'w' | start 8 | end 8 | clock 8 | message ...
//	keepalive  'k' | end 8 | clock 8 | reply 1
//	status     'r' | write 8 | flush 8 | apply 8 | clock 8 | reply 1

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/weirstreams/weir/sync/ingest/lsn"
)

const (
	xlogHeader    = 1 + 8 + 8 + 8
	keepaliveSize = 1 + 8 + 8 + 1
	statusSize    = 1 + 8 + 8 + 8 + 8 + 1

	// epochMicros is 2000-01-01 UTC in microseconds of Unix time.
	epochMicros = 946_684_800_000_000
)

// ErrFrame is what every refusal of a frame wraps: the server does not speak
// the protocol we know.
var ErrFrame = errors.New("malformed replication frame")

// Kind tells the two frames of a walsender apart.
type Kind byte

const (
	// XLog carries one message of the output plugin.
	XLog Kind = 'w'
	// Keepalive carries none; it says how far the server's log reaches.
	Keepalive Kind = 'k'
)

// Frame is what a walsender sent.
type Frame struct {
	Kind Kind
	// Start of an XLog frame is the position of the message, zero for messages
	// that describe a relation or a type. A Keepalive has none.
	Start lsn.LSN
	// End of a Keepalive is the end of the log that the server has processed:
	// nothing before it is still to come, once all earlier frames are handled.
	// In an XLog frame it equals Start on every supported server.
	End  lsn.LSN
	Sent time.Time // the server's clock, microseconds
	// Data is the encoded message of an XLog frame. A frame of [Receiver.Next]
	// lends it until the next call.
	Data []byte
	// ReplyRequested was the server's wish in a Keepalive; the Receiver has
	// already answered it.
	ReplyRequested bool
}

// ParseFrame reads the payload of one CopyData message. Data of the frame is
// part of payload, not a copy.
func ParseFrame(payload []byte) (Frame, error) {
	if len(payload) == 0 {
		return Frame{}, fmt.Errorf("%w: empty", ErrFrame)
	}
	kind := Kind(payload[0])
	switch {
	case kind == XLog && len(payload) >= xlogHeader:
		return Frame{
			Kind:  XLog,
			Start: position(payload[1:]),
			End:   position(payload[9:]),
			Sent:  clock(payload[17:]),
			Data:  payload[xlogHeader:],
		}, nil
	case kind == Keepalive && len(payload) == keepaliveSize:
		return Frame{
			Kind:           Keepalive,
			End:            position(payload[1:]),
			Sent:           clock(payload[9:]),
			ReplyRequested: payload[17] != 0,
		}, nil
	}
	return Frame{}, fmt.Errorf("%w: kind 0x%02x of %d bytes", ErrFrame, payload[0], len(payload))
}

// Status is a report of our progress. Only Flush lets the server forget.
type Status struct {
	Write lsn.LSN // received
	Flush lsn.LSN // confirmed; zero leaves the slot where it is
	Apply lsn.LSN // confirmed
	Clock time.Time
	Reply bool // ask for a keepalive at once
}

// AppendStatus appends the payload of a status update to b.
func AppendStatus(b []byte, s Status) []byte {
	b = append(b, 'r')
	b = binary.BigEndian.AppendUint64(b, uint64(s.Write))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Flush))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Apply))
	b = binary.BigEndian.AppendUint64(b, uint64(s.Clock.UnixMicro()-epochMicros))
	if s.Reply {
		return append(b, 1)
	}
	return append(b, 0)
}

func position(b []byte) lsn.LSN { return lsn.LSN(binary.BigEndian.Uint64(b)) }

func clock(b []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(b)) + epochMicros)
}
