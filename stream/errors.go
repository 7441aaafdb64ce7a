package stream

import (
	"errors"
	"fmt"

	"github.com/weirstreams/weir/store"
)

// Code says what kind of refusal an Error is. Codes are stable: they are part of
// what a client sees.
type Code string

// The codes, by what the client has to change.
const (
	CodeInvalidOffset   Code = "invalid-offset"        // not an offset of this stream
	CodeInvalidBody     Code = "invalid-body"          // empty, or not the JSON that the stream needs
	CodeInvalidProducer Code = "invalid-producer"      // a new epoch that does not begin at 0
	CodeInvalidFork     Code = "invalid-fork"          // the fork point is not in the source
	CodeInvalidType     Code = "invalid-content-type"  // missing, or not a media type
	CodeNotFound        Code = "not-found"             // no such stream
	CodeSourceNotFound  Code = "fork-source-not-found" // the stream to fork does not exist
	CodeGone            Code = "gone"                  // deleted, kept only for its forks
	CodeExists          Code = "exists"                // the name is taken by another configuration
	CodeSourceGone      Code = "fork-source-gone"      // the stream to fork is deleted
	CodeClosed          Code = "closed"                // the stream takes no more appends
	CodeTypeMismatch    Code = "content-type-mismatch" // the append's type is not the stream's
	CodeSeqRegression   Code = "sequence-regression"   // Stream-Seq did not increase
	CodeProducerGap     Code = "producer-gap"          // an earlier append of the producer is missing
	CodeStaleEpoch      Code = "stale-epoch"           // another instance of the producer took over
	CodeOwned           Code = "stream-owned"          // the stream belongs to one writer, and not to this
	CodeStreamFull      Code = "stream-too-large"      // the stream has reached its size limit
	CodeTooManyStreams  Code = "too-many-streams"      // the server has reached its count limit
	CodeNoSpace         Code = "insufficient-storage"  // memory budget or disk is full
	CodeReadOnly        Code = "storage-read-only"     // the tier stopped taking changes
	CodeUnavailable     Code = "unavailable"           // the server is shutting down
	CodeDamaged         Code = "stream-damaged"        // stored bytes are not what was written
)

// codes are all the codes, for those who count them.
var codes = []Code{
	CodeInvalidOffset, CodeInvalidBody, CodeInvalidProducer, CodeInvalidFork, CodeInvalidType,
	CodeNotFound, CodeSourceNotFound, CodeGone, CodeExists, CodeSourceGone, CodeClosed,
	CodeTypeMismatch, CodeSeqRegression, CodeProducerGap, CodeStaleEpoch, CodeOwned, CodeStreamFull,
	CodeTooManyStreams, CodeNoSpace, CodeReadOnly, CodeUnavailable, CodeDamaged,
}

// Error is a refusal with the facts that its answer must carry.
type Error struct {
	Code   Code
	Detail string // for people: what was wrong and what to change

	// Tail is the final offset when Code is CodeClosed.
	Tail Offset
	// Epoch is the producer's current epoch when Code is CodeStaleEpoch.
	Epoch int64
	// ExpectedSeq and ReceivedSeq are set when Code is CodeProducerGap.
	ExpectedSeq, ReceivedSeq int64
}

func (e *Error) Error() string { return string(e.Code) + ": " + e.Detail }

func refuse(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

// fromStore turns what a tier reports into a refusal where it is one that a
// client can act upon, and leaves any other error alone.
func fromStore(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrNotFound):
		return refuse(CodeNotFound, "no stream has this name; create it with PUT")
	case errors.Is(err, store.ErrNoSpace):
		return refuse(CodeNoSpace, "the server has no room for more stream data; delete streams or raise its limit")
	case errors.Is(err, store.ErrReadOnly):
		return refuse(CodeReadOnly, "the storage has stopped taking changes after a failure; reads go on")
	case errors.Is(err, store.ErrAborted):
		return refuse(CodeUnavailable, "an earlier append to this stream failed while this one was waiting; try again")
	case errors.Is(err, store.ErrNotWritten):
		return refuse(CodeUnavailable, "the change could not be written; try again")
	case errors.Is(err, store.ErrClosed):
		return refuse(CodeUnavailable, "the server is shutting down; try again")
	case isDamage(err):
		return refuse(CodeDamaged, "a part of this stream cannot be read because its stored bytes are damaged; "+
			"the rest of it can, and the server's operator can restore it from a backup")
	default:
		return err
	}
}
