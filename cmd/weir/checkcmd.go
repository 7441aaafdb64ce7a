package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/weirstreams/weir/store"
	"github.com/weirstreams/weir/store/acidstore"
	"github.com/weirstreams/weir/store/filestore"
)

// checkable is a layout and what reads all of it.
type checkable struct {
	layout
	check func(ctx context.Context, dir string, o store.ScrubOptions) error
}

var checkables = []checkable{
	{fileLayout, filestore.Check},
	{acidLayout, acidstore.Check},
}

// checkCommand reads everything that the data directory holds, in every layout,
// while no server uses it, and lists the damage. It changes nothing. Damage is a
// failure.
func checkCommand(ctx context.Context, in invocation) int {
	w, status := in.goOffline("checking", readableBytes)
	if status != exitOK {
		return status
	}
	c := checking{offlineWork: w, out: in.stdout}
	err := c.run(ctx)
	w.progress.end()
	if err != nil {
		return in.finish(fmt.Errorf("data directory %s: %w", w.dir, err))
	}
	return c.conclude(in)
}

// checking is one run of the command.
type checking struct {
	offlineWork
	out     io.Writer
	read    int64 // bytes
	damaged int
	err     error // of writing to out
}

func (c *checking) run(ctx context.Context) error {
	found := false
	for _, one := range checkables {
		if _, err := os.Stat(filepath.Join(c.dir, one.folder)); os.IsNotExist(err) {
			continue
		} else if err != nil {
			return err
		}
		found = true
		if err := one.check(ctx, c.dir, store.ScrubOptions{Report: c.report, Pace: c.pace}); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("it holds no streams")
	}
	return c.err
}

func (c *checking) pace(ctx context.Context, bytes int) error {
	c.read += int64(bytes)
	c.progress.at(c.read, -1)
	return ctx.Err()
}

// report prints a line for one finding.
func (c *checking) report(d store.CorruptionError) {
	c.progress.end()
	kind := "note"
	if !d.Note {
		kind = "damage"
		c.damaged++
	}
	line := kind + ": " + d.File
	if d.Offset >= 0 {
		line += fmt.Sprintf(" at byte %d", d.Offset)
	}
	if d.Stream != "" {
		line += fmt.Sprintf(", stream %q", d.Stream)
	}
	if _, err := fmt.Fprintln(c.out, line+": "+d.Reason); err != nil {
		c.err = err
	}
}

// conclude prints the sum, and what to do.
func (c *checking) conclude(in invocation) int {
	sum, status := "no damage", exitOK
	switch {
	case c.damaged == 1:
		sum, status = "1 place is damaged; a backup of the data directory repairs it", exitFailed
	case c.damaged > 1:
		sum, status = fmt.Sprintf("%d places are damaged; a backup of the data directory repairs them", c.damaged), exitFailed
	}
	if _, err := fmt.Fprintln(c.out, "weir: "+sum); err != nil {
		return in.finish(err)
	}
	return status
}
