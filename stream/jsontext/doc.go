// Package jsontext holds what a message is in a JSON stream: the value of a
// body, or each element when the body is an array. Split makes messages of a
// body, and Next and Cut find them again in what was stored.
//
// A stored message is the value exactly as its sender wrote it, so numbers keep
// every digit and objects their order, without the whitespace around it and
// with one comma behind it:
//
//	body     [ 1.0, {"a": 2} ,"x,y"]
//	stored   1.0,{"a": 2},"x,y",
//
// Any run of whole messages is a JSON array once its last comma is taken off
// and brackets are put around it. Where one message ends is not written down
// anywhere: these functions define it, so for stored bytes they may never
// change their mind.
//
// All functions take time linear in what they look at, do not recurse, and may
// be called at once from many goroutines.
package jsontext
