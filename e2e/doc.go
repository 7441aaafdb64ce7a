// Package e2e tests the whole system from outside: the built weir binary, on a
// real port and a real directory, used by the published conformance suite, by
// the official JavaScript clients, by a browser, and by plain HTTP.
//
// It is a module of its own, so that what the tests need never reaches the
// server's go.mod, and it imports nothing of the server but pgtest, which starts
// servers of Postgres: whatever it relies on is what a user can rely on. The helpers live below internal: weirtest runs
// the binary, wire speaks the protocol, cutproxy breaks connections, nodejs
// drives the scripts in js.
//
// setup.sh installs the tools. A test whose tool is missing fails and says
// how to install it; with -short it is skipped.
package e2e
