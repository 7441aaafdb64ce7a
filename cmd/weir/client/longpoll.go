package client

import (
	"cmp"
	"context"
	"net/http"
)

// poll asks once, and prints what there is.
func (t *tail) poll(ctx context.Context) (closed bool, err error) {
	a, err := t.server.askOnce(ctx, t.request("long-poll"))
	if err != nil {
		return false, err
	}
	next, err := nextOffset(a.header)
	if err != nil {
		return false, err
	}
	if a.status != http.StatusNoContent {
		if err := t.out.page(a.body, next); err != nil {
			return false, err
		}
	}
	t.offset = next
	t.cursor = cmp.Or(a.header.Get(hCursor), t.cursor)
	return isTrue(a.header, hClosed), nil
}
