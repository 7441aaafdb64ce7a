package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// printer writes what a stream holds: as it is, or the messages of a JSON stream
// one a line. With asJSON it writes an object for each page. One goroutine uses it.
type printer struct {
	w           io.Writer
	contentType string
	asJSON      bool
}

// batch is one page or event for --json. Offset is what to read from after it.
type batch struct {
	Offset   string          `json:"offset"`
	Encoding string          `json:"encoding,omitempty"`
	Data     json.RawMessage `json:"data"`
}

// page writes one page, after which next is the offset. It writes all of it at
// once.
func (p *printer) page(body []byte, next string) error {
	out, err := p.render(body, next)
	if err != nil || len(out) == 0 {
		return err
	}
	if _, err := p.w.Write(out); err != nil {
		return fmt.Errorf("print what was read: %w", err)
	}
	return nil
}

func (p *printer) render(body []byte, next string) ([]byte, error) {
	if isJSON(p.contentType) {
		return p.renderJSON(body, next)
	}
	if !p.asJSON || len(body) == 0 {
		return body, nil
	}
	b := batch{Offset: next}
	var err error
	if strings.HasPrefix(mediaType(p.contentType), "text/") && utf8.Valid(body) {
		b.Data, err = line(string(body))
	} else {
		b.Encoding = "base64"
		b.Data, err = line(body)
	}
	if err != nil {
		return nil, err
	}
	return line(b)
}

func (p *printer) renderJSON(body []byte, next string) ([]byte, error) {
	if len(body) == 0 {
		return nil, nil // some servers have no brackets around nothing
	}
	var messages []json.RawMessage
	if err := json.Unmarshal(body, &messages); err != nil {
		return nil, errors.New("the server sent what is no array of JSON messages")
	}
	if len(messages) == 0 {
		return nil, nil
	}
	if p.asJSON {
		return line(batch{Offset: next, Data: body})
	}
	var out bytes.Buffer
	for _, m := range messages {
		if err := json.Compact(&out, m); err != nil {
			return nil, fmt.Errorf("print a message: %w", err)
		}
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// line encodes a value as JSON in one line, without escapes that only HTML needs.
func line(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode JSON: %w", err)
	}
	return out.Bytes(), nil
}
