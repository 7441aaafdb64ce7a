package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/weirstreams/weir/limits"
	"github.com/weirstreams/weir/stream"
)

// problemBase is what the type of every problem begins with; the README lists
// them under these anchors.
const problemBase = "https://github.com/weirstreams/weir#problem-"

// problem is an answer other than success.
type problem struct {
	status     int
	slug       string
	detail     string
	allow      string        // for 405
	retryAfter time.Duration // for 429 and 503, rounded up to seconds
	closeConn  bool          // the rest of the request is not read
	headers    func(http.Header)
}

func (p *problem) Error() string { return p.slug + ": " + p.detail }

func bad(slug, detail string) *problem {
	return &problem{status: http.StatusBadRequest, slug: slug, detail: detail}
}

// statuses is the one place where refusals get their status (section 5).
var statuses = map[stream.Code]int{
	stream.CodeInvalidOffset:   http.StatusBadRequest,
	stream.CodeInvalidBody:     http.StatusBadRequest,
	stream.CodeInvalidProducer: http.StatusBadRequest,
	stream.CodeInvalidFork:     http.StatusBadRequest,
	stream.CodeInvalidType:     http.StatusBadRequest,
	stream.CodeStaleEpoch:      http.StatusForbidden,
	stream.CodeOwned:           http.StatusForbidden,
	stream.CodeNotFound:        http.StatusNotFound,
	stream.CodeSourceNotFound:  http.StatusNotFound,
	stream.CodeExists:          http.StatusConflict,
	stream.CodeSourceGone:      http.StatusConflict,
	stream.CodeClosed:          http.StatusConflict,
	stream.CodeTypeMismatch:    http.StatusConflict,
	stream.CodeSeqRegression:   http.StatusConflict,
	stream.CodeProducerGap:     http.StatusConflict,
	stream.CodeGone:            http.StatusGone,
	stream.CodeStreamFull:      http.StatusRequestEntityTooLarge,
	stream.CodeDamaged:         http.StatusInternalServerError,
	stream.CodeReadOnly:        http.StatusServiceUnavailable,
	stream.CodeUnavailable:     http.StatusServiceUnavailable,
	stream.CodeNoSpace:         http.StatusInsufficientStorage,
	stream.CodeTooManyStreams:  http.StatusInsufficientStorage,
}

const retrySoon = time.Second

// asProblem finds the answer for an error. known is false for one that is the
// server's own fault, which the client learns nothing about.
func asProblem(err error) (p *problem, known bool) {
	var refusal *stream.Error
	var name *limits.NameError
	switch {
	case errors.As(err, &p):
		return p, true
	case errors.As(err, &refusal):
		return fromRefusal(refusal), true
	case errors.As(err, &name):
		return bad(name.Slug, name.Detail), true
	default:
		return &problem{
			status: http.StatusInternalServerError, slug: "internal",
			detail: "the server failed to answer; its log says why",
		}, false
	}
}

func fromRefusal(e *stream.Error) *problem {
	p := &problem{status: statuses[e.Code], slug: string(e.Code), detail: e.Detail}
	if p.status == http.StatusServiceUnavailable {
		p.retryAfter = retrySoon
	}
	switch e.Code {
	case stream.CodeClosed:
		p.headers = func(h http.Header) {
			h[hClosed] = valTrue
			set(h, hNextOffset, e.Tail.String())
		}
	case stream.CodeStaleEpoch:
		p.headers = func(h http.Header) { set(h, hProducerEpoch, decimal(e.Epoch)) }
	case stream.CodeProducerGap:
		p.headers = func(h http.Header) {
			set(h, hProducerExpected, decimal(e.ExpectedSeq))
			set(h, hProducerReceived, decimal(e.ReceivedSeq))
		}
	}
	return p
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// document is the body of a problem.
type document struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p *problem) body() []byte {
	b, err := json.Marshal(document{
		Type: problemBase + p.slug, Title: http.StatusText(p.status), Status: p.status, Detail: p.detail,
	})
	if err != nil {
		panic("internal error: a problem is always valid JSON: " + err.Error())
	}
	return b
}

const problemType = "application/problem+json"

// write sends the problem. Nothing may have been written before.
func (p *problem) write(w http.ResponseWriter) {
	h := w.Header()
	body := p.body()
	set(h, hContentType, problemType)
	set(h, hContentLength, strconv.Itoa(len(body)))
	h[hCacheControl] = valNoStore
	if p.allow != "" {
		set(h, hAllow, p.allow)
	}
	if p.retryAfter > 0 {
		seconds := (p.retryAfter + time.Second - 1) / time.Second
		set(h, hRetryAfter, decimal(int64(seconds)))
	}
	if p.closeConn {
		set(h, hConnection, "close")
	}
	if p.headers != nil {
		p.headers(h)
	}
	w.WriteHeader(p.status)
	w.Write(body)
}
