package wal

// Sizes of the format, for tests that damage files.
const (
	HeaderSize       = headerSize
	RecordHeaderSize = recordHeaderSize
	MaxPayload       = maxPayload
)

// RecordHeader is what stands before a payload.
type RecordHeader struct {
	PayloadSum, Length uint32
	LSN, Durable       uint64
}

// Append adds the encoded header to dst.
func (h RecordHeader) Append(dst []byte, storeID [16]byte) []byte {
	b := make([]byte, recordHeaderSize)
	recordHeader{h.PayloadSum, h.Length, h.LSN, h.Durable}.put(b, recordSeed(storeID))
	return append(dst, b...)
}

// ParseRecordHeader decodes the start of p, which must hold a header.
func ParseRecordHeader(p []byte, storeID [16]byte) (h RecordHeader, intact bool) {
	r := readRecordHeader(p)
	return RecordHeader{r.payloadSum, r.length, r.lsn, r.durable}, headerIntact(p, recordSeed(storeID))
}

// ParseHeader decodes a segment header.
func ParseHeader(p []byte) (version uint32, storeID [16]byte, first uint64, err error) {
	return parseHeader(p)
}

// AppendHeader adds an encoded segment header to dst.
func AppendHeader(dst []byte, storeID [16]byte, first uint64) []byte {
	return appendHeader(dst, storeID, first)
}

// ParseSegmentName decodes a file name.
func ParseSegmentName(name string) (first uint64, ok bool) { return parseSegmentName(name) }

// SegmentName encodes a file name.
func SegmentName(first uint64) string { return segmentName(first) }

// BufferCap returns the bytes of buffer space that l holds.
func (l *Log) BufferCap() int { return cap(l.buf) }
