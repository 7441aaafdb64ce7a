package wal

// maxSpan bounds how far ahead of the expected LSN a record in the same segment
// is believed to be. Arbitrary bytes rarely pass it, which spares the scan most
// checksums.
const maxSpan = 1 << 32

// judge decides what a damaged record at r.off is. In the last segment it is a
// torn tail, and the error nil, when a crash may have left it: nothing shows that
// it had been synced, and a torn write explains it. later then counts the record
// headers behind it that are good: what was written after it, and not in order.
// Otherwise the error is the damage, or what kept judge from looking.
func (r *reader) judge(damage *CorruptionError, last bool) (later int64, err error) {
	flipped, err := r.flippedRecord()
	if err != nil {
		return 0, err
	}
	if flipped != nil {
		return 0, flipped
	}
	if !last {
		return 0, damage
	}
	proven, later, err := r.lookBehind()
	if err != nil {
		return 0, err
	}
	if proven {
		damage.Reason += ", although a later record shows that it had been synced"
		return 0, damage
	}
	return later, nil
}

// lookBehind looks from r.off to the end for record headers, at any position. One
// that was written when the record r.next was already durable is proof that it
// had been synced, and ends the search; of those beyond it the number is returned.
// A header is enough: its own payload may be lost.
func (r *reader) lookBehind() (proven bool, later int64, err error) {
	buf := make([]byte, min(readSize, r.size-r.off))
	for off := r.off; r.size-off >= recordHeaderSize; {
		piece := buf[:min(int64(len(buf)), r.size-off)]
		if n, err := r.file.ReadAt(piece, off); n < len(piece) {
			return false, 0, r.readError(err)
		}
		proven, n := r.headersIn(piece)
		if later += n; proven {
			return true, later, nil
		}
		// The next piece begins with the first position not looked at.
		off += int64(len(piece)) - recordHeaderSize + 1
	}
	return false, later, nil
}

func (r *reader) headersIn(piece []byte) (proven bool, later int64) {
	for ; len(piece) >= recordHeaderSize; piece = piece[1:] {
		h := readRecordHeader(piece)
		if h.durable >= h.lsn || h.lsn < r.next || h.lsn-r.next > maxSpan || !headerIntact(piece, r.seed) {
			continue
		}
		if h.durable >= r.next {
			return true, later
		}
		if h.lsn > r.next {
			later++
		}
	}
	return false, later
}
