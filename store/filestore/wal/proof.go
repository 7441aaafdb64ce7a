package wal

// maxSpan bounds how far ahead of the expected LSN a record in the same segment
// is believed to be. Arbitrary bytes rarely pass it, which spares the scan most
// checksums.
const maxSpan = 1 << 32

// tornTail decides what a damaged record at r.off in the last segment is. It
// returns nil when nothing shows that the record had been synced: a crash may
// leave any such tail, and it is not in use. Otherwise it returns the damage,
// or the error that kept it from looking.
func (r *reader) tornTail(damage *CorruptionError) error {
	proven, err := r.syncedBefore()
	if err != nil {
		return err
	}
	if proven {
		damage.Reason += ", although a later record shows that it had been synced"
		return damage
	}
	return nil
}

// syncedBefore looks from r.off to the end for a record header, at any
// position, that was written when the record r.next was already durable.
// The header is enough: its own payload may be lost.
func (r *reader) syncedBefore() (bool, error) {
	buf := make([]byte, min(readSize, r.size-r.off))
	for off := r.off; r.size-off >= recordHeaderSize; {
		piece := buf[:min(int64(len(buf)), r.size-off)]
		if n, err := r.file.ReadAt(piece, off); n < len(piece) {
			return false, r.readError(err)
		}
		if r.anyProof(piece) {
			return true, nil
		}
		// The next piece begins with the first position not looked at.
		off += int64(len(piece)) - recordHeaderSize + 1
	}
	return false, nil
}

func (r *reader) anyProof(piece []byte) bool {
	for ; len(piece) >= recordHeaderSize; piece = piece[1:] {
		h := readRecordHeader(piece)
		if h.durable < r.next || h.durable >= h.lsn || h.lsn-r.next > maxSpan {
			continue
		}
		if headerIntact(piece, r.seed) {
			return true
		}
	}
	return false
}
