package client

import (
	"net/http"
	"os"
	"strings"
)

// The names of headers of the protocol.
const (
	hContentType   = "Content-Type"
	hNextOffset    = "Stream-Next-Offset"
	hUpToDate      = "Stream-Up-To-Date"
	hClosed        = "Stream-Closed"
	hCursor        = "Stream-Cursor"
	hTTL           = "Stream-Ttl" // as net/http spells it
	hExpiresAt     = "Stream-Expires-At"
	hDataEncoding  = "Stream-Sse-Data-Encoding"
	hProducerID    = "Producer-Id"
	hProducerEpoch = "Producer-Epoch"
	hProducerSeq   = "Producer-Seq"
)

// parseHeaders reads the headers of the command line. No message repeats a value,
// which may be a secret.
func parseHeaders(given []string) (http.Header, error) {
	h := make(http.Header)
	for _, g := range given {
		lines := []string{g}
		if file, ok := strings.CutPrefix(g, "@"); ok {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, misused("--header @FILE: %v", err)
			}
			lines = strings.Split(string(text), "\n")
		}
		for _, line := range lines {
			if strings.TrimSpace(line) == "" {
				continue
			}
			if err := addHeader(h, line); err != nil {
				return nil, err
			}
		}
	}
	return h, nil
}

func addHeader(h http.Header, line string) error {
	name, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !ok || !isToken(name) {
		return misused("--header: want a name, a colon and a value, such as 'Authorization: Bearer T'")
	}
	if strings.ContainsFunc(value, isControl) {
		return misused("--header %s: its value has characters that no header can have", name)
	}
	h.Add(name, value)
	return nil
}

// isToken reports whether s can be the name of a header (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, c)
	})
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }
