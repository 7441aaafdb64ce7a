// Package earlier answers what a stream last said of a key. The ingester asks when
// Postgres leaves a value out of an update because it has not changed, when all keys
// of a table have to be deleted one by one, and to count the equal rows of a table
// without a key.
//
// Start with Index, which covers what is stored, and Recent, which covers events
// that are not stored yet: ask Recent first.
//
// An Index remembers the offset of the last event of each key. It is made from the
// streams alone and can be made again at any time, so nothing of it is trusted after
// a crash. The write path does not know of it: whoever asks first pays for what was
// written since the last question.
//
// Events are the change and control events of the State Protocol. Messages that are
// something else, or that are not JSON, say nothing of any key.
package earlier
