// Package faults asks whether the durability tests can see. Each deliberate fault
// in its table is one change of the server's source; the tests that are said to
// catch it are built with that change in place of the original, by the compiler's
// overlay, and must fail.
//
// The source in the tree is never touched.
package faults
