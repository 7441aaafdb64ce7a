package earlier

// Recent is what events say that are not stored yet: messages of one stream in a
// slice that grows at its end. It looks at them when it is asked, and never twice.
// The zero value is ready. It belongs to one goroutine.
type Recent struct {
	scanned int
	reset   bool
	last    map[digest]span
}

// A span is where an event lies; an event that was deleted has none.
type span struct{ from, to int }

// Verdict is what Recent knows of a key.
type Verdict uint8

// The verdicts.
const (
	Unknown Verdict = iota // the messages do not say: what was before them holds
	Live                   // there is an event
	Gone                   // the key was deleted, by itself or by a reset
)

// Lookup returns the last event of a key in data, without the comma behind it, which
// aliases data; it is nil unless the verdict is Live. Data begins with what it was at
// the last call, or Reset has been called since.
func (r *Recent) Lookup(data, typ, key []byte) ([]byte, Verdict, error) {
	if err := r.catchUp(data); err != nil {
		return nil, Unknown, err
	}
	s, ok := r.last[digestOf(typ, key)]
	switch {
	case ok && s.to > 0:
		return data[s.from:s.to:s.to], Live, nil
	case ok || r.reset:
		return nil, Gone, nil
	}
	return nil, Unknown, nil
}

// Reset forgets everything: the messages are stored now, or dropped.
func (r *Recent) Reset() {
	clear(r.last)
	r.scanned, r.reset = 0, false
}

func (r *Recent) catchUp(data []byte) error {
	if len(data) < r.scanned {
		r.Reset()
	}
	if r.last == nil {
		r.last = make(map[digest]span)
	}
	base := r.scanned
	n, err := Scan(data[base:], func(at int, e Event) { r.note(skipSpace(data, base+at), e) })
	r.scanned += n
	return err
}

func (r *Recent) note(at int, e Event) {
	switch e.Operation {
	case Insert, Update:
		r.last[digestOf(e.Type, e.Key)] = span{at, at + len(e.Message)}
	case Delete:
		r.last[digestOf(e.Type, e.Key)] = span{}
	case Reset:
		clear(r.last)
		r.reset = true
	}
}
