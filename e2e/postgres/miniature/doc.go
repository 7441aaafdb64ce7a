// Package miniature is an ingester without any of the difficulties: it makes the
// events of transactions that are all there already. The checkers are tested with
// it, for they have to pass streams that are right before it means something that
// they refuse others.
package miniature
