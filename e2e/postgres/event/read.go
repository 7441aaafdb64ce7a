package event

import (
	"context"
	"fmt"

	"github.com/weirstreams/weir/e2e/internal/wire"
)

// Read returns the events of a whole stream, in order.
func Read(ctx context.Context, client *wire.Client, stream string) ([]Event, error) {
	messages, _, err := client.ReadMessages(ctx, stream, "-1")
	if err != nil {
		return nil, err
	}
	events := make([]Event, len(messages))
	for i, message := range messages {
		if events[i], err = Parse(message); err != nil {
			return nil, fmt.Errorf("%s, message %d: %w", stream, i, err)
		}
	}
	return events, nil
}
