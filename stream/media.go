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

// checkType refuses what is not a media type, since readers will be sent it as
// their Content-Type.
func checkType(contentType string) error {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(t, "/") || len(contentType) > maxContentType {
		return refuse(CodeInvalidType, "the Content-Type is not a media type such as text/plain, "+
			"of at most %d characters", maxContentType)
	}
	return nil
}
