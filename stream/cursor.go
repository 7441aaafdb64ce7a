package stream

import (
	"math/rand/v2"
	"strconv"
	"time"
)

// Cursors let a shared cache tell one round of live reads from the next
// (section 10.1): intervals of 20 s since a fixed instant, pushed ahead by a
// random step when a client comes back with the current one.
const (
	cursorEpoch     = 1728432000000 // 2024-10-09T00:00:00Z in Unix milliseconds
	cursorInterval  = 20 * time.Second
	cursorMaxJitter = 3600 // seconds
)

// Cursor is the number of an interval.
type Cursor int64

// String returns the cursor as it is written on the wire.
func (c Cursor) String() string { return strconv.FormatInt(int64(c), 10) }

// CurrentCursor returns the interval that now lies in.
func CurrentCursor(now time.Time) Cursor {
	return Cursor((now.UnixMilli() - cursorEpoch) / cursorInterval.Milliseconds())
}

// NextCursor returns the cursor to send to a client that sent echoed: the
// current one, or one strictly greater than echoed when that is not behind.
// Anything that is not a number counts as absent.
func NextCursor(now time.Time, echoed string) Cursor {
	current := CurrentCursor(now)
	n, err := strconv.ParseInt(echoed, 10, 64)
	if err != nil || Cursor(n) < current {
		return current
	}
	jitter := 1 + rand.IntN(cursorMaxJitter)
	perInterval := int(cursorInterval / time.Second)
	step := Cursor((jitter + perInterval - 1) / perInterval)
	if next := Cursor(n) + step; next > Cursor(n) {
		return next
	}
	return current // the echoed number was at the end of the range
}
