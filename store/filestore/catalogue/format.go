package catalogue

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
)

// What both kinds of file share. All numbers are little-endian, all checksums
// CRC-32C. Every file starts with a header whose shape outlives its version, so
// that a newer file is told apart from a damaged one:
//
//	 0  magic     8 bytes: "WEIRCATM" a manifest, "WEIRCATT" a table
//	 8  version   uint32: 1
//	12  checksum  uint32 of bytes 0 to 11
const (
	headerLen     = 16
	checksumLen   = 4
	formatVersion = 1

	magicManifest = "WEIRCATM"
	magicTable    = "WEIRCATT"
)

// The longest parts that the format admits, in bytes. Readers check them before
// they allocate.
const (
	MaxKeyBytes   = 1<<16 - 1
	MaxValueBytes = 4 << 20
	MaxRootBytes  = 64 << 10
)

// castagnoli is only read.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func appendHeader(b []byte, magic string) []byte {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint32(b, formatVersion)
	return binary.LittleEndian.AppendUint32(b, checksum(b[start:]))
}

// checkHeader returns damage, or an error that matches ErrVersion.
func checkHeader(b []byte, magic string) error {
	if len(b) < headerLen {
		return damage("shorter than a header")
	}
	if string(b[:8]) != magic {
		return damage("wrong magic")
	}
	if binary.LittleEndian.Uint32(b[12:]) != checksum(b[:12]) {
		return damage("header checksum does not match")
	}
	if v := binary.LittleEndian.Uint32(b[8:]); v != formatVersion {
		return fmt.Errorf("%w %d", ErrVersion, v)
	}
	return nil
}

// File names. A table is named for its number in at least eight digits.
const (
	manifestName    = "MANIFEST"
	manifestNewName = "MANIFEST.new"
	tableSuffix     = ".table"
)

func tableName(number uint64) string { return fmt.Sprintf("%08d%s", number, tableSuffix) }

// isTableName tells tables from files that are none of ours.
func isTableName(name string) bool {
	digits, ok := strings.CutSuffix(name, tableSuffix)
	return ok && len(digits) >= 8 && strings.Trim(digits, "0123456789") == ""
}
