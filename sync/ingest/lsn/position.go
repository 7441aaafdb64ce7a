package lsn

import (
	"cmp"
	"fmt"
)

// PositionSize is the length of a Position's text, in bytes.
const PositionSize = hexDigits + 1 + hexDigits + 1 + subDigits

const (
	subDigits = 8
	lowerHex  = "0123456789abcdef"

	firstDash  = hexDigits
	secondDash = hexDigits + 1 + hexDigits
)

// Position names one event. Positions of a stream rise in the order in which
// its events were committed and, inside a transaction, changed. The LSN of a
// change alone would not do: several changes may share one, and transactions
// that ran side by side have theirs interleaved.
type Position struct {
	Commit LSN    // where the commit record of the transaction starts
	Change LSN    // where the change itself stands
	Sub    uint32 // tells apart the events that share Change, in wire order
}

// Compare is negative if p stands before q, positive if after, zero if both
// name the same event.
func (p Position) Compare(q Position) int {
	return cmp.Or(
		cmp.Compare(p.Commit, q.Commit),
		cmp.Compare(p.Change, q.Change),
		cmp.Compare(p.Sub, q.Sub),
	)
}

// Append appends the sortable text to b, all digits hexadecimal, lower case:
//
//	<commit, 16>-<change, 16>-<sub, 8>
//
// Texts compare byte by byte as the positions compare, and it allocates only
// if b is short of PositionSize.
func (p Position) Append(b []byte) []byte {
	b = p.Commit.AppendHex16(b)
	b = append(b, '-')
	b = p.Change.AppendHex16(b)
	b = append(b, '-')
	return appendHex(b, uint64(p.Sub), subDigits)
}

// String is the text of Append.
func (p Position) String() string {
	return string(p.Append(make([]byte, 0, PositionSize)))
}

// ParsePosition reads the text of Append and nothing else: upper case would
// name the same event twice, and sort apart.
func ParsePosition(text string) (Position, error) {
	if len(text) != PositionSize || text[firstDash] != '-' || text[secondDash] != '-' {
		return Position{}, fmt.Errorf("parse position %.60q: %w", text, ErrSyntax)
	}
	commit, okCommit := parseLower(text[:firstDash])
	change, okChange := parseLower(text[firstDash+1 : secondDash])
	sub, okSub := parseLower(text[secondDash+1:])
	if !okCommit || !okChange || !okSub {
		return Position{}, fmt.Errorf("parse position %.60q: %w", text, ErrSyntax)
	}
	return Position{Commit: LSN(commit), Change: LSN(change), Sub: uint32(sub)}, nil
}

// parseLower reads at most sixteen lower-case hexadecimal digits.
func parseLower(text string) (uint64, bool) {
	var n uint64
	for i := range len(text) {
		digit, ok := hexValue(text[i])
		if !ok || 'A' <= text[i] && text[i] <= 'F' {
			return 0, false
		}
		n = n<<4 | digit
	}
	return n, true
}

// appendHex appends n in exactly the given number of digits.
func appendHex(b []byte, n uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, lowerHex[n>>shift&0xf])
	}
	return b
}
