package main

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/store/acidstore"
)

// compactCommand rewrites the database files of mode acid without free space.
func compactCommand(ctx context.Context, in invocation) int {
	w, status := in.goOffline("compacting", readableBytes)
	if status != exitOK {
		return status
	}
	before, after, err := acidstore.Compact(ctx, w.dir, w.options())
	return w.finish(in, readableBytes(before)+" is now "+readableBytes(after), err)
}

// readableBytes writes a number of bytes to two or more digits, for people.
func readableBytes(n int64) string {
	const step = 1024
	if n < step {
		return fmt.Sprintf("%d B", n)
	}
	f, unit := float64(n)/step, 0
	units := [...]string{"KiB", "MiB", "GiB", "TiB"}
	// What would be written as 1024.0 of a unit is 1.0 of the next.
	for f >= step-0.05 && unit < len(units)-1 {
		f, unit = f/step, unit+1
	}
	return fmt.Sprintf("%.1f %s", f, units[unit])
}
