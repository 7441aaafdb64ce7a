// Package oracle tells what really was committed: it reads the same log as the
// server through test_decoding, the decoder that Postgres brings along for tests.
//
// Copy a slot, or Create one, before the changes; Advance afterwards returns what
// was committed since, in the order of the commits. Nothing here is shared with
// the server, so that a mistake in reading the log cannot hide itself.
package oracle
