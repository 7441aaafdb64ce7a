package source

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// minPause is the least time between two attempts, whatever is configured:
	// a flapping server must not make us spin.
	minPause = 250 * time.Millisecond

	// healthyAfter is how long a connection has to last for its loss to count
	// as the first again.
	healthyAfter = 60 * time.Second

	// passwordTries is how often a refused password is asked for again: a
	// rotation reaches the server and our source at different times.
	passwordTries = 3

	defaultMaxPause = 30 * time.Second
)

// invalidPassword is the SQLSTATE of a refused password.
const invalidPassword = "28P01"

// Backoff decides when to connect again, with full jitter: each pause is drawn
// evenly between the minimum and a limit that doubles. The zero value pauses
// between 250 ms and 30 s. One goroutine uses it.
type Backoff struct {
	Min, Max time.Duration

	failures int       // in a row
	refused  int       // passwords in a row
	odd      bool      // an error of class Once has had its try
	up       time.Time // when the connection came up; zero while down
}

// Connected says that the stream runs since now.
func (b *Backoff) Connected(now time.Time) {
	b.up = now
}

// Failed says that an attempt or a stream ended at now with err. It returns
// what to do: for Retry, connect again after the pause; for Once, that too, and
// tell somebody if it happens again; for Stop, give up. It differs from
// [Classify] by what came before: a refused password is asked for again three
// times, and an error of class Once stays one only the first time.
func (b *Backoff) Failed(err error, now time.Time) (time.Duration, Class) {
	if !b.up.IsZero() && now.Sub(b.up) >= healthyAfter {
		b.failures, b.refused, b.odd = 0, 0, false
	}
	b.up = time.Time{}
	b.failures++
	return b.pause(), b.class(err)
}

func (b *Backoff) class(err error) Class {
	class := Classify(err)
	if PasswordRefused(err) {
		b.refused++
		if b.refused <= passwordTries {
			return Retry
		}
		return Stop
	}
	b.refused = 0
	if class != Once {
		return class
	}
	if b.odd {
		return Stop
	}
	b.odd = true
	return Once
}

// PasswordRefused tells whether the server has refused a password. It is not the end:
// Backoff counts how often that was so in a row.
func PasswordRefused(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == invalidPassword
}

// pause draws from [least, limit].
func (b *Backoff) pause() time.Duration {
	least := max(b.Min, minPause)
	most := b.Max
	if most <= 0 {
		most = defaultMaxPause
	}
	most = max(most, least)
	limit := least
	for range b.failures {
		limit = min(2*limit, most)
	}
	return least + rand.N(limit-least+1)
}
