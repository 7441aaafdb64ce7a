package sink

// ParseHalf reads what one of a ledger's two streams holds, and returns the epoch,
// how many entries count, and how many of those were there from the beginning.
func ParseHalf(b []byte) (epoch int64, entries, first int64, err error) {
	h, err := parseHalf(b)
	return h.Epoch, int64(len(h.entries)), h.Entries, err
}
