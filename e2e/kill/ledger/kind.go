package ledger

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// Kind is a kind of content. Whatever its kind, content is compared in the form
// that offsets count: bytes as they are, and JSON messages with a comma behind
// each.
type Kind int

// The kinds. Kinds is how many there are.
const (
	Text Kind = iota
	Binary
	JSON
	Kinds = 3
)

// A JSON message is an object around the record.
const (
	messageStart = `{"record":"`
	messageEnd   = `"},`
)

// ContentType returns the media type of streams of this kind. No two kinds share
// one.
func (k Kind) ContentType() string {
	return [...]string{"text/plain", "application/octet-stream", "application/json"}[k]
}

// Stored returns the append as it stands in the stream.
func (k Kind) Stored(a Append) []byte {
	var b []byte
	for part := range a.Parts {
		if k == JSON {
			b = append(b, messageStart+a.record(part)+messageEnd...)
		} else {
			b = append(b, a.record(part)+"\n"...)
		}
	}
	return b
}

// Body returns the append as it is sent.
func (k Kind) Body(a Append) []byte {
	stored := k.Stored(a)
	if k != JSON {
		return stored
	}
	messages := bytes.TrimSuffix(stored, []byte(","))
	if a.Parts == 1 && a.N%2 == 0 {
		return messages // a message alone needs no array
	}
	return append(append([]byte("["), messages...), ']')
}

// FromPage returns what a whole page says of the stream's bytes.
func (k Kind) FromPage(page []byte) ([]byte, error) {
	if k != JSON {
		return page, nil
	}
	if len(page) < 2 || page[0] != '[' || page[len(page)-1] != ']' {
		return nil, fmt.Errorf("page is no JSON array: %.100q", page)
	}
	if len(page) == 2 {
		return nil, nil
	}
	stored := bytes.Clone(page[1:])
	stored[len(stored)-1] = ','
	return stored, nil
}

// FromCutPage is FromPage for the beginning of a page that broke off.
func (k Kind) FromCutPage(page []byte) []byte {
	if k != JSON || len(page) == 0 {
		return page
	}
	return page[1:]
}

// FromEvent returns what the payload of a data event says of the stream's bytes.
func (k Kind) FromEvent(data string) ([]byte, error) {
	switch {
	case data == "":
		return nil, nil
	case k == Binary:
		return base64.StdEncoding.DecodeString(strings.ReplaceAll(data, "\n", ""))
	default:
		return k.FromPage([]byte(data))
	}
}

// next takes the first record off content.
func (k Kind) next(content []byte) (r record, size int, err error) {
	start, end := "", "\n"
	if k == JSON {
		start, end = messageStart, messageEnd
	}
	size = bytes.Index(content, []byte(end)) + len(end)
	if size < len(start)+len(end) || string(content[:len(start)]) != start {
		return record{}, 0, fmt.Errorf("content goes on with no record: %.100q", content)
	}
	r, err = parseRecord(string(content[len(start) : size-len(end)]))
	return r, size, err
}
