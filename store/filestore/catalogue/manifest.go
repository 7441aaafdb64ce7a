package catalogue

import (
	"bytes"
	"encoding/binary"
	"math"
)

// A manifest is the whole truth about which tables are live:
//
//	 0    header       16 bytes, magic "WEIRCATM"
//	16    next         uint64: the number the next table will get
//	24    root length  uint32: R
//	28    table count  uint32: T
//	32    root         R bytes
//	32+R  tables       T times 20 bytes, newest first:
//	                     number  uint64, falling from one to the next
//	                     size    uint64: length of the file in bytes
//	                     footer  uint32: checksum kept in the table's footer
//	      checksum     uint32 of everything after the header
//
// Size and footer checksum tie the manifest to exactly these tables: one cut
// short, or put there from a backup, does not pass for the right one.
const (
	manifestFixedLen  = headerLen + 16
	tableRefLen       = 20
	maxManifestTables = 1024
	maxManifestLen    = manifestFixedLen + MaxRootBytes + maxManifestTables*tableRefLen + checksumLen
)

type manifest struct {
	next   uint64
	root   []byte
	tables []tableRef // newest first
}

// tableRef is how a manifest names a table.
type tableRef struct {
	number uint64
	size   int64
	footer uint32
}

func (m *manifest) encode() []byte {
	le := binary.LittleEndian
	b := appendHeader(nil, magicManifest)
	b = le.AppendUint64(b, m.next)
	b = le.AppendUint32(b, uint32(len(m.root)))
	b = le.AppendUint32(b, uint32(len(m.tables)))
	b = append(b, m.root...)
	for _, t := range m.tables {
		b = le.AppendUint64(b, t.number)
		b = le.AppendUint64(b, uint64(t.size))
		b = le.AppendUint32(b, t.footer)
	}
	return le.AppendUint32(b, checksum(b[headerLen:]))
}

// decodeManifest accepts exactly what encode makes. The result shares no memory
// with b.
func decodeManifest(b []byte) (*manifest, error) {
	if err := checkHeader(b, magicManifest); err != nil {
		return nil, err
	}
	if len(b) < manifestFixedLen+checksumLen {
		return nil, damage("shorter than its fixed part")
	}
	le := binary.LittleEndian
	body, sum := b[:len(b)-checksumLen], le.Uint32(b[len(b)-checksumLen:])
	if checksum(body[headerLen:]) != sum {
		return nil, damage("checksum does not match")
	}
	m := &manifest{next: le.Uint64(body[16:])}
	rootLen, count := le.Uint32(body[24:]), le.Uint32(body[28:])
	if rootLen > MaxRootBytes || count > maxManifestTables {
		return nil, damage("root or table list longer than allowed")
	}
	rest := body[manifestFixedLen:]
	if len(rest) != int(rootLen)+int(count)*tableRefLen {
		return nil, damage("length does not match its contents")
	}
	if rootLen > 0 {
		m.root = bytes.Clone(rest[:rootLen])
	}
	return m, m.decodeTables(rest[rootLen:])
}

// decodeTables fills m.tables from whole records.
func (m *manifest) decodeTables(b []byte) error {
	le := binary.LittleEndian
	m.tables = make([]tableRef, 0, len(b)/tableRefLen)
	newer := m.next
	for ; len(b) > 0; b = b[tableRefLen:] {
		number, size := le.Uint64(b), le.Uint64(b[8:])
		if number >= newer {
			return damage("table numbers do not fall")
		}
		if size > math.MaxInt64 {
			return damage("table size out of range")
		}
		m.tables = append(m.tables, tableRef{number: number, size: int64(size), footer: le.Uint32(b[16:])})
		newer = number
	}
	return nil
}
