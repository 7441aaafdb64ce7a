// Package crashlab is the crash laboratory of the file tier. It has nothing but
// tests: they run the real engine on the real tier on a file system that loses
// power at any call, and on one whose calls fail.
//
// A rig is one life of a server: a file system, a store, an engine, and clients
// that note in a world what they asked for and what they were answered or
// shown, each fact with the number of file calls made by then. A lab cuts the
// rig's log of calls at every place, opens a server on what is left, and lets the
// checker compare it with the world as of that cut. Everything runs in a
// synctest bubble, so that lifetimes and intervals take no time.
//
// Start with TestEveryCall, which cuts scripted lives at every call; TestRandom
// lives several generations of random ones; TestFailingCalls lets each call of
// each kind fail. A failure says which test with which flags repeats it:
//
//	go test ./stream/crashlab -run TestRandom -crash.seed=17
//
// What is promised differs with the law: see promise.
package crashlab
