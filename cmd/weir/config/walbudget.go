package config

import (
	"errors"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// WALBudget is how much of the write-ahead log may be held back: a number of bytes,
// or a share of what is free, written 25%. The zero value allows nothing.
type WALBudget int64 // bytes, or below 0 the share in per cent with its sign changed

var errShare = errors.New("not a share from 1% to 100%, or not a size of at least 1 byte")

// UnmarshalText reads a share or a size. After an error b is unchanged.
func (b *WALBudget) UnmarshalText(text []byte) error {
	if number, isShare := strings.CutSuffix(string(text), "%"); isShare {
		share, err := strconv.ParseUint(number, 10, 8)
		if err != nil || share < 1 || share > 100 {
			return errShare
		}
		*b = -WALBudget(share)
		return nil
	}
	var size Size
	if err := size.UnmarshalText(text); err != nil {
		return fmt.Errorf("read budget: %w", err)
	}
	if size < 1 {
		return errShare
	}
	*b = WALBudget(size)
	return nil
}

// Of is the budget in bytes, of which free are left.
func (b WALBudget) Of(free int64) int64 {
	if b >= 0 {
		return int64(b)
	}
	if free <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(free), uint64(-b)) // more than 64 bits, if free is large
	share, _ := bits.Div64(high, low, 100)
	return int64(share)
}

// String writes what UnmarshalText reads back.
func (b WALBudget) String() string {
	if b < 0 {
		return strconv.FormatInt(int64(-b), 10) + "%"
	}
	return Size(b).String()
}
