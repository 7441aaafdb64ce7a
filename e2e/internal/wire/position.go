package wire

import (
	"fmt"
	"strconv"
)

// zeroGeneration begins every offset that weir gives out today.
const zeroGeneration = "0000000000000000_"

// Position returns the number of stored bytes before an offset. For a JSON
// stream each message counts with the comma behind it. To a client an offset is
// opaque; this layout is weir's own, and it lets a test hold an offset against
// the bytes.
func Position(offset string) (int64, error) {
	if len(offset) != len(zeroGeneration)+16 || offset[:len(zeroGeneration)] != zeroGeneration {
		return 0, fmt.Errorf("offset %q: got another layout than 0000000000000000_ and sixteen digits", offset)
	}
	digits := offset[len(zeroGeneration):]
	position, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return 0, fmt.Errorf("offset %q: position: %w", offset, err)
	}
	return int64(position), nil
}
