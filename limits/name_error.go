package limits

// The slugs of NameError. They are part of the interface to clients and do not
// change.
const (
	NameEmpty           = "name-empty"
	NameEmptySegment    = "name-empty-segment"
	NameDotSegment      = "name-dot-segment"
	NameControl         = "name-control-character"
	NameNotUTF8         = "name-not-utf8"
	NameBadEscape       = "name-bad-escape"
	NameReserved        = "name-reserved"
	NameTooLong         = "name-too-long"
	NameTooManySegments = "name-too-many-segments"
)

// NameError says why a path is not the name of a stream.
type NameError struct {
	// Slug is one of the constants above.
	Slug string
	// Detail tells a human what to change. It repeats nothing from the path
	// that could be unsafe to show.
	Detail string
}

func (e *NameError) Error() string { return e.Detail }
