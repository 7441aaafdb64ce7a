// Package codec writes what is kept of a stream as bytes, and reads it back: one
// encoding for all durable tiers. Start with AppendMeta and AppendChange.
//
// Numbers are varints as in encoding/binary, strings are a length and bytes, and
// optional parts are announced by bits of a flag byte. There is no checksum and
// no version: the file around an encoding has both. What is read is checked, so
// that damage which a checksum missed is an error and not a panic.
package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/weirstreams/weir/store"
)

// ErrMalformed is wrapped by every error of a decoder.
var ErrMalformed = errors.New("malformed encoding")

// Bits of a Meta's flag byte.
const (
	metaClosed = 1 << iota
	metaDeleted
	metaClosedBy
)

// AppendMeta adds the encoding of m to dst. ID and Name are not in it: they are
// the key under which it is kept.
func AppendMeta(dst []byte, m *store.Meta) []byte {
	var flags byte
	if m.Closed {
		flags |= metaClosed
	}
	if m.Deleted {
		flags |= metaDeleted
	}
	if m.ClosedBy != nil {
		flags |= metaClosedBy
	}
	dst = append(dst, flags)
	dst = AppendConfig(dst, &m.Config)
	dst = binary.AppendVarint(dst, m.Tail)
	dst = binary.AppendVarint(dst, int64(m.Refs))
	dst = binary.AppendVarint(dst, m.Expires)
	dst = appendString(dst, m.LastSeq)
	if m.ClosedBy != nil {
		dst = appendProducer(dst, m.ClosedBy)
	}
	dst = binary.AppendUvarint(dst, uint64(len(m.Producers)))
	for _, id := range slices.Sorted(maps.Keys(m.Producers)) {
		p := m.Producers[id]
		dst = appendProducer(dst, &store.ProducerAppend{ID: id, Epoch: p.Epoch, Seq: p.Seq})
	}
	dst = binary.AppendUvarint(dst, uint64(len(m.Marks)))
	for _, k := range slices.Sorted(maps.Keys(m.Marks)) {
		dst = appendString(appendString(dst, k), m.Marks[k])
	}
	return dst
}

// Meta decodes what AppendMeta wrote; b must hold nothing else.
func Meta(b []byte) (store.Meta, error) {
	d := decoder{b: b}
	flags := d.byte()
	m := store.Meta{Closed: flags&metaClosed != 0, Deleted: flags&metaDeleted != 0}
	m.Config = d.config()
	m.Tail = d.varint()
	m.Refs = int(d.varint())
	m.Expires = d.varint()
	m.LastSeq = d.string()
	if flags&metaClosedBy != 0 {
		m.ClosedBy = d.producer()
	}
	for range d.count() {
		p := d.producer()
		if m.Producers == nil {
			m.Producers = make(map[string]store.ProducerState)
		}
		m.Producers[p.ID] = store.ProducerState{Epoch: p.Epoch, Seq: p.Seq}
	}
	for range d.count() {
		k := d.string()
		if m.Marks == nil {
			m.Marks = make(map[string]string)
		}
		m.Marks[k] = d.string()
	}
	return m, d.end("meta")
}

// Bits of a Config's flag byte.
const configFork = 1

// AppendConfig adds the encoding of c to dst.
func AppendConfig(dst []byte, c *store.Config) []byte {
	var flags byte
	if c.Fork != nil {
		flags |= configFork
	}
	dst = append(dst, flags, c.Asked)
	dst = appendString(dst, c.ContentType)
	dst = binary.AppendVarint(dst, c.TTL)
	dst = appendString(dst, c.ExpiresAt)
	if f := c.Fork; f != nil {
		dst = appendString(dst, f.Source)
		dst = binary.AppendUvarint(dst, f.ID)
		dst = binary.AppendVarint(dst, f.Anchor)
		dst = binary.AppendVarint(dst, f.Sub)
		dst = binary.AppendVarint(dst, f.At)
	}
	return dst
}

// Config decodes the encoding at the beginning of b and returns what follows.
func Config(b []byte) (c store.Config, rest []byte, err error) {
	d := decoder{b: b}
	c = d.config()
	return c, d.b, d.fault("config")
}

// Bits of a Change's flag byte.
const (
	changeProducer = 1 << iota
	changeClose
	changeSeq
	changeExpires
	changeSoftDelete
	changeMark
)

// AppendChange adds the encoding of c to dst. Its bytes come last, so that a
// decoder need not copy them.
func AppendChange(dst []byte, c *store.Change) []byte {
	at := len(dst)
	dst = append(dst, 0)
	var flags byte
	if c.Producer != nil {
		flags |= changeProducer
		dst = appendProducer(dst, c.Producer)
	}
	if c.Close {
		flags |= changeClose
	}
	if c.Seq != "" {
		flags |= changeSeq
		dst = appendString(dst, c.Seq)
	}
	if c.Expires != 0 {
		flags |= changeExpires
		dst = binary.AppendVarint(dst, c.Expires)
	}
	if c.SoftDelete {
		flags |= changeSoftDelete
	}
	if c.Mark != "" {
		flags |= changeMark
		dst = appendString(appendString(dst, c.Mark), c.MarkValue)
	}
	dst[at] = flags
	return append(dst, c.Bytes...)
}

// Change decodes what AppendChange wrote; b must hold nothing else. The change's
// Bytes are a part of b.
func Change(b []byte) (store.Change, error) {
	d := decoder{b: b}
	var c store.Change
	flags := d.byte()
	if flags&changeProducer != 0 {
		c.Producer = d.producer()
	}
	c.Close = flags&changeClose != 0
	if flags&changeSeq != 0 {
		c.Seq = d.string()
	}
	if flags&changeExpires != 0 {
		c.Expires = d.varint()
	}
	c.SoftDelete = flags&changeSoftDelete != 0
	if flags&changeMark != 0 {
		c.Mark, c.MarkValue = d.string(), d.string()
	}
	c.Bytes = d.b
	return c, d.fault("change")
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendProducer(dst []byte, p *store.ProducerAppend) []byte {
	dst = appendString(dst, p.ID)
	dst = binary.AppendVarint(dst, p.Epoch)
	return binary.AppendVarint(dst, p.Seq)
}

// decoder reads from the front of b. After a fault it reads zeros.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() {
	d.b, d.bad = nil, true
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a number of things that take at least a byte each.
func (d *decoder) count() int {
	n := d.uvarint()
	if n > uint64(len(d.b)) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) string() string {
	n := d.count()
	s := string(d.b[:n])
	d.b = d.b[n:]
	return s
}

func (d *decoder) producer() *store.ProducerAppend {
	return &store.ProducerAppend{ID: d.string(), Epoch: d.varint(), Seq: d.varint()}
}

func (d *decoder) config() store.Config {
	flags := d.byte()
	c := store.Config{Asked: d.byte(), ContentType: d.string(), TTL: d.varint(), ExpiresAt: d.string()}
	if flags&configFork != 0 {
		c.Fork = &store.Fork{Source: d.string(), ID: d.uvarint(), Anchor: d.varint(), Sub: d.varint(), At: d.varint()}
	}
	return c
}

func (d *decoder) fault(what string) error {
	if d.bad {
		return fmt.Errorf("decode %s: %w", what, ErrMalformed)
	}
	return nil
}

func (d *decoder) end(what string) error {
	if len(d.b) > 0 {
		d.fail()
	}
	return d.fault(what)
}
