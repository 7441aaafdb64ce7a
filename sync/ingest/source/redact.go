package source

import (
	"errors"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// hidden stands where a secret was.
const hidden = "***"

// redact replaces every secret in text, as it is and as a URL writes it.
func redact(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		// The longest form first: a shorter one may be part of it.
		text = strings.ReplaceAll(text, url.PathEscape(secret), hidden)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), hidden)
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// connectError is a failed connection, in words that are safe to log. It
// unwraps to the cause for [Classify] and errors.As, but never to the driver's
// own connect error: that one carries the whole configuration, password
// included, as a field.
type connectError struct {
	text  string
	cause error
}

func (e *connectError) Error() string { return e.text }

func (e *connectError) Unwrap() error { return e.cause }

// safeError wraps what a connection attempt returned.
func safeError(err error, secrets ...string) error {
	if err == nil {
		return nil
	}
	var outer *pgconn.ConnectError
	cause := err
	if errors.As(err, &outer) {
		cause = outer.Unwrap()
	}
	text := strings.ReplaceAll(cause.Error(), "\n", "; ")
	return &connectError{text: redact(text, secrets...), cause: cause}
}
