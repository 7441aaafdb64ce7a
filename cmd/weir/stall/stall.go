// Package stall lets a test hold back what a store says, as a disk does that does not
// answer. A server that is built as usual has none of it: Store returns what it is given.
//
// With the build tag failpoints, the variable WEIR_STALL names a file. While it is
// there, no change to a stream is said to be durable whose name begins with one of the
// words in the file; when it is gone, all that was held back is told in its order. What
// nobody was told of is not visible to readers, and nobody may count on it.
package stall
