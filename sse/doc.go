// Package sse writes Server-Sent Events: the bytes that carry a stream to a
// live reader. It knows frames and connections, and nothing of offsets, storage
// or HTTP requests.
//
// AppendEvent, AppendControl and AppendComment encode. They append to a buffer
// that the caller owns, so the data event and the control event of one batch
// form one piece of memory: it is encoded once and the same bytes may then be
// written to any number of connections, each with one write.
//
// Rooms brings the readers of each stream together: a Batch is encoded once for all
// that take the same step, and a Seat is a connection that was taken over from the
// HTTP server, written to by the one goroutine of its room.
//
// Two promises hold for every payload, however hostile and however cut into
// pieces: a reader that follows the WHATWG event stream rules sees exactly one
// event for each call, and sees the payload again with CRLF and CR turned into
// LF (JSON and text) or unchanged (Base64).
package sse
