package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/weirstreams/weir/store/acidstore"
)

// reshardCommand moves the streams of mode acid to another number of shards.
func reshardCommand(ctx context.Context, in invocation) int {
	shards, err := shardArgument(in.args)
	if err != nil {
		fmt.Fprintf(in.stderr, "weir: %v\n", err)
		return exitUsage
	}
	w, status := in.goOffline("moving streams", func(n int64) string { return strconv.FormatInt(n, 10) })
	if status != exitOK {
		return status
	}
	r, err := acidstore.Reshard(ctx, w.dir, shards, w.options())
	return w.finish(in, reshardResult(r), err)
}

// shardArgument reads the one argument of reshard.
func shardArgument(args []string) (int, error) {
	if len(args) != 1 {
		return 0, fmt.Errorf("reshard takes one argument, the new number of shards: "+
			"a power of two from 1 to %d", acidstore.MaxShards)
	}
	n, err := strconv.Atoi(args[0])
	if err == nil {
		err = acidstore.ValidShards(n)
	}
	if err != nil {
		return 0, fmt.Errorf("reshard %q: want the new number of shards, a power of two from 1 to %d",
			args[0], acidstore.MaxShards)
	}
	return n, nil
}

// reshardResult says what was done and what to do next.
func reshardResult(r acidstore.Resharded) string {
	next := fmt.Sprintf("serve with DS_STORAGE__ACID_SHARD_COUNT=%d", r.To)
	if r.From == r.To {
		return fmt.Sprintf("the number of shards is %d already; %s", r.To, next)
	}
	return fmt.Sprintf("the number of shards is now %d, was %d; streams moved: %d; %s", r.To, r.From, r.Streams, next)
}
