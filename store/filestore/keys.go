package filestore

import (
	"encoding/binary"
	"fmt"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/internal/codec"
)

// The catalogue's keys begin with a letter that says what they are; numbers in
// them are big endian, so that their order is that of the numbers.
//
//	'n' name              -> lsn (8, LE), id (8, LE), encoded meta
//	'i' id (8)            -> name
//	'd' due (8), id (8)   -> name
//	'x' id (8), end (8)   -> extent: see extent.go
const (
	nameSpace   = 'n'
	idSpace     = 'i'
	dueSpace    = 'd'
	extentSpace = 'x'
)

func nameKey(name string) []byte { return append([]byte{nameSpace}, name...) }

func idKey(id uint64) []byte { return binary.BigEndian.AppendUint64([]byte{idSpace}, id) }

func dueKey(due int64, id uint64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{dueSpace}, uint64(max(due, 0)))
	return binary.BigEndian.AppendUint64(b, id)
}

func extentKey(id uint64, end int64) []byte {
	b := binary.BigEndian.AppendUint64([]byte{extentSpace}, id)
	return binary.BigEndian.AppendUint64(b, uint64(end))
}

// extentOwner returns the parts of a key of the extent space.
func extentOwner(key []byte) (id uint64, end int64) {
	return binary.BigEndian.Uint64(key[1:]), int64(binary.BigEndian.Uint64(key[9:]))
}

// after returns the end of the range of all keys that begin with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// record is what the name space keeps of a stream: its state as of the log
// record lsn. All its bytes up to Tail are in its data file.
type record struct {
	lsn  uint64
	meta store.Meta
}

func (r *record) encode() []byte {
	b := binary.LittleEndian.AppendUint64(nil, r.lsn)
	b = binary.LittleEndian.AppendUint64(b, r.meta.ID)
	return codec.AppendMeta(b, &r.meta)
}

func decodeRecord(name string, b []byte) (record, error) {
	if len(b) < 16 {
		return record{}, fmt.Errorf("read catalogue entry of %q: %w", name, codec.ErrMalformed)
	}
	m, err := codec.Meta(b[16:])
	if err != nil {
		return record{}, fmt.Errorf("read catalogue entry of %q: %w", name, err)
	}
	m.ID, m.Name = binary.LittleEndian.Uint64(b[8:]), name
	return record{lsn: binary.LittleEndian.Uint64(b), meta: m}, nil
}
