package sink

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/weirstreams/weir/limits"
)

// server sends requests, again where that may help. All of those here do their work
// once, however often they arrive. Many goroutines may use it.
type server struct {
	client  *http.Client
	base    string // without a slash at its end
	header  http.Header
	id      string // the producer's
	timeout time.Duration
	retries int
	pause   func(context.Context, time.Duration) error
}

const (
	// maxAnswer bounds the body of one answer, in bytes. A page of a read is much
	// smaller, unless it holds one very large message.
	maxAnswer = 256 << 20

	firstPause = 100 * time.Millisecond
	longPause  = 5 * time.Second
	// patience is the longest time that a server may ask us to stay away.
	patience = time.Minute
)

func newServer(pipeline string, o *RemoteOptions) (*server, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the URL of the server: want http or https and a host, such as http://127.0.0.1:4437/v1/stream")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the URL of the server: want neither a user nor ? nor #")
	}
	s := &server{
		base:    u.Scheme + "://" + u.Host + strings.TrimRight(u.EscapedPath(), "/"),
		header:  o.Header,
		id:      "sync-" + pipeline,
		timeout: cmp.Or(o.Timeout, presetTimeout),
		retries: cmp.Or(o.Retries, presetRetries),
		pause:   o.Pause,
	}
	if s.pause == nil {
		s.pause = sleep
	}
	client := http.Client{}
	if o.Client != nil {
		client = *o.Client
	} else {
		transport := http.DefaultTransport.(*http.Transport).Clone()
		transport.MaxIdleConnsPerHost = parallel
		client.Transport = transport
	}
	// The headers may hold a token, which is for this server alone.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	s.client = &client
	return s, nil
}

// reply is an answer that came whole.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// request is one request to a stream.
type request struct {
	method, name, query string
	header              http.Header
	body                []byte
}

// ask sends a request until there is an answer that another attempt would not
// change.
func (s *server) ask(ctx context.Context, q *request) (*reply, error) {
	for failures := 0; ; failures++ {
		rep, err := s.askOnce(ctx, q)
		if err == nil && !inTrouble(rep.status) {
			return rep, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err == nil && failures >= s.retries {
			return nil, rep.refusal()
		}
		if failures >= s.retries || errors.As(err, new(*tls.CertificateVerificationError)) {
			return nil, err
		}
		if err := s.pause(ctx, pauseAfter(failures, rep)); err != nil {
			return nil, err
		}
	}
}

func (s *server) askOnce(ctx context.Context, q *request) (*reply, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	target := s.base + "/" + limits.Names{}.Path(q.name) + q.query
	sent, err := http.NewRequestWithContext(ctx, q.method, target, bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	for _, h := range []http.Header{s.header, q.header} {
		for name, values := range h {
			sent.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	if len(q.body) > 0 || q.method == http.MethodPut {
		sent.Header.Set("Content-Type", jsonType)
	}
	response, err := s.client.Do(sent)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("the answer is over %d bytes", maxAnswer)
	}
	if err != nil {
		return nil, err
	}
	return &reply{response.StatusCode, response.Header, body}, nil
}

// inTrouble reports whether an answer may be another one in a while.
func inTrouble(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusRequestTimeout:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= http.StatusInternalServerError
}

// refusal is an answer as an error, in the words of the server if it has any.
func (r *reply) refusal() error {
	var problem struct{ Title, Detail string }
	if json.Unmarshal(r.body, &problem) != nil {
		problem.Detail = ""
	}
	text := cmp.Or(problem.Detail, problem.Title, http.StatusText(r.status))
	return fmt.Errorf("the server answered %d: %.500q", r.status, text)
}

// pauseAfter is the time after so many failures before the last: twice as long each
// time, and up to half of it at random, but what the server asks for at least.
func pauseAfter(failures int, rep *reply) time.Duration {
	d := min(firstPause<<min(failures, 10), longPause)
	d -= rand.N(d / 2)
	if rep == nil {
		return d
	}
	seconds, err := strconv.ParseUint(rep.header.Get("Retry-After"), 10, 16)
	if err != nil {
		return d
	}
	return max(d, min(time.Duration(seconds)*time.Second, patience))
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
