// Package kill kills the built server, again and again, while clients of every
// kind use it, and holds what it serves after each start against what those
// clients were promised and shown.
//
// TestKills checks the laws of durability with package ledger; TestLinearizable
// records histories of a few clients and has porcupine compare them with the
// model of one stream in package onestream. Both run in every mode that survives
// a kill, the second in memory mode as well, where nothing is killed.
//
//	go test -count=1
//	go test -count=1 -timeout=2h -kills=1000 -histories=500
//
// The first is what the tests of the whole system run: 60 kills and 25 histories
// in each mode. Named as a package among others, it prints its figures with -v.
//
// The random choices come from -seed, which is printed. The moments at which
// requests meet are not part of it, so a seed repeats a failure often, not
// always. After a failure the data directory is kept.
package kill
