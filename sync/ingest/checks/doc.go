// Package checks looks at a Postgres server before the ingester starts and says
// what is in its way: every finding at once, each with a stable code, a text
// that names the cure, and what the ingester does about it.
//
// Start with [Gather], which reads [Facts] of the server over an ordinary
// connection, and [Findings], which holds them against what the pipeline wants
// and has no effects. [Connecting] is for a server that did not let us in, and
// [Blockers] for a slot whose creation waits.
//
// Codes and texts are read by people and by their alerts, so they stay as they
// are: testdata holds one of each. Server errors are told apart by SQLSTATE,
// never by their text, which depends on the language and version of the server.
package checks
