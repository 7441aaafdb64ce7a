package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// maxAnswer bounds the body of one answer, in bytes: the largest page that a
// server can be configured for.
const maxAnswer = 1 << 30

// liveSilence is how much longer than others a live read may be silent: servers
// let readers wait for half a minute or so.
const liveSilence = time.Minute

// request is one request, which may have to be sent several times.
type request struct {
	method string
	url    string
	query  url.Values
	header http.Header
	body   []byte
	// repeatable says that the server does the work once, however often it gets
	// the request.
	repeatable bool
	live       bool // a live read
}

// answer is an answer that came whole, to a request that was carried out.
type answer struct {
	status int
	header http.Header
	body   []byte
	// repeated says that the request was sent before, with an outcome that nobody
	// knows.
	repeated bool
}

// server is where requests go. One goroutine uses it.
type server struct {
	transport *http.Transport
	header    http.Header   // on every request
	silence   time.Duration // that is taken for the end of a connection
	retries   int
	pause     func(context.Context, time.Duration) error
}

func (s *server) close() { s.transport.CloseIdleConnections() }

// ask sends a request, several times if it has to and may, and returns the answer.
// The error is a *refusal, a *lostError or why ctx ended.
func (s *server) ask(ctx context.Context, r request) (answer, error) {
	tries := s.newTries()
	repeated := false
	for {
		a, err := s.askOnce(ctx, r)
		a.repeated = repeated
		if err == nil || !mayRepeat(r, err) {
			return a, err
		}
		repeated = repeated || !unsent(err)
		if err := tries.again(ctx, err); err != nil {
			return a, err
		}
	}
}

func (s *server) askOnce(ctx context.Context, r request) (answer, error) {
	response, err := s.send(ctx, r)
	if err != nil {
		return answer{status: statusIn(err)}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		return answer{}, fmt.Errorf("the answer is over %d bytes", maxAnswer)
	}
	return answer{status: response.StatusCode, header: response.Header, body: body}, err
}

// send sends a request once. The caller closes the body of the answer, which is a
// success. Redirects are not followed: the headers may be meant for this server
// alone.
func (s *server) send(ctx context.Context, r request) (*http.Response, error) {
	target := r.url
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	limit := s.silence
	if r.live {
		limit += liveSilence
	}
	ctx, quiet := watchSilence(ctx, limit)
	sent, err := http.NewRequestWithContext(ctx, r.method, target, quiet.sending(r.body))
	if err != nil {
		quiet.stop()
		return nil, misused("--url: %v", err)
	}
	sent.ContentLength = int64(len(r.body))
	sent.GetBody = func() (io.ReadCloser, error) { return quiet.sending(r.body), nil }
	for name, values := range s.header {
		sent.Header[name] = values
	}
	for name, values := range r.header {
		sent.Header[name] = values
	}
	if host := s.header.Get("Host"); host != "" {
		sent.Host = host
	}
	response, err := s.transport.RoundTrip(sent)
	if err != nil {
		err = lost(ctx, err) // before stop, which ends ctx as well
		quiet.stop()
		return nil, err
	}
	response.Body = quiet.receiving(ctx, response.Body)
	if response.StatusCode < http.StatusMultipleChoices {
		return response, nil
	}
	defer response.Body.Close()
	return nil, newRefusal(response)
}

// lostError is a request that got no answer, or not all of it.
type lostError struct{ err error }

func (e *lostError) Error() string { return "the server does not answer: " + e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// lost returns the error for a connection that failed, or why ctx ended.
func lost(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.As(cause, new(*silenceError)) {
		return cause
	} else if cause != nil {
		err = cause
	}
	return &lostError{err}
}
