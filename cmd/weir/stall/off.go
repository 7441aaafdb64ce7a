//go:build !failpoints

package stall

import "github.com/weirstreams/weir/store"

// Store returns st.
func Store(st store.Store) store.Store { return st }
