package filestore

import (
	"encoding/binary"
	"errors"
)

// root is what the catalogue keeps with each checkpoint, little endian:
//
//	version   1 byte   rootVersion
//	storeID  16 bytes  drawn when the store was made; also in the log's segments
//	walStart  8 bytes  first log record that the catalogue may not include
//	lastID    8 bytes  highest stream identity given
//	streams   8 bytes  streams in the catalogue
//	begun     1 byte   1 once the log has been made, 0 before
type root struct {
	storeID  [16]byte
	walStart uint64
	lastID   uint64
	streams  int64
	begun    bool
}

const (
	rootVersion = 1
	rootBytes   = 1 + 16 + 3*8 + 1
)

func (r root) encode() []byte {
	b := append([]byte{rootVersion}, r.storeID[:]...)
	b = binary.LittleEndian.AppendUint64(b, r.walStart)
	b = binary.LittleEndian.AppendUint64(b, r.lastID)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.streams))
	if r.begun {
		return append(b, 1)
	}
	return append(b, 0)
}

func decodeRoot(b []byte) (root, error) {
	var r root
	switch {
	case len(b) == 0 || b[0] != rootVersion:
		return r, errors.New("made by a version of weir that this one does not know")
	case len(b) != rootBytes:
		return r, errors.New("has the wrong length")
	}
	copy(r.storeID[:], b[1:])
	b = b[17:]
	r.walStart = binary.LittleEndian.Uint64(b)
	r.lastID = binary.LittleEndian.Uint64(b[8:])
	r.streams = int64(binary.LittleEndian.Uint64(b[16:]))
	r.begun = b[24] == 1
	return r, nil
}
