package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"

	"github.com/weirstreams/weir/cmd/weir/bench"
	"github.com/weirstreams/weir/cmd/weir/config"
)

// benchCommand measures a server. Unlike the other commands it has flags, as it
// is no server and no part of one that DS_* variables configure.
func benchCommand(ctx context.Context, in invocation) int {
	log, err := newLogger(config.Log{Level: zerolog.LevelInfoValue}, "", in.stderr)
	if err != nil {
		return in.finish(err)
	}
	terminal := isTerminal(in.stderr)
	err = bench.Run(ctx, in.args, bench.Env{
		Stdout: in.stdout,
		Stderr: in.stderr,
		Progress: func(what string, amount func(int64) string) bench.Progress {
			return drawnProgress{&progress{
				w: in.stderr, terminal: terminal, log: log, what: what, amount: amount,
				told: time.Now(), // a short measurement needs no line in the log
			}}
		},
	})
	if usage := (*bench.UsageError)(nil); errors.As(err, &usage) {
		fmt.Fprintf(in.stderr, "\nweir: bench: %v\n", err)
		return exitUsage
	}
	return in.finish(err)
}

// drawnProgress lets packages bench and client draw the line that other commands
// draw.
type drawnProgress struct{ *progress }

func (p drawnProgress) At(done, total int64) { p.at(done, total) }
func (p drawnProgress) End()                 { p.end() }
