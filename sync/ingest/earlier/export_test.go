package earlier

// Crash ends the use of an index as a crash does.
func (x *Index) Crash() {
	x.closed = true
	if x.keys.below != nil {
		_ = x.keys.below.close(false)
	}
}

// Shrink lowers the bounds of memory, so that few keys are enough to meet them.
func (x *Index) Shrink(held, live int) { x.keys.limit, x.liveBatch = held, live }

// Flush moves all to the disk.
func (x *Index) Flush() error { return x.keys.flush() }

// ScanBuffer is how much of a stream is read at once.
const ScanBuffer = scanBuffer
