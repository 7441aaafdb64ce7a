package miniature

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/weirstreams/weir/e2e/internal/wire"
	"github.com/weirstreams/weir/e2e/postgres/event"
)

// Write sends appends one after the other, each in one request, to streams whose
// names begin with prefix. They are made when they are not there.
func Write(ctx context.Context, client *wire.Client, prefix string, appends []Append) error {
	made := map[string]bool{}
	for _, a := range appends {
		stream := prefix + a.Stream
		if !made[stream] {
			if err := send(ctx, client, http.MethodPut, stream, nil); err != nil {
				return err
			}
			made[stream] = true
		}
		if err := send(ctx, client, http.MethodPost, stream, a.Events); err != nil {
			return err
		}
	}
	return nil
}

func send(ctx context.Context, client *wire.Client, method, stream string, events []event.Event) error {
	r := wire.Request{Method: method, Stream: stream, Header: wire.Header{"Content-Type": "application/json"}}
	if events != nil {
		var err error
		if r.Body, err = json.Marshal(events); err != nil {
			return err
		}
	}
	resp, err := client.Do(ctx, r)
	if err != nil {
		return err
	}
	if resp.Status/100 != 2 {
		return fmt.Errorf("%s %s: got status %d: %s", method, stream, resp.Status, resp.Body)
	}
	return nil
}
