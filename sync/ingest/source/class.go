package source

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Class is what an error asks of whoever runs the pipeline.
type Class int

const (
	// Retry: the world is in the way; connect again after a pause.
	Retry Class = iota
	// Once: something is wrong with the server; connect again once, then call
	// somebody.
	Once
	// Stop: nothing will change until somebody does something.
	Stop
)

// String is the word for logs and metric labels.
func (c Class) String() string {
	switch c {
	case Retry:
		return "retry"
	case Once:
		return "once"
	}
	return "stop"
}

// classes maps SQLSTATEs, whole or by their first two characters, to what they
// ask for. A whole code is looked up first.
var classes = map[string]Class{
	"08":    Retry, // connection
	"28":    Retry, // pg_hba.conf: an operator may be at it
	"28P01": Stop,  // password; Backoff asks for it again a few times
	"40":    Retry, // serialisation, deadlock
	"53":    Retry, // out of connections, slots, disk
	"55006": Retry, // slot in use
	"55P03": Retry, // lock not available
	"55":    Stop,  // slot lost
	"57":    Retry, // shutdown, crash, cannot connect now, cancelled
	"57P04": Stop,  // database dropped
	"25006": Retry, // read only: a fail-over is going on
	"58":    Once,  // input/output
	"XX":    Once,  // internal error, corruption
	"0A":    Stop,  // not supported
	"22":    Stop,
	"3D":    Stop, // no such database
	"3F":    Stop, // no such schema
	"42":    Stop, // no such object, no privilege
	"54":    Stop, // a row too large to be sent
}

// Classify says what an error asks for: by SQLSTATE if the server sent one,
// never by text. Errors without one are failures of the network and are
// retried, unless the cause is ours: a certificate that is not trusted, a bad
// name, a stream that is not the protocol. An unknown SQLSTATE is tried once.
func Classify(err error) Class {
	if errors.Is(err, errTableGone) {
		return Retry
	}
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return classOf(server.Code)
	}
	var untrusted *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	switch {
	case errors.As(err, &untrusted), errors.As(err, &authority), errors.As(err, &host):
		return Stop
	case errors.Is(err, ErrSlotName), errors.Is(err, ErrStopped):
		return Stop
	case errors.Is(err, ErrFrame):
		return Once
	}
	return Retry
}

func classOf(code string) Class {
	if class, ok := classes[code]; ok {
		return class
	}
	if len(code) == 5 {
		if class, ok := classes[strings.ToUpper(code[:2])]; ok {
			return class
		}
	}
	return Once
}
