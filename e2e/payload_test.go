package e2e_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// payload is a kind of stream content and how an EventSource shows it.
type payload struct {
	contentType string
	// chunk returns the body of append number i, about 1 KB.
	chunk func(i int) []byte
	// size returns how many characters of payload n bytes take, leaving out
	// what each event adds.
	size func(n int) int
	// join puts the payloads of data events together to what was appended.
	join func(t *testing.T, payloads []string) []byte
}

func plainSize(n int) int {
	return n
}

func jsonChunk(i int) []byte {
	return fmt.Appendf(nil, `{"n":%d,"text":"%s"}`, i, strings.Repeat("x", 1000))
}

func joinJSON(t *testing.T, payloads []string) []byte {
	t.Helper()
	var joined []byte
	for _, p := range payloads {
		var messages []json.RawMessage
		if err := json.Unmarshal([]byte(p), &messages); err != nil {
			t.Fatalf("data event is no JSON array: %v: %s", err, p)
		}
		joined = append(joined, bytes.Join(toBytes(messages), nil)...)
	}
	return joined
}

func toBytes(messages []json.RawMessage) [][]byte {
	parts := make([][]byte, len(messages))
	for i, m := range messages {
		parts[i] = m
	}
	return parts
}

// binaryChunk has every byte value in it, the line ends included.
func binaryChunk(i int) []byte {
	chunk := make([]byte, 1024)
	for j := range chunk {
		chunk[j] = byte(i + j)
	}
	return chunk
}

func joinBase64(t *testing.T, payloads []string) []byte {
	t.Helper()
	var joined []byte
	for _, p := range payloads {
		part, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(p, "\n", ""))
		if err != nil {
			t.Fatalf("data event is no base64: %v: %.80s", err, p)
		}
		joined = append(joined, part...)
	}
	return joined
}
