package limits

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// reserved is the first segment under which the protocol keeps routes of its
// own.
const reserved = "__ds"

// Names turns URL paths into stream names and back, and refuses those that no
// stream may have. Its methods may be called at once from many goroutines.
//
// A URL has one identity. Its path is split at each slash, and each segment is
// percent-decoded by itself; the canonical name is those segments joined by
// slashes, where a percent sign within a segment is written %25 and a slash
// %2F. So `%41` and `A` name the same stream, `a%2Fb` and `a/b` do not, and two
// streams never have the same name.
type Names struct {
	MaxBytes    int // longest canonical name in bytes; 0 = no limit
	MaxSegments int // most segments in a name; 0 = no limit
}

// Parse returns the canonical name for the part of a URL path that follows the
// base path and its slash, percent-escaped as it came over the wire. A path
// that is canonical already is returned as it is, without allocating. Every
// error is a *NameError.
func (n Names) Parse(escapedPath string) (string, error) {
	// An escape makes one byte of three, so this is too long in any spelling.
	if n.MaxBytes > 0 && len(escapedPath)/3 > n.MaxBytes {
		return "", n.tooLong()
	}
	name, err := unescape(escapedPath)
	if err != nil {
		return "", err
	}
	if err := n.check(name); err != nil {
		return "", err
	}
	return name, nil
}

// Path returns the escaped URL path of a canonical name: what Parse turns back
// into that name. What it returns for other names means nothing.
func (n Names) Path(name string) string {
	return escape(name)
}

// check holds a canonical name against every rule but escaping. Both bytes that
// a name writes as an escape are harmless to these rules.
func (n Names) check(name string) error {
	switch {
	case name == "":
		return &NameError{NameEmpty, "the stream name is empty; put a name after the base path"}
	case n.MaxBytes > 0 && len(name) > n.MaxBytes:
		return n.tooLong()
	case n.MaxSegments > 0 && strings.Count(name, "/") >= n.MaxSegments:
		return &NameError{NameTooManySegments, fmt.Sprintf(
			"the stream name has more than %d segments; use fewer slashes", n.MaxSegments)}
	case isGraphic(name):
		// The usual name: the next two rules need no look at it.
	case !utf8.ValidString(name):
		return &NameError{NameNotUTF8, "the stream name is not valid UTF-8; encode it as UTF-8 before percent-escaping"}
	case strings.ContainsFunc(name, unicode.IsControl):
		return &NameError{NameControl, "the stream name contains a control character; remove it"}
	}
	return checkSegments(name)
}

// isGraphic reports whether a name is of visible ASCII characters alone.
func isGraphic(name string) bool {
	for i := range len(name) {
		if name[i]-'!' > '~'-'!' {
			return false
		}
	}
	return true
}

func checkSegments(name string) error {
	i := 0
	for segment := range strings.SplitSeq(name, "/") {
		i++
		switch segment {
		case "":
			return &NameError{NameEmptySegment, fmt.Sprintf(
				"segment %d of the stream name is empty; remove the doubled, leading or trailing slash", i)}
		case ".", "..":
			return &NameError{NameDotSegment, fmt.Sprintf(
				"segment %d of the stream name is %q; relative segments are not resolved, write the full name", i, segment)}
		case reserved:
			if i == 1 {
				return &NameError{NameReserved, "stream names may not begin with the segment " + reserved + ", which is reserved; choose another"}
			}
		}
	}
	return nil
}

func (n Names) tooLong() error {
	return &NameError{NameTooLong, fmt.Sprintf("the stream name is longer than %d bytes; choose a shorter one", n.MaxBytes)}
}
