package earlier

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// digest stands for a type and a key. Keys are the users' data, so it must be hard to
// make two of the same digest: they are the first 128 bits of SHA-256.
type digest struct{ hi, lo uint64 }

func digestOf(typ, key []byte) digest {
	var room [256]byte
	b := binary.BigEndian.AppendUint32(room[:0], uint32(len(typ)))
	b = append(b, typ...)
	return sum(append(b, key...))
}

func sum(b []byte) digest {
	s := sha256.Sum256(b)
	return digest{binary.BigEndian.Uint64(s[:8]), binary.BigEndian.Uint64(s[8:16])}
}

func (d digest) compare(other digest) int {
	if d.hi != other.hi {
		return cmp.Compare(d.hi, other.hi)
	}
	return cmp.Compare(d.lo, other.lo)
}

func (d digest) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, d.hi)
	return binary.BigEndian.AppendUint64(b, d.lo)
}

func readDigest(b []byte) digest {
	return digest{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])}
}
