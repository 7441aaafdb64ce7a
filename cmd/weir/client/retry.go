package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

const (
	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	// patience is the longest time to come back after that a server may name.
	patience = time.Minute
)

// mayRepeat reports whether a request that failed in this way may be sent again,
// and whether that could help.
func mayRepeat(r request, err error) bool {
	if !passing(err) {
		return false
	}
	// A server that refuses a request for its rate has not carried it out.
	return r.repeatable || unsent(err) || statusIn(err) == http.StatusTooManyRequests
}

// passing reports whether a failure may be gone in a while.
func passing(err error) bool {
	switch statusIn(err) {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	var (
		lost    *lostError
		verify  *tls.CertificateVerificationError
		unknown *net.DNSError
	)
	switch {
	case !errors.As(err, &lost), errors.As(err, &verify), failedIn(err, "remote error"): // as alerts of TLS are called
		return false
	case errors.As(err, &unknown):
		return !unknown.IsNotFound
	}
	return true
}

// unsent reports whether a request failed before there was a connection.
func unsent(err error) bool {
	return failedIn(err, "dial")
}

func failedIn(err error, operation string) bool {
	failed := (*net.OpError)(nil)
	return errors.As(err, &failed) && failed.Op == operation
}

// tries counts failures in a row, and spaces the attempts.
type tries struct {
	server   *server
	failures int
}

func (s *server) newTries() *tries { return &tries{server: s} }

// progress says that something went well.
func (t *tries) progress() { t.failures = 0 }

// again waits until it is time for another attempt after a failure, and returns
// nil; or it returns why there is none, at once.
func (t *tries) again(ctx context.Context, failure error) error {
	if t.failures >= t.server.retries {
		return failure
	}
	wait := pauseAfter(t.failures)
	t.failures++
	if r := (*refusal)(nil); errors.As(failure, &r) {
		if r.retryAfter > patience {
			return fmt.Errorf("%w (try again in %s)", failure, r.retryAfter)
		}
		wait = max(wait, r.retryAfter)
	}
	return t.server.pause(ctx, wait)
}

// pauseAfter is the time after so many failures before the last: twice as long
// each time, and up to half of it at random, so that clients that failed together
// do not come back together.
func pauseAfter(failures int) time.Duration {
	d := longPause
	if failures < 10 {
		d = min(firstPause<<failures, longPause)
	}
	return d - rand.N(d/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
