package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxDetail bounds what is read of the body of a refusal, in bytes.
const maxDetail = 4 << 10

// refusal is an answer other than success.
type refusal struct {
	status     int
	detail     string        // for people, in a line
	retryAfter time.Duration // 0 when the server names no time
	closed     bool          // the stream is closed
	fenced     bool          // a newer epoch of the producer is known
}

func (r *refusal) Error() string { return r.detail }

// newRefusal reads the answer.
func newRefusal(response *http.Response) *refusal {
	h := response.Header
	return &refusal{
		status:     response.StatusCode,
		detail:     detailOf(response),
		retryAfter: retryAfter(h.Get("Retry-After"), time.Now()),
		closed:     isTrue(h, hClosed),
		fenced:     response.StatusCode == http.StatusForbidden && h.Get(hProducerEpoch) != "",
	}
}

// statusIn returns the HTTP status in an error, or 0.
func statusIn(err error) int {
	if r := (*refusal)(nil); errors.As(err, &r) {
		return r.status
	}
	return 0
}

// detailOf is what the server has to say. Other servers say it in plain text, and
// some not at all.
func detailOf(response *http.Response) string {
	code := response.StatusCode
	answered := strings.TrimSpace(fmt.Sprintf("the server answered %d %s", code, http.StatusText(code)))
	if to := response.Header.Get("Location"); to != "" && code < http.StatusBadRequest {
		return oneLine(answered + ", and redirects are not followed: want " + to + " in --url?")
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxDetail))
	if err != nil {
		return answered
	}
	media, _, err := mime.ParseMediaType(response.Header.Get(hContentType))
	switch {
	case err != nil:
		return answered
	case media == "application/problem+json":
		var problem struct{ Title, Detail string }
		if json.Unmarshal(body, &problem) == nil {
			return cmp.Or(oneLine(problem.Detail), oneLine(problem.Title), answered)
		}
	case media == "text/plain":
		if text := oneLine(string(body)); text != "" {
			return answered + ": " + text
		}
	}
	return answered
}

// oneLine makes text from elsewhere fit for a terminal: without control
// characters, which might move the cursor or more.
func oneLine(s string) string {
	s = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// retryAfter reads the header of that name, which has seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	const most = 365 * 24 * 60 * 60 // seconds; more is nonsense, and might overflow
	if n, err := strconv.ParseUint(s, 10, 63); err == nil {
		return time.Duration(min(n, most)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
