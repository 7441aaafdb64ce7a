package store

import "maps"

// Meta is everything that is stored about a stream besides its bytes.
type Meta struct {
	// ID is never used twice within one data directory. It tells a stream from
	// an earlier one of the same name.
	ID     uint64
	Name   string
	Config Config

	// Tail is the position after the last byte. A fork's first own byte is at
	// Config.Fork.At, any other stream's at 0.
	Tail    int64
	Closed  bool
	Deleted bool // soft-deleted: kept only because forks refer to it
	Refs    int  // forks that name this stream as their direct source

	// Expires is the instant, in Unix milliseconds, until which the stream lives
	// at least; 0 means for ever.
	Expires int64

	// LastSeq is the highest Stream-Seq accepted, "" before the first.
	LastSeq string
	// ClosedBy is the append of a producer that closed the stream, nil when the
	// stream is open or was closed without a producer.
	ClosedBy *ProducerAppend
	// Producers maps a producer's id to its last accepted append.
	Producers map[string]ProducerState
	// Marks are small values kept for the layers above, each set by a Change.
	Marks map[string]string
}

// Config is fixed when a stream is created.
type Config struct {
	ContentType string
	// TTL is the sliding window in seconds, or NoTTL.
	TTL int64
	// ExpiresAt is the fixed end of life, an RFC 3339 timestamp as it was
	// received, or "".
	ExpiresAt string
	// Asked tells which fields the creating request named itself; its bits
	// belong to package stream.
	Asked uint8
	Fork  *Fork
}

// NoTTL is Config.TTL of a stream without a sliding window.
const NoTTL = -1

// Fork says where a stream diverged from its source.
type Fork struct {
	Source string // name of the source
	ID     uint64 // Meta.ID of the source
	Anchor int64  // Stream-Fork-Offset as a position
	Sub    int64  // Stream-Fork-Sub-Offset as requested
	At     int64  // the position where the fork's own bytes begin
}

// ProducerState is what is remembered of one idempotent producer.
type ProducerState struct{ Epoch, Seq int64 }

// ProducerAppend identifies one append of an idempotent producer.
type ProducerAppend struct {
	ID         string
	Epoch, Seq int64
}

// Change is one atomic step in the life of a stream. Zero fields change
// nothing.
type Change struct {
	// Bytes are added at the tail. They are one append: AppendAt returns the
	// bounds of all of them.
	Bytes []byte
	// Producer becomes the producer's last accepted append.
	Producer *ProducerAppend
	// Close closes the stream, by Producer when that is set.
	Close bool
	// Seq becomes the highest Stream-Seq.
	Seq string
	// Expires becomes Meta.Expires.
	Expires int64
	// SoftDelete marks the stream deleted while forks keep its bytes.
	SoftDelete bool
	// Mark, when it is not "", is set to MarkValue.
	Mark, MarkValue string
}

// AddsOnly reports whether the change does nothing but add bytes.
func (c *Change) AddsOnly() bool {
	return c.Producer == nil && !c.Close && c.Seq == "" && c.Expires == 0 && !c.SoftDelete && c.Mark == ""
}

// NewMeta returns the state of a stream before its first change.
func NewMeta(id uint64, name string, cfg Config) Meta {
	m := Meta{ID: id, Name: name, Config: cfg}
	m.Tail = m.Base()
	return m
}

// Base is the position of the stream's first own byte.
func (m *Meta) Base() int64 {
	if m.Config.Fork != nil {
		return m.Config.Fork.At
	}
	return 0
}

// Apply moves the state over one change. It is the only place that knows what a
// change does, in life and in recovery.
func (m *Meta) Apply(c *Change) {
	m.Tail += int64(len(c.Bytes))
	if p := c.Producer; p != nil {
		if m.Producers == nil {
			m.Producers = make(map[string]ProducerState)
		}
		m.Producers[p.ID] = ProducerState{Epoch: p.Epoch, Seq: p.Seq}
	}
	if c.Close {
		m.Closed, m.ClosedBy = true, nil
		if c.Producer != nil {
			by := *c.Producer // the change's owner may use it again
			m.ClosedBy = &by
		}
	}
	if c.Seq != "" {
		m.LastSeq = c.Seq
	}
	if c.Expires != 0 {
		m.Expires = c.Expires
	}
	if c.SoftDelete {
		m.Deleted = true
	}
	if c.Mark != "" {
		if m.Marks == nil {
			m.Marks = make(map[string]string)
		}
		m.Marks[c.Mark] = c.MarkValue
	}
}

// Never is the Due of a stream that needs no look.
const Never = int64(1<<63 - 1)

// Due is the instant, in Unix milliseconds, from which somebody should look at
// the stream: to expire it, or to free one that is soft-deleted and that no fork
// refers to any more (a crash may come between the two).
func (m *Meta) Due() int64 {
	switch {
	case m.Deleted && m.Refs == 0:
		return 0
	case m.Deleted || m.Expires == 0:
		return Never
	default:
		return m.Expires
	}
}

// Clone returns a copy that shares nothing that Apply changes.
func (m *Meta) Clone() Meta {
	c := *m
	c.Producers = maps.Clone(m.Producers)
	c.Marks = maps.Clone(m.Marks)
	return c
}
