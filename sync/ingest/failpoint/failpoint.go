// Package failpoint ends the process at places where it matters what a crash leaves
// behind. A server that is built as usual has none of it: Hit is an empty function.
//
// With the build tag failpoints, the variable WEIR_FAILPOINT names a place and a
// count, as in record:3. The process kills itself, as kill -9 does, when it comes to
// that place for that time. A third part, as in between:3:20ms, is how long it waits
// before: so much can what others have begun still come to its end.
package failpoint

// Point is a place. Its text is what WEIR_FAILPOINT names.
type Point string

// The places, in the order in which a change comes to them, and those of a copy.
const (
	// Append is before a transaction's first append is staged.
	Append Point = "append"
	// Between is between the appends to two streams that get something together.
	Between Point = "between"
	// Staged is when all is staged, and nobody has waited for it to be durable.
	Staged Point = "staged"
	// Record is when all is durable, and the record does not say so yet.
	Record Point = "record"
	// Confirm is when the record says so, and Postgres has not been told.
	Confirm Point = "confirm"
	// CopyRange is when a chunk's range is recorded, and none of its rows is stored.
	CopyRange Point = "copy-range"
	// CopyChunk is when a chunk's rows are durable.
	CopyChunk Point = "copy-chunk"
)
