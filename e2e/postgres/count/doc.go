// Package count holds the live events of streams against what was committed: the
// same transactions in the same order, each change once, at positions that rise,
// with the last event of every transaction marked.
//
// Expect says what the oracle's transactions should have become, stream by stream;
// Check compares. It needs extended headers.
package count
