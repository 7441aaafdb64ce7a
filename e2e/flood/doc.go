// Package flood attacks the built server, one attack at a time, and measures a
// well-behaved group of clients meanwhile.
//
// TestFlood runs the table of attacks in attacks_test.go. In each row the group of
// group_test.go must be answered within 50 ms in 99 of 100 cases and lose nothing,
// the server's memory must stay within the budget that budget_test.go derives from
// the attack and the configuration, and when the attack is over the server must be
// as small as before: goroutines, descriptors and live heap.
//
// TestFraming sends requests that two HTTP implementations could cut up in two
// ways, and pins what comes of each.
//
//	go test -count=1 -v ./flood
//	go test -count=1 -short ./flood
//
// The first takes a minute and a half and prints the figures; the second is a
// sample. The figures mean nothing with the race detector, so there they are
// printed and not judged.
package flood
