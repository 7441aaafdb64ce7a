package event

import "strconv"

// Position is where an event stands in the log of Postgres:
// <commit, 16 hex>-<change, 16 hex>-<sub, 8 hex>. Positions compare as bytes.
type Position string

// The offsets of the three numbers in a position, and its length in bytes.
const (
	changeAt       = 17
	subAt          = 34
	positionLength = 42
)

// Commit returns the LSN of the commit, or 0 without a position.
func (p Position) Commit() uint64 {
	if !p.valid() {
		return 0
	}
	n, _ := strconv.ParseUint(string(p[:changeAt-1]), 16, 64)
	return n
}

// Change returns the LSN of the change, or 0 without a position.
func (p Position) Change() uint64 {
	if !p.valid() {
		return 0
	}
	n, _ := strconv.ParseUint(string(p[changeAt:subAt-1]), 16, 64)
	return n
}

func (p Position) valid() bool {
	return len(p) == positionLength &&
		p[changeAt-1] == '-' && p[subAt-1] == '-' &&
		hexadecimal(p[:changeAt-1]) && hexadecimal(p[changeAt:subAt-1]) && hexadecimal(p[subAt:])
}

// hexadecimal takes both cases: the specification leaves the choice to the server,
// and one that mixes them is found out: its positions do not rise.
func hexadecimal(p Position) bool {
	for i := range len(p) {
		switch c := p[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}
