package stream

import (
	"mime"
	"strings"
)

// DefaultContentType is that of a stream created without one.
const DefaultContentType = "application/octet-stream"

const maxContentType = 255

// Format is what a stream's content type means for its bytes.
type Format uint8

// The formats.
const (
	Binary Format = iota // bytes
	Text                 // text/*: bytes that a page does not cut inside a character
	JSON                 // application/json: messages, see package jsontext
)

// mediaType returns the type without parameters, in lower case.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// sameType compares content types as section 5.2 asks: without parameters and
// case.
func sameType(a, b string) bool { return a == b || mediaType(a) == mediaType(b) }

func formatOf(contentType string) Format {
	switch t := mediaType(contentType); {
	case t == "application/json":
		return JSON
	case strings.HasPrefix(t, "text/"):
		return Text
	default:
		return Binary
	}
}

// isPlainType knows most of the media types that are sent: two words, a slash
// between them, and nothing else.
func isPlainType(s string) bool {
	main, sub, _ := strings.Cut(s, "/")
	return isWord(main) && isWord(sub) && len(s) <= maxContentType
}

func isWord(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '+') {
			return false
		}
	}
	return s != ""
}

// checkType refuses what is not a media type, since readers will be sent it as
// their Content-Type.
func checkType(contentType string) error {
	if isPlainType(contentType) {
		return nil
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(t, "/") || len(contentType) > maxContentType {
		return refuse(CodeInvalidType, "the Content-Type is not a media type such as text/plain, "+
			"of at most %d characters", maxContentType)
	}
	return nil
}
