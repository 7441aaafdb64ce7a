package checks

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that a refused connection, or its first command, answers.
const (
	badAuthorization = "28000" // pg_hba.conf, or no such role
	badPassword      = "28P01"
	noPrivilege      = "42501"
	tooMany          = "53300" // connections or wal senders
	limitExceeded    = "53400" // replication slots
	protocolError    = "08P01" // a pooler that does not know replication=database
	syntaxError      = "42601" // a pooler that dropped it: IDENTIFY_SYSTEM is no SQL
	notSupported     = "0A000"
)

// Connecting says what a failed attempt to open a replication connection, or its
// first command, means. The facts of an ordinary connection fill the lists, if
// there are any. It returns E100 where no other code fits.
func Connecting(err error, t Target, f Facts) Finding {
	var server *pgconn.PgError
	if !errors.As(err, &server) {
		return Finding{
			Code: "E100",
			Text: fmt.Sprintf("Cannot connect to %s: %v.", t.address(), err),
			Then: Retry,
		}
	}
	switch server.Code {
	case badAuthorization:
		return notInHBA(t)
	case noPrivilege:
		return noReplication(t.Role)
	case protocolError, syntaxError:
		return pooled(t)
	case limitExceeded:
		return f.slotLimit()
	case tooMany:
		return f.senderLimit()
	}
	return refused(server, t)
}

// notInHBA is E103.
func notInHBA(t Target) Finding {
	from, line := "this machine", "<address of this machine>"
	if t.From.IsValid() {
		from = t.From.String()
		line = fmt.Sprintf("%s/%d", from, t.From.BitLen())
	}
	state := "no encryption"
	if t.TLS {
		state = "SSL encryption"
	}
	return Finding{
		Code: "E103",
		Text: fmt.Sprintf(`The server's pg_hba.conf has no entry that lets %[1]s connect from %[2]s with %[3]s. `+
			`Add a "host %[4]s %[5]s %[6]s scram-sha-256" line; logical replication uses the database name, not "replication".`,
			quote(t.Role), from, state, quoteIfNeeded(t.Database), quoteIfNeeded(t.Role), line),
		Then:  Retry,
		After: limitRetry,
	}
}

// refused is E100 by the classes of I-93.
func refused(err *pgconn.PgError, t Target) Finding {
	then := Retry
	for _, class := range []string{badPassword, "28", "3D", "42", notSupported, "22023"} {
		if strings.HasPrefix(err.Code, class) {
			then = Stop
		}
	}
	return Finding{
		Code: "E100",
		Text: fmt.Sprintf("%s refuses the connection of %s to %s: %s (SQLSTATE %s).",
			t.address(), quote(t.Role), quote(t.Database), strings.TrimSuffix(err.Message, "."), err.Code),
		Then: then,
	}
}
