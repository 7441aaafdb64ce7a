// Package ledger keeps what the clients of one stream were promised and shown,
// and holds the stream against it after a crash.
//
// Clients note what they send and what they are answered in a Ledger, and what
// they read in its Readers, while the server is running. When it has been killed
// and started again, and no request is under way, Check compares all of that with
// a View of the stream and returns the laws that are broken. Nothing here knows
// the network, so each law is tested with views made by hand.
//
// Every append says what it is: its records carry their writer, their number and
// a checksum. A Ledger and its Readers may be used by many goroutines at once,
// but not during Check.
package ledger
