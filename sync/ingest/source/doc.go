// Package source is the ingester's side of a Postgres connection: how it
// connects, what it asks the server to create, and how it receives changes.
//
// Start with three names. [NewTarget] checks a connection string and all that
// belongs to it, then opens connections: [Target.Replication] for the
// walsender, [Target.Direct] and [Target.Query] for ordinary SQL. [CreateSlot],
// [EnsurePublication] and their neighbours are the commands around a slot.
// [Start] turns a replication connection into a [Receiver].
//
// A Receiver runs two goroutines until it ends. One reads the socket into a
// buffer bounded in bytes and stops reading when that is full, so a slow
// consumer pushes back on Postgres and on nothing else. The other one owns
// every write: it reports progress on a timer of its own, whether or not
// anybody reads, because a walsender drops a silent client. Only positions
// given to [Receiver.Confirm] are ever reported as flushed: Postgres forgets
// what was flushed, and whoever confirms must have stored it first.
//
// Nothing here decodes changes: a frame's Data is a pgoutput message, still
// encoded. Nothing here decides what to do after an error either: [Classify]
// and [Backoff] say what the error means, the caller acts.
package source
