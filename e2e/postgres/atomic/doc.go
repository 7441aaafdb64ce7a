// Package atomic reads a stream live, as two kinds of client do, and holds what
// they see against the promise that a transaction is seen whole or not at all.
//
// Watch starts a reader. Whenever the server tells it that it is up to date, all
// that it has must end with the last event of a transaction, and the Judge must
// find nothing wrong with the state it adds up to. A reader goes on over lost
// connections, from where it was.
package atomic
