package earlier

import "encoding/binary"

// A table maps digests to offsets, for many streams. It is used from one goroutine at
// a time.
type table interface {
	// mark returns how far a stream is in the table, the zero mark if it is not.
	mark(stream string) (mark, error)
	// find returns the offset of a digest, or gone.
	find(stream string, d digest) (int64, error)
	// apply changes digests, which rise, and then the mark. If it fails, it may have
	// changed some: to apply the same again is fine.
	apply(stream string, changes []change, m mark) error
	// clear removes a stream's digests, and forget all of the stream.
	clear(stream string) error
	forget(stream string) error
	// each calls f with all digests of a stream, in ascending order.
	each(stream string, f func(change)) error
	// close ends the use of the table. Without keep it may be lost.
	close(keep bool) error
}

// gone is the offset of a key that has no event.
const gone = -1

// change gives a digest an offset, which may be gone.
type change struct {
	digest digest
	at     int64
}

// mark says how far a stream is in a table, and of which stream that is true.
type mark struct {
	upTo   int64  // all messages before this offset are in the table
	from   int64  // the offset of one of the last of them, from where the sample is found
	sample digest // of the end of them
	stream uint64 // its sink.State.ID
	// position stands for the writer's position when the stream ended at upTo, and
	// is 0 if it did not.
	position uint64
}

// positionOf stands for the text of a position in a mark.
func positionOf(text string) uint64 { return sum([]byte(text)).hi | 1 }

const markBytes = 48

func (m mark) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(m.upTo))
	b = binary.BigEndian.AppendUint64(b, uint64(m.from))
	b = m.sample.append(b)
	b = binary.BigEndian.AppendUint64(b, m.stream)
	return binary.BigEndian.AppendUint64(b, m.position)
}

func readMark(b []byte) mark {
	return mark{
		upTo:     int64(binary.BigEndian.Uint64(b)),
		from:     int64(binary.BigEndian.Uint64(b[8:])),
		sample:   readDigest(b[16:]),
		stream:   binary.BigEndian.Uint64(b[32:]),
		position: binary.BigEndian.Uint64(b[40:]),
	}
}
