package sink

import "context"

// atOnce is how many names Each asks for in one go.
const atOnce = 1000

// Each calls visit with the names of the streams in s that begin with prefix, in
// ascending order and some at a time, until it fails. The names are visit's own.
func Each(ctx context.Context, s Sink, prefix string, visit func(names []string) error) error {
	for after := ""; ; {
		names, err := s.List(ctx, prefix, after, atOnce)
		if err != nil || len(names) == 0 {
			return err
		}
		last, more := names[len(names)-1], len(names) == atOnce
		if err := visit(names); err != nil || !more {
			return err
		}
		after = last
	}
}
