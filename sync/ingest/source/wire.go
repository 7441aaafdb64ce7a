package source

// Messages of the Postgres protocol around the frames, big-endian; the length
// counts itself and the body but not the type.
//
//	type 1 | length 4 | body ...

import (
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

const (
	headerSize = 5

	// maxMessage bounds one message, in bytes. Postgres itself makes none above
	// 1 GiB; a longer one means that we have lost the thread.
	maxMessage = 1<<30 + 1<<16
)

// Types of the messages that the server sends while it streams.
const (
	msgCopyBoth        = 'W'
	msgCopyData        = 'd'
	msgCopyDone        = 'c'
	msgCommandComplete = 'C'
	msgError           = 'E'
	msgNotice          = 'N'
	msgParameter       = 'S'
)

// messageSize returns the size of the message that b begins with, header
// included, or 0 if b is too short to tell.
func messageSize(b []byte) (int, error) {
	if len(b) < headerSize {
		return 0, nil
	}
	length := binary.BigEndian.Uint32(b[1:])
	if length < 4 || length > maxMessage {
		return 0, fmt.Errorf("%w: message 0x%02x of length %d", ErrFrame, b[0], length)
	}
	return 1 + int(length), nil
}

// appendCopyData appends a CopyData message with room for a payload of n
// bytes, which the caller appends next.
func appendCopyData(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(b, msgCopyData), uint32(4+n))
}

// appendCopyDone appends the message that ends our side of the copy.
func appendCopyDone(b []byte) []byte {
	return append(b, msgCopyDone, 0, 0, 0, 4)
}

// serverError decodes the body of an ErrorResponse.
func serverError(body []byte) error {
	var msg pgproto3.ErrorResponse
	if err := msg.Decode(body); err != nil {
		return fmt.Errorf("%w: error response: %w", ErrFrame, err)
	}
	return pgconn.ErrorResponseToPgError(&msg)
}
