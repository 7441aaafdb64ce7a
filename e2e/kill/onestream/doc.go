// Package onestream says how a single stream answers requests that come one at a
// time, in the form that porcupine needs to decide whether the answers of a
// concurrent history fit any order at all.
//
// Model is that form. State.Apply is the specification itself: what a request
// does, and the one answer that is right. Settle prepares a history in which
// answers are missing because the server was killed.
package onestream
