// Package postgres runs the built server beside a real Postgres and holds its
// streams against the database, whatever happens to either of them meanwhile.
//
// The checker is made of packages of its own: oracle says what was committed,
// event reads streams, fold, count and atomic hold the two against each other,
// workload writes, and miniature proves that the checkers notice what is wrong.
// A scenario here is a lab, what is done in it, and lab.check at the end.
//
// Unlike the other tests of the whole system, these import two packages of the
// server's module: one starts Postgres servers for its tests, the other names the
// places where a server that is built for it can be told to die.
//
//	go test .
//	WEIR_POSTGRES_ALL=1 go test -timeout 3h .
//
// The first runs a short form of every scenario, the second the long one. A
// failure prints the seed and keeps the server's data directory; -seed repeats
// the choices, but not the moments at which things meet.
package postgres
