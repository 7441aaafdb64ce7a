package onestream

import "fmt"

// Kind says what a request asks for.
type Kind int

// The kinds. An append may close as well, and one without a body only closes.
const (
	Append Kind = iota
	Read
	Head
)

// Request is the input of an operation.
type Request struct {
	Stream string // the history of each stream is judged by itself
	Kind   Kind

	// For an append.
	Body  string // unique in the history; empty for one that only closes
	Close bool
	Claim Claim // without an ID, no producer

	// For a read: the position to read from.
	From int64
}

// Claim is what the producer headers say.
type Claim struct {
	ID         string
	Epoch, Seq int
}

// Answer is the output of an operation. Fields that an answer of its kind and
// status does not carry are zero.
type Answer struct {
	// Lost means that no answer came: the request may have been carried out at any
	// time after it was sent, or never. All other fields are zero.
	Lost bool

	Status int
	Tail   int64 // Stream-Next-Offset as a position
	Closed bool  // Stream-Closed
	Body   string

	Epoch, Seq         int // Producer-Epoch, Producer-Seq
	Expected, Received int // of a gap
}

func (r Request) String() string {
	switch r.Kind {
	case Read:
		return fmt.Sprintf("read from %d", r.From)
	case Head:
		return "head"
	}
	what := "append"
	if r.Body == "" {
		what = ""
	}
	if r.Close {
		what += "+close"
	}
	if r.Claim.ID != "" {
		what += fmt.Sprintf(" as %s epoch %d seq %d", r.Claim.ID, r.Claim.Epoch, r.Claim.Seq)
	}
	return fmt.Sprintf("%s %q", what, r.Body)
}

func (a Answer) String() string {
	if a.Lost {
		return "no answer"
	}
	text := fmt.Sprintf("%d, tail %d", a.Status, a.Tail)
	if a.Closed {
		text += ", closed"
	}
	if a.Body != "" {
		text += fmt.Sprintf(", %q", a.Body)
	}
	if a.Epoch != 0 || a.Seq != 0 {
		text += fmt.Sprintf(", epoch %d seq %d", a.Epoch, a.Seq)
	}
	if a.Received != 0 {
		text += fmt.Sprintf(", expected %d received %d", a.Expected, a.Received)
	}
	return text
}
