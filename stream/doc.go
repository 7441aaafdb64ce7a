// Package stream is what a stream is and every rule about it: offsets, JSON
// messages, producers, closure, expiry, forks, and what a reader may see. It
// knows no HTTP and no files. Start with Engine; Reader is the reading side.
//
// A stream has two states. The staged state includes changes that the storage
// tier has not settled yet: appends are judged by it, so that many can be in
// flight. The visible state holds only what has settled: readers see nothing
// else, and no answer is given that rests on a staged change before that change
// has settled. Both are guarded by the stream's lock, which is never held across
// a sync or a read from disk.
//
// Section numbers in comments refer to the Durable Streams protocol, version
// 1.0, unless they say otherwise.
package stream
