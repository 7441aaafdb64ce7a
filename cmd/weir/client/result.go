package client

import (
	"fmt"
	"net/http"
	"strconv"
)

// result is what a server said of a stream, for --json. What it did not say is
// left out.
type result struct {
	Offset      string `json:"offset,omitempty"`
	ContentType string `json:"content_type,omitempty"`
	Closed      bool   `json:"closed"`
	TTLSecs     *int64 `json:"ttl_secs,omitempty"`
	ExpiresAt   string `json:"expires_at,omitempty"`
	Created     *bool  `json:"created,omitempty"`
	Appends     *int64 `json:"appends,omitempty"`
	Bytes       *int64 `json:"bytes,omitempty"`
	Duplicate   bool   `json:"duplicate,omitempty"`
}

// resultOf reads the headers of an answer.
func resultOf(h http.Header) result {
	r := result{
		Offset:      h.Get(hNextOffset),
		ContentType: h.Get(hContentType),
		Closed:      isTrue(h, hClosed),
		ExpiresAt:   h.Get(hExpiresAt),
	}
	if n, err := strconv.ParseInt(h.Get(hTTL), 10, 64); err == nil {
		r.TTLSecs = &n
	}
	return r
}

// tell prints a result: the object, or its offset alone.
func (s *session) tell(r result) error {
	if s.json {
		return s.tellJSON(r)
	}
	if r.Offset == "" {
		return nil
	}
	return s.print([]byte(oneLine(r.Offset) + "\n"))
}

// tellJSON prints an object in a line.
func (s *session) tellJSON(v any) error {
	out, err := line(v)
	if err != nil {
		return err
	}
	return s.print(out)
}

func (s *session) print(out []byte) error {
	if _, err := s.env.Stdout.Write(out); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
